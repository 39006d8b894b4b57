"""Whose turn it is to write into SQLite, which has one writer at a time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from claims_api.db.faults import is_locked
from claims_api.errors import Unavailable

# SQLite looks less and less often whether it may go on, so that among many the first to come is the last to write, or
# never does; after so long, in milliseconds, it is made to look often again.
_BURST = 50


class Places:
    """Places for those who wait for SQLite's writer: no more than ``number``, so that readers find connections free."""

    def __init__(self, number: int, seconds: float) -> None:
        self._free, self._seconds = threading.BoundedSemaphore(number), seconds

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place, or raise ``Unavailable`` where none gets free in time."""
        if not self._free.acquire(timeout=self._seconds):
            raise Unavailable("Too many want to write at once.")
        try:
            yield
        finally:
            self._free.release()


def begin_writing(connection: Connection, seconds: float) -> None:
    """Begin a transaction that alone may write; "database is locked" where others do so for longer than that."""
    driver: Any = connection.connection.driver_connection
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {_BURST if seconds else 0}")
    end = time.monotonic() + seconds
    try:
        while not _has_begun(connection, end):
            pass
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


def _has_begun(connection: Connection, end: float) -> bool:
    try:
        # A writer that began as a reader cannot wait for another writer, it fails at once.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if is_locked(error) and time.monotonic() < end:
            return False
        raise
    return True
