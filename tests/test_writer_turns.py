"""SQLite has one writer at a time: the others wait, and not for ever."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import OperationalError

from claims_api import db
from claims_api.db import Database, migrating
from claims_api.db.writer_turns import Turn, Turns
from claims_api.errors import Unavailable
from claims_api.models.claims import Claim

SECONDS = 0.2
POOL = 2


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    migrating.upgrade(url)
    found = db.open_database(url, pool_size=POOL, turn_seconds=SECONDS)
    yield found
    found.dispose()


@pytest.fixture
def patient(database: Database) -> Database:
    """The same, for as many as like to write."""
    return waiting(database, 8, most=60, still=60)


def waiting(database: Database, number: int, *, most: float, still: float) -> Database:
    return replace(database, waiting=Turns(number, most=most, still=still).waiting)


def patience(database: Database) -> int:
    with database.reading() as connection:
        found: int = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
        return found


@contextmanager
def another_process(database: Database) -> Iterator[sqlite3.Connection]:
    """Lock the database as one who shares nothing with the service."""
    file = make_url(database.engine.url).database
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


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
        unlimited = waiting(database, POOL, most=SECONDS, still=SECONDS)
        with unlimited.writing(), pytest.raises(OperationalError) as raised:
            write(unlimited)
        assert db.is_passing(raised.value)

    @pytest.mark.parametrize("number", [1, 2], ids=["without a place", "with a place"])
    def test_waits_for_a_long_change_of_its_own_process(self, database: Database, number: int) -> None:
        impatient = waiting(database, number, most=60, still=0.1)
        with ThreadPoolExecutor() as threads:
            with impatient.writing():
                other = threads.submit(write, impatient)
                with pytest.raises(TimeoutError):
                    other.exception(timeout=0.4)
            assert other.exception() is None

    def test_waits_no_longer_than_another_process_gets_nothing_done(self, database: Database) -> None:
        impatient = waiting(database, POOL, most=60, still=0.1)
        with another_process(database), pytest.raises(OperationalError):
            write(impatient)

    def test_waits_while_another_process_gets_things_done(self, database: Database) -> None:
        impatient = waiting(database, POOL, most=60, still=0.5)
        with ThreadPoolExecutor() as threads, another_process(database) as other:
            one, end = threads.submit(write, impatient), time.monotonic() + 1
            while time.monotonic() < end and not one.done():
                other.execute("PRAGMA user_version = 1")
                other.execute("COMMIT")
                other.execute("BEGIN IMMEDIATE")
                wait([one], timeout=0.1)
            other.execute("COMMIT")
            assert one.exception() is None

    def test_that_waits_for_nobody_does_not(self, patient: Database) -> None:
        with patient.writing(), pytest.raises(OperationalError), patient.noting():
            pytest.fail("two wrote at once")

    def test_leaves_the_patience_of_its_connection_as_it_was(self, database: Database) -> None:
        unlimited = waiting(database, POOL, most=SECONDS, still=SECONDS)
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

    def test_with_a_place_or_without_are_told_at_once_that_nothing_goes_on(self, database: Database) -> None:
        few = waiting(database, 1, most=60, still=0.5)
        begun = time.monotonic()
        with another_process(database), ThreadPoolExecutor(4) as threads:
            failures = [each.exception() for each in [threads.submit(write, few) for _ in range(4)]]
        assert None not in failures
        assert time.monotonic() - begun < 1  # and not one after another


class TestPlaces:
    def test_are_no_more_than_there_are(self) -> None:
        turns = Turns(1, most=0, still=0)
        with turns.waiting(), pytest.raises(Unavailable), turns.waiting():
            pytest.fail("a second place was given")

    def test_are_given_back(self) -> None:
        turns = Turns(1, most=0, still=0)
        taken = 0
        for _ in range(3):
            with turns.waiting():
                taken += 1
        assert taken == 3


class TestATurn:
    def test_begins_anew_when_another_one_has_written(self) -> None:
        turns, before = Turns(1, most=60, still=60), time.monotonic()
        with turns.waiting() as options:
            options["turn"].begin()
        assert before <= turns.last() <= time.monotonic()

    def test_does_not_begin_anew_when_another_one_gave_up(self) -> None:
        turns, before = Turns(1, most=60, still=60), time.monotonic()
        with turns.waiting():
            pass
        assert turns.last() < before

    def test_ends_some_day_even_while_others_write(self) -> None:
        turns = Turns(1, most=0, still=60)
        turn = Turn(turns)
        turns.goes_on()
        assert turn.left() <= 0

    def test_begins_anew_with_every_other_version_of_the_database(self) -> None:
        turn = Turn(Turns(1, most=60, still=0))
        turn.see(1)
        turn.see(1)
        assert turn.left() <= 0
