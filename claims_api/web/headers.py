"""Headers that every answer carries."""

from flask import Flask, Response

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Answers are data: even one that a browser takes for a page may load and run nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def install(app: Flask) -> None:
    """Add the headers to whatever does not set its own."""
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
