"""Rate-limit counters in an SQLite file that the processes of one machine share; several machines share a Redis."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits.storage import Storage

_TABLE = "CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, amount INTEGER, ends REAL) WITHOUT ROWID"
_COUNT = """
INSERT INTO counters VALUES (:key, :amount, :ends) ON CONFLICT (key) DO UPDATE SET
amount = amount * (ends > :now) + :amount, ends = CASE WHEN ends > :now THEN ends ELSE :ends END
"""
# Expired counters are deleted now and then, or clients with many addresses would fill the disk.
_SWEPT_EVERY = 1000


class FileStorage(Storage):
    """The counters of ``limits`` in an SQLite file that need not survive a power cut: ``file:///path``.

    Failures are raised as ``sqlite3.Error``, which the library wraps as its ``StorageError``.
    """

    STORAGE_SCHEME = ["file"]  # noqa: RUF012  # as the library declares it

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions)
        self._path = uri.removeprefix("file://")
        self._own = threading.local()
        self._counted = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """The class of exceptions that the library takes for a failure of the storage."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add ``amount`` to a counter, which expires ``expiry`` seconds after its first count; return its value."""
        now = time.time()
        with self._alone() as connection:
            values = {"key": key, "amount": amount, "now": now, "ends": now + expiry}
            connection.execute(_COUNT, values)
            self._sweep(connection, now)
            return int(connection.execute("SELECT amount FROM counters WHERE key = ?", (key,)).fetchone()[0])

    def get(self, key: str) -> int:
        """Return a counter's value, 0 where it has expired."""
        statement = "SELECT amount FROM counters WHERE key = ? AND ends > ?"
        found = self._connection().execute(statement, (key, time.time())).fetchone()
        return int(found[0]) if found else 0

    def get_expiry(self, key: str) -> float:
        """Return the moment at which a counter expires, in seconds since 1970; the present where there is none."""
        found = self._connection().execute("SELECT ends FROM counters WHERE key = ?", (key,)).fetchone()
        return float(found[0]) if found else time.time()

    def check(self) -> bool:
        """Return True where the file can be used; ``sqlite3.Error`` where it cannot."""
        return bool(self._connection().execute("SELECT 1").fetchone())

    def reset(self) -> int | None:
        """Delete all counters, and return how many there were."""
        return self._connection().execute("DELETE FROM counters").rowcount

    def clear(self, key: str) -> None:
        """Delete one counter."""
        self._connection().execute("DELETE FROM counters WHERE key = ?", (key,))

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    def _sweep(self, connection: sqlite3.Connection, now: float) -> None:
        self._counted += 1
        if self._counted % _SWEPT_EVERY == 0:
            connection.execute("DELETE FROM counters WHERE ends <= ?", (now,))

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            connection = sqlite3.connect(self._path, timeout=1, isolation_level=None)
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", _TABLE):
                connection.execute(statement)
            self._own.connection = connection
        found: sqlite3.Connection = self._own.connection
        return found
