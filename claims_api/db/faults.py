"""Classify database errors: which to retry, which are temporary (503), and which say that the server is away."""

import errno
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import (  # the pool's own TimeoutError
    DBAPIError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
    TimeoutError,  # noqa: A004
)

# By SQLSTATE (Appendix A of Postgres's manual).
# Serialization failure and deadlock; the whole transaction may be run again.
_RETRIED = frozenset({"40001", "40P01"})
# Connection, resources, shutdown, cancelled statement, lock not available, rollback, a standby that takes no writes.
_PASSING = ("08", "53", "57P", "57014", "55P03", "40", "25006")

_AWAY = ("08", "57P")
_NO_ANSWER = "08"

_PASSING_SQLITE = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_INTERRUPT",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
    "SQLITE_PROTOCOL",
)


def damage(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with its file, a line each; none on Postgres, which checks its pages itself."""
    if connection.dialect.name != "sqlite":
        return []
    # In a thread of its own: it may take long, and in SQLite's call the main thread would not see Ctrl-C.
    with ThreadPoolExecutor(1) as looking:
        found = looking.submit(lambda: connection.execute(text("PRAGMA integrity_check")).scalars().all())
        try:
            return [line for line in found.result() if line != "ok"]
        except KeyboardInterrupt:
            connection.connection.interrupt()
            raise


def as_told(error: Exception, sql: str, dialect: Any, *, has_ended: bool) -> StatementError:
    """Wrap a driver's error as SQLAlchemy does; ``has_ended`` says whether its connection has ended."""
    told: StatementError = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=has_ended,
        dialect=dialect,
    )
    return told


def is_full(error: Exception) -> bool:
    """Tell whether an error says that a temporary file (an import's body, say) found no room on its disk."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def must_be_retried(error: DBAPIError) -> bool:
    """Tell whether a transaction was certainly not committed, and may be run again at once.

    The database rolled it back in favour of another one, or its connection ended before COMMIT was sent.
    """
    return getattr(error.orig, "sqlstate", None) in _RETRIED or (_has_ended(error) and error.statement is not None)


def _has_ended(error: DBAPIError) -> bool:
    """Tell whether only this connection ended; a server that did not answer may not answer on the next one either."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated and not str(state or "").startswith(_NO_ANSWER)


def is_locked(error: sqlite3.Error) -> bool:
    """Tell whether another connection holds SQLite's lock."""
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def is_away(error: SQLAlchemyError) -> bool:
    """Tell whether the database could not be reached at all, or had no connection left in time."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, OperationalError) or isinstance(error.orig, sqlite3.Error) or _has_ended(error):
        return False
    # No state at all: the connection could not be made.
    return str(getattr(error.orig, "sqlstate", None) or "08").startswith(_AWAY)


def is_passing(error: SQLAlchemyError) -> bool:
    """Tell whether the same request may succeed later: the database is away, busy, full, or not to be written to."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "").startswith(_PASSING_SQLITE)
    state = getattr(error.orig, "sqlstate", None)
    # No state at all: the connection could not be made, or broke off.
    return isinstance(error, OperationalError) if state is None else str(state).startswith(_PASSING)
