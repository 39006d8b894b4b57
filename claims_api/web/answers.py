"""Responses: JSON written by orjson, without what Werkzeug does for each response that ours do not need."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON = "application/json"
_WITHOUT_BODY = frozenset({204, 304})
_OPTIONS = orjson.OPT_UTC_Z


class Answer(Response):
    """A response that skips Werkzeug's processing where its body is at hand: its headers are complete.

    ``call_on_close`` works only for streamed responses.
    """

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it as it is; Werkzeug completes the headers of streamed responses and of those without a body."""
        is_bare = environ["REQUEST_METHOD"] == "HEAD" or self.status_code in _WITHOUT_BODY
        if is_bare or self.is_streamed or "Content-Length" not in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.iter_encoded()


def as_json(
    body: Any,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Answer:
    """Return a response with a body as JSON."""
    return Answer(dumped(body), status, headers, content_type=media_type)


def dumped(body: Any) -> bytes:
    """Return a body as the bytes of its JSON, in UTF-8; moments are written in UTC with a Z (RFC 3339)."""
    return orjson.dumps(body, option=_OPTIONS)
