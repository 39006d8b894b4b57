"""Find out whether anything was committed, by this process or another: what the response cache is invalidated by."""

import sqlite3
from collections.abc import Hashable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Dialect, Engine, PoolProxiedConnection, QueuePool, event
from sqlalchemy.exc import StatementError

from claims_api import metrics
from claims_api.db.faults import as_told

# Within one run of a server, equal snapshots show the same data. A standby's snapshot does not name all transactions.
_SNAPSHOT = "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE CAST(pg_current_snapshot() AS text) END"


class Watch(Protocol):
    """Tells whether anything was committed."""

    def commits(self) -> Hashable | None:
        """Return another value after each commit, or None where nobody can tell just now."""

    def close(self) -> None:
        """Release what it holds."""


class FileWatch:
    """Asks SQLite's ``data_version`` on a connection that never writes: it changes when any other one commits."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = 0

    def commits(self) -> Hashable | None:
        """Return another value after each commit, or None where the file cannot be read at once."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            (number,) = self._connected().execute("PRAGMA data_version").fetchone()
            # Each connection has a count of its own.
            return self._opened, number
        except sqlite3.Error:
            return None
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            # mode=rw: the file must not be made here. The lock guards it, so any thread may use it.
            address = f"{self._file.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(address, timeout=0, uri=True, check_same_thread=False)
            self._opened += 1
        return self._connection


class ServerWatch:
    """Asks Postgres for its snapshot, on a pooled connection but past SQLAlchemy, which would cost twice as much."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._opened = engine, 0
        event.listen(engine, "connect", self._count)

    def commits(self) -> Hashable | None:
        """Return the snapshot, with how many connections were opened; None on a standby, or where none is free.

        Raises SQLAlchemy's ``DBAPIError`` where the database does not answer.
        """
        pool, pooled = self._engine.pool, None
        if isinstance(pool, QueuePool) and pool.checkedout() >= pool.size():
            return None
        try:
            pooled = self._engine.raw_connection()
            # A crash ends all connections; numbers of transactions that were lost with it are given out again.
            opened, shown = self._opened, _shown(pooled)
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise _told(self._engine.dialect, pooled, error) from error
        finally:
            if pooled is not None:
                pooled.close()
        return None if shown is None else (opened, shown)

    def close(self) -> None:
        """Do nothing: the connections are the pool's."""

    def _count(self, *_: Any) -> None:
        self._opened += 1


def _shown(pooled: PoolProxiedConnection) -> str | None:
    metrics.note_statement(pooled.info)
    driver: Any = pooled.driver_connection
    # Without it psycopg would begin a transaction first.
    driver.autocommit = True
    try:
        found: str | None = driver.execute(_SNAPSHOT, prepare=True).fetchone()[0]
    finally:
        # The connection's next user may write.
        if not driver.closed:
            driver.autocommit = False
    return found


def _told(dialect: Dialect, pooled: PoolProxiedConnection | None, error: Any) -> StatementError:
    """Return what SQLAlchemy makes of a failure; a connection that ended is not used again."""
    has_ended = pooled is not None and dialect.is_disconnect(error, pooled.driver_connection, None)
    if pooled is not None and has_ended:
        pooled.invalidate(error)
    return as_told(error, _SNAPSHOT, dialect, has_ended=has_ended)
