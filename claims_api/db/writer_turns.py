"""Wait for SQLite's write lock: writers of one process queue up, and give up where nobody writes, or after a time."""

import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from claims_api.db.faults import is_locked
from claims_api.db.options import TURN
from claims_api.errors import Unavailable

# SQLite looks less and less often whether it may go on, so that among many the first to come is the last to write, or
# never does; after so long, in milliseconds, it is made to look often again.
_BURST = 50
# It changes whenever somebody else has written, whatever process that was.
_VERSION = "PRAGMA data_version"
_BEGIN = "BEGIN IMMEDIATE"
# Where a connection remembers how long it waits otherwise, in milliseconds.
_PATIENCE = "claims_api.patience"


class Turns:
    """Places for one process's waiting writers: only ``number``, so that readers find connections free.

    A writer, waiting for a place or with one, gives up after ``most`` seconds in all, and after ``still`` seconds in
    which nobody wrote: then another program keeps the file locked. A long transaction of this process counts as
    writing; one of another process is seen when it commits.
    """

    def __init__(self, number: int, *, most: float, still: float) -> None:
        self.most, self.still = most, still
        self._places = threading.BoundedSemaphore(number)
        self._writing = set[Turn]()
        self._written = -math.inf  # when somebody was last seen to have written, by the process's own clock

    @contextmanager
    def waiting(self) -> Iterator[dict[str, Any]]:
        """Hold a place, and give the options of a connection that is to write; ``Unavailable`` where none gets free."""
        turn = Turn(self)
        while not self._places.acquire(timeout=max(0, turn.left())):
            if turn.left() <= 0:
                raise Unavailable("Too many want to write at once.")
        try:
            yield {TURN: turn}
        finally:
            self.end(turn)
            self._places.release()

    def begin(self, turn: "Turn") -> None:
        """Say that somebody writes from now on."""
        self._writing.add(turn)

    def end(self, turn: "Turn") -> None:
        """Say that somebody writes no more."""
        if turn in self._writing:
            self._writing.discard(turn)
            self.goes_on()

    def goes_on(self) -> None:
        """Say that somebody has written."""
        self._written = time.monotonic()

    def last(self) -> float:
        """Return when somebody last wrote, by the process's own clock: now, where one of this process does."""
        return time.monotonic() if self._writing else self._written


class Turn:
    """A transaction that wants to write, and since when."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._came = turns, time.monotonic()
        self._version: int | None = None

    def left(self) -> float:
        """Return for how many more seconds it waits if nobody writes."""
        still_until = max(self._came, self._turns.last()) + self._turns.still
        return min(still_until, self._came + self._turns.most) - time.monotonic()

    def begin(self) -> None:
        """Say that it has begun to write."""
        self._turns.begin(self)

    def see(self, version: int) -> None:
        """Take notice of what the database is like now: another version than before was written meanwhile."""
        if self._version not in {None, version}:
            self._turns.goes_on()
        self._version = version


def at_once() -> dict[str, Any]:
    """Give the options of a connection that writes now or not at all."""
    return {TURN: Turn(Turns(0, most=0, still=0))}


def begin_writing(connection: Connection, turn: Turn) -> None:
    """Begin a transaction that holds SQLite's write lock; "database is locked" where it does not get that in time."""
    driver: Any = connection.connection.driver_connection
    usual = _usual_patience(connection, driver)
    driver.execute(f"PRAGMA busy_timeout = {_BURST if turn.left() > 0 else 0}")
    try:
        while not _has_begun(connection, turn):
            with suppress(OperationalError):  # the file may be locked even for reading
                turn.see(connection.exec_driver_sql(_VERSION).scalar_one())
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")
    turn.begin()


def _usual_patience(connection: Connection, driver: Any) -> int:
    if _PATIENCE not in connection.info:
        (connection.info[_PATIENCE],) = driver.execute("PRAGMA busy_timeout").fetchone()
    usual: int = connection.info[_PATIENCE]
    return usual


def _has_begun(connection: Connection, turn: Turn) -> bool:
    driver: Any = connection.connection.driver_connection
    try:
        # A writer that began as a reader cannot wait for another writer, it fails at once.
        driver.execute(_BEGIN)
    except sqlite3.OperationalError as error:
        if is_locked(error) and turn.left() > 0:
            return False
        connection.exec_driver_sql(_BEGIN)  # it fails as all else does, or has its way after all
    return True
