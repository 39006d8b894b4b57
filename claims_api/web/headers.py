"""Response headers of security and caching that every answer carries."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Named, since annotations of a function that is defined for each request are evaluated each time.
Headers = list[tuple[str, str]]
Write = Callable[[bytes], object]
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    # Answers are data: even one that a browser takes for a page may load and run nothing.
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-cache"),
)


def install(app: Flask) -> None:
    """Add the headers to whatever does not set its own."""
    app.wsgi_app = _Completing(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way


class _Completing:
    """WSGI middleware: there headers are a plain list, and adding to it costs nothing."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self.inner = inner

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: Headers, *error: Any) -> Write:
            own = {name.title() for name, _ in headers}
            return start_response(status, [*headers, *(each for each in _HEADERS if each[0] not in own)], *error)

        return self.inner(environ, start)
