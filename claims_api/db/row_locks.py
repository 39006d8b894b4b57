"""Row locks, and the waiting of an import, which locks without knowing what it will need.

Postgres ends the transaction of a deadlock that has waited one second. Requests lock in one order, and deadlock only
where names change while they look for them. An import has no order, so it waits less than a second at a time; the
others time out (``engines``).
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from claims_api.db.advisory_locks import forget_lock, holds_lock, lock_name, try_lock_name

T = TypeVar("T")
S = TypeVar("S", bound=Select[*tuple[Any, ...]])
# Below Postgres's deadlock_timeout, which is a second.
_AT_A_TIME = 700
# Longer than requests wait for a lock, so that those give up first.
_MOST_SECONDS = 60
_NOT_AVAILABLE = "55P03"
# Where rows are added all the time it goes on with what it has, and may deadlock.
_MOST_TIMES = 5
# The options of ``with_for_update`` for FOR NO KEY UPDATE and FOR SHARE.
_CHANGING: dict[str, Any] = {"key_share": True}
_SHARING: dict[str, Any] = {"read": True}


def for_update(statement: S) -> S:
    """Have a statement lock its rows for a change.

    FOR NO KEY UPDATE, since ids never change. FOR UPDATE would conflict with the foreign keys of rows that are written
    twice in a transaction: Postgres checks those anew, when their transaction holds the ledger's lock.
    """
    return statement.with_for_update(**_CHANGING)


def for_share(statement: S) -> S:
    """Have a statement lock its rows FOR SHARE: nobody changes them meanwhile."""
    return statement.with_for_update(**_SHARING)


def lock_rows_then_name(session: Session, rows: Select[str], name: str, owners: Select[str]) -> None:
    """Lock rows for a change, then an advisory lock, then the owners of the rows, by their ids.

    Rows that were added meanwhile must not be locked last, since their holder may wait for the advisory lock: all locks
    are given back, and taken again. Where the transaction has the advisory lock already, it must have the rest, too.
    """
    if holds_lock(session, name):
        return
    connection = session.connection()
    for is_last in (*[False] * _MOST_TIMES, True):
        begun = connection.begin_nested()
        taken = set(connection.scalars(for_update(rows)))
        lock_name(session, name)
        connection.execute(for_update(owners))
        if is_last or taken.issuperset(connection.scalars(rows)):
            begun.commit()
            return
        begun.rollback()
        forget_lock(session, name)


def fetch_locked(
    connection: Connection, statement: Any, *, of: Any, exclusively: bool = False, most: int | None = None
) -> Sequence[Any]:
    """Return the rows of a statement, ``most`` of them at most, locked FOR SHARE, or for a change if ``exclusively``.

    First without waiting; only where that misses some it waits for all, as ``lock_name_patiently`` does.
    """
    if connection.dialect.name == "sqlite":
        return connection.execute(statement).all()
    strength = _CHANGING if exclusively else _SHARING
    locking = statement.with_for_update(**strength, of=of, skip_locked=True)
    found = connection.execute(locking).all()
    if len(found) == most or len(found) >= len(connection.execute(statement).all()):
        return found
    waiting = statement.with_for_update(**strength, of=of)
    return _waited_for(connection, lambda: connection.execute(waiting).all())


def lock_name_patiently(session: Session, name: str) -> None:
    """Take a lock as ``lock_name`` does, waiting in steps too short to be picked as a deadlock's victim.

    It waits 60 seconds at most; then it raises SQLAlchemy's ``DBAPIError``, which ``is_passing``.
    """
    if not try_lock_name(session, name):
        _waited_for(session.connection(), lambda: lock_name(session, name))


def _waited_for(connection: Connection, take: Callable[[], T]) -> T:
    ends = time.monotonic() + _MOST_SECONDS
    while True:
        try:
            with connection.begin_nested():
                connection.execute(text(f"SET LOCAL lock_timeout = {_AT_A_TIME}"))
                found = take()
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                return found
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _NOT_AVAILABLE or time.monotonic() > ends:
                raise
