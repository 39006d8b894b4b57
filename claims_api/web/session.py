"""Open the one transaction of a request; ``db.Database.writing`` commits it when the block ends.

Only noting the use of a key has a transaction of its own (``web.auth``).
"""

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from claims_api.db import Database, must_be_retried
from claims_api.services import ledger

P = ParamSpec("P")
R = TypeVar("R")
EXTENSION = "claims_api"
_SHARED = "claims_api_transaction"
_TRIES = 3


def database() -> Database:
    """Return the database of the application that answers."""
    found: Database = current_app.extensions[EXTENSION]
    return found


def reading(as_of: dt.datetime | None = None) -> AbstractContextManager[Connection]:
    """Open a snapshot; with ``as_of`` (aware), one in which the state of that moment can no longer change.

    Raises ``Invalid`` for a future moment, and ``Unavailable`` as ``db.Database`` does.
    """
    if as_of is not None:
        ledger.settle(database(), as_of)
    return database().reading()


def asking(as_of: dt.datetime | None = None) -> AbstractContextManager[Connection]:
    """Open a connection for a single statement; ``as_of``, and what is raised, are as for ``reading``."""
    if as_of is not None:
        ledger.settle(database(), as_of)
    return database().asking()


def writing(*, takes_its_time: bool = False) -> AbstractContextManager[Session]:
    """Open a transaction that is committed when the block ends, and rolled back on an exception.

    Inside ``shared`` it is that one, committed there. Its statements have a time limit unless it ``takes_its_time``.
    Raises ``Unavailable`` as ``db.Database.writing`` does.
    """
    outer: Session | None = g.get(_SHARED)
    return _signed(takes_its_time=takes_its_time) if outer is None else nullcontext(outer)


@contextmanager
def shared() -> Iterator[Session]:
    """Open a transaction that ``writing`` joins, for what wraps a view (``web.idempotency``)."""
    with _signed() as session:
        setattr(g, _SHARED, session)
        try:
            yield session
        finally:
            g.pop(_SHARED)


@contextmanager
def _signed(*, takes_its_time: bool = False) -> Iterator[Session]:
    with database().writing(takes_its_time=takes_its_time) as session:
        ledger.act_as(session, g.actor)
        yield session


def retried(view: Callable[P, R]) -> Callable[P, R]:
    """Run a view up to three times: again after a deadlock, or when its connection ended before COMMIT.

    That is safe, since a view's only effect is its transaction, which was not committed.
    """

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _TRIES):
            try:
                return view(*args, **kwargs)
            except DBAPIError as error:
                if not must_be_retried(error):
                    raise
                # Jitter, so that those that collided do not collide again.
                time.sleep(random.uniform(0, 0.05) * attempt)  # noqa: S311  # nobody gains by guessing it
        return view(*args, **kwargs)

    return run
