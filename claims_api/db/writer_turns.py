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

# SQLite's busy handler polls less and less often, so that among many writers the first to come may never get the lock;
# after so many milliseconds its waiting is begun anew, and it polls often again.
_BURST = 50
# It changes with each commit by another connection, of whatever process.
_VERSION = "PRAGMA data_version"
_BEGIN = "BEGIN IMMEDIATE"
# In a connection's ``info``: its usual busy_timeout, in milliseconds.
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
        self._written = -math.inf  # when something was last seen to be written, by ``time.monotonic``

    @contextmanager
    def waiting(self) -> Iterator[dict[str, Any]]:
        """Hold a place, and give the options for a connection that writes; ``Unavailable`` where none gets free."""
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
        """Note that a transaction of this process writes from now on."""
        self._writing.add(turn)

    def end(self, turn: "Turn") -> None:
        """Note that it writes no more."""
        if turn in self._writing:
            self._writing.discard(turn)
            self.goes_on()

    def goes_on(self) -> None:
        """Note that something was written just now."""
        self._written = time.monotonic()

    def last(self) -> float:
        """Return when something was last written, by ``time.monotonic``: now, where this process is writing."""
        return time.monotonic() if self._writing else self._written


class Turn:
    """A transaction that wants to write, and since when."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._came = turns, time.monotonic()
        self._version: int | None = None

    def left(self) -> float:
        """Return for how many more seconds it waits if nobody writes; 0 or less where it has waited enough."""
        still_until = max(self._came, self._turns.last()) + self._turns.still
        return min(still_until, self._came + self._turns.most) - time.monotonic()

    def begin(self) -> None:
        """Note that it has begun to write."""
        self._turns.begin(self)

    def see(self, version: int) -> None:
        """Compare the ``data_version`` with the one seen before: if it differs, another process has written."""
        if self._version not in {None, version}:
            self._turns.goes_on()
        self._version = version


def at_once() -> dict[str, Any]:
    """Return the options for a connection that writes at once or not at all."""
    return {TURN: Turn(Turns(0, most=0, still=0))}


def begin_writing(connection: Connection, turn: Turn) -> None:
    """Begin a transaction that holds SQLite's write lock.

    Raises SQLAlchemy's ``OperationalError`` ("database is locked"), which ``is_passing``, where it is not free in time.
    """
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
        # IMMEDIATE: a transaction that began as a reader could not wait for another writer, it would fail at once.
        driver.execute(_BEGIN)
    except sqlite3.OperationalError as error:
        if is_locked(error) and turn.left() > 0:
            return False
        connection.exec_driver_sql(_BEGIN)  # through SQLAlchemy, for its exceptions; it may succeed after all
    return True
