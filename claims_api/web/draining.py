"""Read the rest of a request body that no view has read, before the response goes out.

A request may be refused before its body has come. A server that then closes the connection with unread bytes resets it,
and the client loses the response; a proxy that keeps the connection gives its next client an error.
"""

from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_AT_ONCE = 64 * 1024
# A client may never send what it announced: so many threads wait at most, further clients are answered at once.
_MOST_WAITING = 2


def install(app: Flask, most: int) -> None:
    """Have an application read the bodies of requests to their ends, up to ``most`` bytes."""
    app.wsgi_app = _Draining(app.wsgi_app, most)  # type: ignore[method-assign]  # Flask's documented way


class _Draining:
    """WSGI middleware outside of ``request_turns``, since a client may be slow."""

    def __init__(self, inner: "WSGIApplication", most: int) -> None:
        self.inner, self.most, self.places = inner, most, BoundedSemaphore(_MOST_WAITING)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not _may_have_more(environ, self.most):
            return self.inner(environ, start_response)
        held = _Held()
        answer = self.inner(environ, held)  # type: ignore[arg-type]  # see there
        headers = held.headers if self._is_taken(environ) else [*held.headers, ("Connection", "close")]
        start_response(held.status, headers, *held.error)
        return answer

    def _is_taken(self, environ: "WSGIEnvironment") -> bool:
        """Read the rest, if a place is free; False where there is more than the limit."""
        if not self.places.acquire(blocking=False):
            return True
        try:
            return _is_read(environ, self.most)
        finally:
            self.places.release()


class _Held:
    """Status and headers of the answer, held back until the body is drained."""

    status: str
    headers: list[tuple[str, str]]
    error: tuple[Any, ...]

    def __call__(self, status: str, headers: list[tuple[str, str]], *error: Any) -> "_Held":
        self.status, self.headers, self.error = status, headers, error
        return self  # in place of WSGI's write(), which nothing here calls


def _may_have_more(environ: "WSGIEnvironment", most: int) -> bool:
    length = environ.get("CONTENT_LENGTH") or "0"
    has_body = (length.isdecimal() and 0 < int(length) <= most) or "HTTP_TRANSFER_ENCODING" in environ
    # With `Expect: 100-continue` nothing was sent yet; without `wsgi.input_terminated` reading to the end may block.
    return has_body and "HTTP_EXPECT" not in environ and bool(environ.get("wsgi.input_terminated"))


def _is_read(environ: "WSGIEnvironment", most: int) -> bool:
    left = most
    while left >= 0 and (chunk := environ["wsgi.input"].read(_AT_ONCE)):
        left -= len(chunk)
    return left >= 0
