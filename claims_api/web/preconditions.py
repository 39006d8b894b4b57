"""ETags and conditional requests (RFC 9110, section 13): a GET may answer 304, a write may answer 412.

An ETag is a hash of the answer's bytes, so it changes whenever the answer does: a claim's also with its evidence, and
with its speaker's name.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, request

from claims_api.errors import PreconditionRequired, Stale
from claims_api.web.answers import JSON, Answer, dumped

REQUIRE_IF_MATCH = "CLAIMS_REQUIRE_IF_MATCH"
# As WSGI names them: a look into environ is quicker than request.headers.
_IF_MATCH, _IF_NONE_MATCH = "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"
_NEEDED = "Send the ETag of the state that you have seen as If-Match."


def entity(body: Mapping[str, Any], *, of: Mapping[str, Any] | None = None) -> Answer:
    """Answer 200 with an entity and its ETag; ``of`` is the entity alone, where the body holds more than that."""
    written = dumped(body)
    return Answer(written, 200, _named(_tag_of(written, of)), content_type=JSON)


def deleted(body: Mapping[str, Any]) -> Answer:
    """Answer 204 with the ETag of the deleted entity, which restoring it may name in If-Match."""
    return _bare(204, _named(_tag(dumped(body))))


def created(body: Mapping[str, Any], location: str, *, of: Mapping[str, Any] | None = None) -> Answer:
    """Answer 201; ``location`` is the path of what was made, without a host, since clients can forge that.

    ``of`` is as for ``entity``.
    """
    written = dumped(body)
    headers = {"Location": location, **_named(_tag_of(written, of))}
    return Answer(written, 201, headers, content_type=JSON)


def read(body: Mapping[str, Any], *, media_type: str = JSON) -> Answer:
    """Answer a GET with an entity and its ETag, or 304 without a body where If-None-Match names this state.

    Raises ``Stale`` (412) where If-Match names only other states.
    """
    written, sent = dumped(body), request.environ
    tag = _tag(written)
    if _IF_MATCH in sent and not request.if_match.contains(tag):
        raise _stale(body, tag)
    if _IF_NONE_MATCH in sent and request.if_none_match.contains_weak(tag):
        return _bare(304, _named(tag))
    return Answer(written, 200, _named(tag), content_type=media_type)


def hold(lock: Callable[[], object], current: Callable[[], Mapping[str, Any]]) -> None:
    """Lock an entity and check the request's If-Match or If-None-Match against its present state.

    It is locked before it is compared, so that nobody can change it in between. Raises what ``lock`` raises, ``Stale``
    with the present state, and ``PreconditionRequired`` where the settings demand an If-Match and there is none.
    """
    sent = request.environ
    is_blind = _IF_MATCH not in sent and current_app.config[REQUIRE_IF_MATCH]
    if not is_blind and _IF_MATCH not in sent and _IF_NONE_MATCH not in sent:
        return
    # Before PreconditionRequired: what does not exist is 404.
    lock()
    if is_blind:
        raise PreconditionRequired(_NEEDED)
    body = current()
    tag = _tag(dumped(body))
    misses = _IF_MATCH in sent and not request.if_match.contains(tag)
    if misses or (_IF_NONE_MATCH in sent and request.if_none_match.contains_weak(tag)):
        raise _stale(body, tag)


def _bare(status: int, headers: Mapping[str, str]) -> Answer:
    bare = Answer(status=status, headers=headers)
    del bare.headers["Content-Type"]  # there is no content
    return bare


def _stale(body: Mapping[str, Any], tag: str) -> Stale:
    detail = "The state that the condition names is not the present one; `current` is."
    return Stale(detail, current=body, etag=f'"{tag}"')


def _named(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"'}


def _tag_of(written: bytes, other: Mapping[str, Any] | None) -> str:
    return _tag(written if other is None else dumped(other))


def _tag(written: bytes) -> str:
    return hashlib.blake2b(written, digest_size=12).hexdigest()
