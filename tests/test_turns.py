"""SQLite has one writer at a time: the others wait, and not for long."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from claims_api import db
from claims_api.db import Database

SECONDS = 0.5


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    db.upgrade(url)
    found = db.open_database(url, turn_seconds=SECONDS)
    yield found
    found.dispose()


def patience(database: Database) -> int:
    with database.reading() as connection:
        found: int = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
        return found


class TestAWriter:
    def test_waits_for_another_one(self, database: Database) -> None:
        with database.writing():
            waiting = threading.Thread(target=self.write, args=[database])
            waiting.start()
            time.sleep(SECONDS / 2)
            assert waiting.is_alive()
        waiting.join(SECONDS / 2)
        assert not waiting.is_alive()

    def write(self, database: Database) -> None:
        with database.writing():
            pass

    def test_does_not_wait_for_ever(self, database: Database) -> None:
        with database.writing():
            begun = time.monotonic()
            with pytest.raises(OperationalError) as raised, database.writing():
                pass
            took = time.monotonic() - begun
        assert db.is_passing(raised.value)
        assert SECONDS <= took < SECONDS + 0.3

    def test_that_waits_for_nobody_does_not(self, database: Database) -> None:
        with database.writing():
            begun = time.monotonic()
            with pytest.raises(OperationalError), database.noting():
                pass
            assert time.monotonic() - begun < 0.2

    def test_leaves_the_patience_of_its_connection_as_it_was(self, database: Database) -> None:
        with database.writing(), pytest.raises(OperationalError), database.writing():
            pass
        assert [patience(database) for _ in range(2)] == [SECONDS * 1000] * 2

    def test_has_its_turn_among_many(self, database: Database) -> None:
        patient = replace(database, writers=database.engine.execution_options(turn_seconds=10))
        ends, waits = time.monotonic() + 2, []

        def write_again_and_again() -> None:
            while (begun := time.monotonic()) < ends:
                with patient.writing():
                    waits.append(time.monotonic() - begun)
                    time.sleep(0.002)
                time.sleep(0.005)  # what else a client and the server do

        with ThreadPoolExecutor(8) as threads:
            for _ in range(8):
                threads.submit(write_again_and_again)
        assert max(waits) < 1
