"""On SQLite the requests of one process run one at a time, for as long as each is quick (docs/adr/0034).

SQLite works within the process. With several requests at work, each call of it hands Python's interpreter lock to
another thread and has to wait for it: that costs as much again as the requests themselves. Postgres works elsewhere.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds; no request waits longer for its turn, or one slow statement would hold up all others.
LONGEST = 0.05
TURN = "claims_api.turn"


def install(app: Flask) -> None:
    """Have the requests to an application take turns."""
    app.wsgi_app = _TakingTurns(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way


def end() -> None:
    """Release this request's turn, if it has one: what it does now takes long, or waits."""
    turn: _Turn | None = request.environ.pop(TURN, None)
    if turn is not None:
        turn.end()


class _Turn:
    """The process's lock, if this request got it in time; without it the request goes on all the same."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._has_it = lock.acquire(timeout=LONGEST)

    def end(self) -> None:
        if self._has_it:
            self._lock.release()


class _TakingTurns:
    """WSGI middleware that holds the turn until the answer is made; streaming it needs none."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self.inner = inner
        self.lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ[TURN] = _Turn(self.lock)
        try:
            return self.inner(environ, start_response)
        finally:
            turn = environ.pop(TURN, None)
            if turn is not None:
                turn.end()
