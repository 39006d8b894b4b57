"""SQLite has one writer at a time: the others wait, and not for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from claims_api import db
from claims_api.db import Database
from claims_api.db.turns import Places
from claims_api.errors import Unavailable
from claims_api.models.claims import Claim

SECONDS = 0.2
POOL = 2


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    db.upgrade(url)
    found = db.open_database(url, pool_size=POOL, turn_seconds=SECONDS)
    yield found
    found.dispose()


@pytest.fixture
def patient(database: Database) -> Database:
    """The same, for as many as like to write."""
    places = Places(8, seconds=60).taken
    return replace(database, writers=database.engine.execution_options(turn_seconds=60), places=places)


def patience(database: Database) -> int:
    with database.reading() as connection:
        found: int = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
        return found


def write(database: Database) -> None:
    with database.writing():
        pass


class TestAWriter:
    def test_waits_for_another_one(self, patient: Database) -> None:
        with ThreadPoolExecutor() as threads, patient.writing():
            waiting = threads.submit(write, patient)
            assert not waiting.done()
        assert waiting.exception() is None

    def test_does_not_wait_for_ever(self, database: Database) -> None:
        unlimited = replace(database, places=Places(POOL, seconds=SECONDS).taken)
        with unlimited.writing(), pytest.raises(OperationalError) as raised:
            write(unlimited)
        assert db.is_passing(raised.value)

    def test_that_waits_for_nobody_does_not(self, patient: Database) -> None:
        with patient.writing(), pytest.raises(OperationalError), patient.noting():
            pytest.fail("two wrote at once")

    def test_leaves_the_patience_of_its_connection_as_it_was(self, database: Database) -> None:
        unlimited = replace(database, places=Places(POOL, seconds=SECONDS).taken)
        with unlimited.writing(), pytest.raises(OperationalError):
            write(unlimited)
        assert [patience(database) for _ in range(POOL)] == [SECONDS * 1000] * POOL

    def test_has_its_turn_among_many(self, patient: Database) -> None:
        with ThreadPoolExecutor(POOL) as threads:
            found = [threads.submit(write, patient) for _ in range(200)]
        assert [each.exception() for each in found] == [None] * 200


class TestThoseWhoWait:
    def test_leave_connections_to_readers(self, database: Database) -> None:
        with database.writing(), ThreadPoolExecutor(8) as threads:
            waiting = [threads.submit(write, database) for _ in range(8)]
            with database.reading() as connection:
                assert connection.execute(select(Claim.id)).all() == []
        assert {type(each.exception()) for each in waiting} == {Unavailable}


class TestPlaces:
    def test_are_no_more_than_there_are(self) -> None:
        places = Places(1, seconds=0)
        with places.taken(), pytest.raises(Unavailable), places.taken():
            pytest.fail("a second place was given")

    def test_are_given_back(self) -> None:
        places = Places(1, seconds=0)
        taken = 0
        for _ in range(3):
            with places.taken():
                taken += 1
        assert taken == 3
