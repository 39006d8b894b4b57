"""A circuit breaker: requests fail at once while the database is known not to answer, so that threads stay free."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from claims_api.db.faults import is_away
from claims_api.errors import Unavailable

# Seconds for which all are refused after a failure; then one request at a time tries.
PAUSE_SECONDS = 0.5
# Seconds after which another request may try, although the try before has not ended.
TRY_SECONDS = 5.0


class Breaker(AbstractContextManager[None]):
    """Closed, it lets all pass. A failure opens it; then one request in a while tries, and success closes it.

    It is entered around whatever is done with the database, and raises ``Unavailable`` while it is open. ``pause`` is
    in seconds; ``now`` is a monotonic clock, in seconds; ``_refused_until`` is a time by it, 0 while it is closed.
    """

    def __init__(self, pause: float = PAUSE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self.pause, self._now = pause, now
        self._lock = threading.Lock()
        self._refused_until = 0.0

    def __enter__(self) -> None:
        """Let pass, or raise ``Unavailable`` at once where the database is known not to answer."""
        self._pass()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Open the breaker where the block ended with an error that says that the database is away."""
        self.see(error)

    def see(self, error: BaseException | None) -> None:
        """Open the breaker if an error says that the database is away."""
        if isinstance(error, SQLAlchemyError) and is_away(error):
            self._refused_until = self._now() + self.pause

    def answered(self) -> None:
        """Close the breaker: the database has answered."""
        self._refused_until = 0.0

    def _pass(self) -> None:
        if not self._refused_until:
            return
        with self._lock:
            until, now = self._refused_until, self._now()
            if now < until:
                raise Unavailable("The database does not answer just now.")
            self._refused_until = now + TRY_SECONDS
