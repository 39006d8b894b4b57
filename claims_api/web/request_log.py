"""For each request its id, its line in the log, and its place in the metrics."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from claims_api import ids, logs, metrics
from claims_api.web.headers import Headers, Write

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-Id"
# What needs no escaping in any log store.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"})
# Clients can make up any number of paths and methods, and each would be a metrics series for good.
UNKNOWN = "unknown"
_SEEN = "claims_api.seen"
_PATH_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(slots=True)
class _Seen:
    """What the log and the metrics tell of a request."""

    request_id: str
    route: str | None = None
    key: str | None = None
    status: int = 500


def install(app: Flask) -> None:
    """Log and count all that an application answers."""
    app.after_request(_note)
    app.wsgi_app = _Seeing(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way


def request_id() -> str:
    """Return the id of the request that is being answered."""
    seen: _Seen = request.environ[_SEEN]
    return seen.request_id


def note_route(environ: "WSGIEnvironment", rule: str) -> None:
    """Note which URL rule has matched."""
    seen: _Seen = environ[_SEEN]
    seen.route = _template(rule)


class _Seeing:
    """WSGI middleware around the whole application, so that every answer is logged."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self.inner = inner

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()
        seen = environ[_SEEN] = _Seen(_id_of(environ))
        token = logs.request_id.set(seen.request_id)
        try:
            return self.inner(environ, _named(start_response, seen))
        finally:
            _tell(environ, seen, time.perf_counter() - began)
            logs.request_id.reset(token)


def _id_of(environ: "WSGIEnvironment") -> str:
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    return given if WELL_FORMED.fullmatch(given) else ids.new_id()


def _named(start_response: "StartResponse", seen: _Seen) -> "StartResponse":
    def start(status: str, headers: Headers, *error: Any) -> Write:
        seen.status = int(status[:3])
        return start_response(status, [*headers, (HEADER, seen.request_id)], *error)

    return start


def _note(response: Response) -> Response:
    if request.url_rule is not None:
        note_route(request.environ, request.url_rule.rule)
    seen: _Seen = request.environ[_SEEN]
    seen.key = g.get("actor")
    return response


def _tell(environ: "WSGIEnvironment", seen: _Seen, seconds: float) -> None:
    method = environ["REQUEST_METHOD"]
    method = method if method in METHODS else UNKNOWN
    metrics.count_request(method, seen.route or UNKNOWN, seen.status, seconds)
    logs.log.info(
        "request",
        key=seen.key,
        method=method,
        route=seen.route,
        status=seen.status,
        duration_ms=round(seconds * 1000, 3),
        remote=environ.get("REMOTE_ADDR"),
    )


@cache
def _template(rule: str) -> str:
    return _PATH_PART.sub(r"{\1}", rule)
