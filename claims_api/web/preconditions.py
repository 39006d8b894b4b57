"""Conditional requests (RFC 9110, section 13): read again only what changed, change only what one has seen.

The ETag of an answer is a hash of its bytes: it is another one whenever the answer is, whatever the cause; a claim's
changes with its evidence, and with the name of its speaker.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, request

from claims_api.errors import PreconditionRequired, Stale
from claims_api.web.answers import JSON, as_json

REQUIRE_IF_MATCH = "CLAIMS_REQUIRE_IF_MATCH"
_NEEDED = "Send the ETag of the state that you have seen as If-Match."


def entity(body: Mapping[str, Any], status: int = 200, *, media_type: str = JSON) -> Response:
    """Answer with one entity and its ETag."""
    response = as_json(body, status, media_type=media_type)
    response.set_etag(_tag(response))
    return response


def deleted(body: Mapping[str, Any]) -> Response:
    """Answer 204, with the ETag of the deleted entity: a restoring may insist on it."""
    return _bare(204, entity(body))


def created(body: Mapping[str, Any], location: str, *, beside: Mapping[str, Any] | None = None) -> Response:
    """Answer 201; ``location`` is the path of what was made, without a host, which nobody can forge.

    What is told ``beside`` the entity is no part of its state, and does not count in its ETag.
    """
    response = as_json({**body, **(beside or {})}, 201, headers={"Location": location})
    response.set_etag(_tag(as_json(body)) if beside else _tag(response))
    return response


def read(body: Mapping[str, Any], *, media_type: str = JSON) -> Response:
    """Answer a GET: 304 without a body where the client has this state already, 412 where it insists on another."""
    response = entity(body, media_type=media_type)
    tag = response.get_etag()[0] or ""
    if not _may_go_on(tag):
        raise _stale(body, tag)
    if "If-None-Match" in request.headers and _is_known(tag):
        return _bare(304, response)
    return response


def hold(lock: Callable[[], object], current: Callable[[], Mapping[str, Any]]) -> None:
    """Take an entity for a change, if the client has seen its present state or does not insist on having seen it.

    It is locked before it is compared, so that nobody can change it in between. Raises what ``lock`` raises, ``Stale``
    with the present state, and ``PreconditionRequired`` where the service is set to take no blind change.
    """
    if "If-Match" not in request.headers and current_app.config[REQUIRE_IF_MATCH]:
        raise PreconditionRequired(_NEEDED)
    if not {"If-Match", "If-None-Match"} & set(request.headers.keys()):
        return
    lock()
    body = current()
    tag = _tag(as_json(body))
    if not _may_go_on(tag) or ("If-None-Match" in request.headers and _is_known(tag)):
        raise _stale(body, tag)


def _bare(status: int, whole: Response) -> Response:
    bare = Response(status=status, headers={"ETag": whole.headers["ETag"]})
    del bare.headers["Content-Type"]  # there is no content
    return bare


def _may_go_on(tag: str) -> bool:
    return "If-Match" not in request.headers or request.if_match.contains(tag)


def _is_known(tag: str) -> bool:
    return request.if_none_match.contains_weak(tag)


def _stale(body: Mapping[str, Any], tag: str) -> Stale:
    detail = "The state that the condition names is not the present one; `current` is."
    return Stale(detail, current=body, etag=f'"{tag}"')


def _tag(response: Response) -> str:
    return hashlib.blake2b(response.get_data(), digest_size=12).hexdigest()
