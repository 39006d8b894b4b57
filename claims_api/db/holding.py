"""Lock rows and take rights for a transaction that takes its time, and does not know what it will need.

On Postgres, of transactions that wait for each other in a circle the one is broken off that has waited for a second and
then looks. Others get into no circle, since they take all in one order. Who cannot waits for less than that at a time,
and so is never the one; those of the circle who wait for it give up (``engines``), and hold nothing any more.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from claims_api.db.rights import alone, one_at_a_time

T = TypeVar("T")
# Below Postgres's deadlock_timeout, which is a second.
_AT_A_TIME = 700
# Longer than others wait.
_MOST_SECONDS = 60
_NOT_AVAILABLE = "55P03"


def locked(
    connection: Connection, statement: Any, *, of: Any, to_change: bool = False, most: int | None = None
) -> Sequence[Any]:
    """Return the rows of a statement, at ``most`` so many, locked until the end for sharing, or ``to_change``."""
    if connection.dialect.name == "sqlite":
        return connection.execute(statement).all()
    locking = statement.with_for_update(read=not to_change, of=of, skip_locked=True)
    found = connection.execute(locking).all()
    if len(found) == most or len(found) >= len(connection.execute(statement).all()):
        return found
    waiting = statement.with_for_update(read=not to_change, of=of)
    return _waited_for(connection, lambda: connection.execute(waiting).all())


def one_at_a_time_at_last(session: Session, name: str) -> None:
    """Take a right as ``one_at_a_time`` does."""
    if not alone(session, name):
        _waited_for(session.connection(), lambda: one_at_a_time(session, name))


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
