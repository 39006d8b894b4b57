"""The readiness check: whether the database answers and is migrated, told within a second even while it hangs."""

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from claims_api import db
from claims_api.db import Database
from claims_api.errors import Unavailable
from claims_api.web.session import database

_EXTENSION = "claims_api.readiness"
# Seconds that a look at the database may take: less than the second after which probes give up.
_SECONDS = 0.8


class _Watch:
    """Looks at the database in a thread of its own, one look at a time; requests that come meanwhile share it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._look: Future[str | None] | None = None

    def state(self, found: Database) -> str | None:
        """Return what is wrong, or None."""
        if self._look is None or self._look.done():
            self._look = self._thread.submit(_wrong, found)
        try:
            return self._look.result(_SECONDS)
        except TookTooLong:
            return "The database does not answer."


def install(app: Flask) -> None:
    """Let an application check its database in a thread of its own."""
    app.extensions[_EXTENSION] = _Watch()


def require_ready() -> None:
    """Raise ``Unavailable`` unless the database answers, within 0.8 seconds, and is migrated."""
    wrong: str | None = current_app.extensions[_EXTENSION].state(database())
    if wrong is not None:
        raise Unavailable(wrong)


def _wrong(found: Database) -> str | None:
    try:
        found.require_in_place()
    except Unavailable as moved:
        return moved.detail
    try:
        with found.reading() as connection:
            return db.why_not_migrated(connection)
    except (SQLAlchemyError, Unavailable):
        return "The database does not answer."
