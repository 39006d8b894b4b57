"""Where transactions begin and end: one for each request, committed here and nowhere else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from claims_api.db import Database, must_be_retried

P = ParamSpec("P")
R = TypeVar("R")
EXTENSION = "claims_api"
_TRIES = 3


def database() -> Database:
    """Return the database of the application that answers."""
    found: Database = current_app.extensions[EXTENSION]
    return found


def reading() -> AbstractContextManager[Connection]:
    """Open a snapshot to read from."""
    return database().reading()


def writing() -> AbstractContextManager[Session]:
    """Open a transaction that is committed at the end of the block, or not at all."""
    return database().writing()


def retried(view: Callable[P, R]) -> Callable[P, R]:
    """Run a view again when the database broke its transaction off in favour of another one.

    That is safe, since a view's only effect is its transaction.
    """

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(_TRIES - 1):
            try:
                return view(*args, **kwargs)
            except DBAPIError as error:
                if not must_be_retried(error):
                    raise
        return view(*args, **kwargs)

    return run
