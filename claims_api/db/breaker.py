"""Keeps requests from waiting for a database that is known not to answer, so that the server's threads stay free."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from claims_api.db.faults import is_away
from claims_api.errors import Unavailable

# After a failure everybody is refused for so long; then one at a time tries.
PAUSE_SECONDS = 0.5
# A try that has not ended by then does not keep others from trying.
TRY_SECONDS = 5.0


class Breaker:
    """Closed, it lets all pass. A failure opens it; then one request in a while tries, and success closes it.

    ``pause`` is in seconds. ``_refused_until`` is a moment of the process's own clock, in seconds; 0 while
    it is closed.
    """

    def __init__(self, pause: float = PAUSE_SECONDS) -> None:
        self.pause = pause
        self._lock = threading.Lock()
        self._refused_until = 0.0

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Run something with the database, or raise ``Unavailable`` at once where it is known not to answer."""
        self._pass()
        try:
            yield
        except SQLAlchemyError as error:
            if is_away(error):
                self._refused_until = time.monotonic() + self.pause
            raise

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
