"""A circuit breaker: requests fail at once while the database is known not to answer, so that threads stay free."""

import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from claims_api.db.faults import is_away
from claims_api.errors import Unavailable

# After a failure everybody is refused for so long; then one at a time tries.
PAUSE_SECONDS = 0.5
# A try that has not ended by then does not keep others from trying.
TRY_SECONDS = 5.0


class Breaker(AbstractContextManager[None]):
    """Closed, it lets all pass. A failure opens it; then one request in a while tries, and success closes it.

    It stands around whatever is done with the database. ``pause`` is in seconds. ``_refused_until`` is a moment of the
    process's own clock, in seconds; 0 while it is closed.
    """

    def __init__(self, pause: float = PAUSE_SECONDS) -> None:
        self.pause = pause
        self._lock = threading.Lock()
        self._refused_until = 0.0

    def __enter__(self) -> None:
        """Let pass, or raise ``Unavailable`` at once where the database is known not to answer."""
        self._pass()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take notice of how it ended."""
        self.see(error)

    def see(self, error: BaseException | None) -> None:
        """Take notice of an error: one that says that the database is away opens it."""
        if isinstance(error, SQLAlchemyError) and is_away(error):
            self._refused_until = time.monotonic() + self.pause

    def answered(self) -> None:
        """Say that the database has answered."""
        self._refused_until = 0.0

    def _pass(self) -> None:
        if not self._refused_until:
            return
        with self._lock:
            until, now = self._refused_until, time.monotonic()
            if now < until:
                raise Unavailable("The database does not answer just now.")
            self._refused_until = now + TRY_SECONDS
