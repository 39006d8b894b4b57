"""/v1/keys."""

import datetime as dt
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.keys import ApiKey
from claims_api.models.words import Scope
from claims_api.queries import keys as queries
from claims_api.schemas import examples
from claims_api.schemas.keys import IssuedKeyOut, KeyIn, KeyOut, KeyPage, KeyQuery, KeyRotationIn
from claims_api.schemas.shaping import shape_one
from claims_api.services import keys
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, hold, read
from claims_api.web.session import asking, writing

blueprint = Blueprint("keys", prefix="/v1", description="Who may do what; for those with the scope `admin`.")


@blueprint.operation("GET", "/keys", scope=Scope.ADMIN, query=KeyQuery, answers=(200, KeyPage))
def list_keys(query: dict[str, Any]) -> Response:
    """List keys

    A page at a time, those that have ended too. What a key is kept as does not tell the key itself.
    """
    with asking() as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, KeyOut, page)


@blueprint.operation(
    "POST",
    "/keys",
    scope=Scope.ADMIN,
    body=KeyIn,
    answers=(201, IssuedKeyOut),
    examples=examples.KEY_IN,
    shows_secret=True,
)
def create_key(body: dict[str, Any]) -> Response:
    """Make a key

    The key itself, `key`, is in this answer and nowhere else, ever. That is why an Idempotency-Key is refused
    (`invalid`): an answer that is given again would have to be kept. Where the answer is lost, revoke what the list
    shows, and make another.
    """
    with writing() as session:
        return _shown_once(session, *keys.create(session, **body))


@blueprint.operation("GET", "/keys/<id:key_id>", scope=Scope.ADMIN, answers=(200, KeyOut))
def read_key(key_id: str) -> Response:
    """Read one key

    Also one that has ended.
    """
    with asking() as connection:
        return read(shape_one(KeyOut, queries.one(connection, key_id)))


@blueprint.operation("DELETE", "/keys/<id:key_id>", scope=Scope.ADMIN, answers=(204, None))
def revoke_key(key_id: str) -> Response:
    """Revoke a key

    No request that begins after the answer is let through with it. It stays in the list, and cannot be brought back;
    to revoke it again changes nothing.
    """
    with writing() as session:
        current = partial(_current, session, key_id)
        hold(partial(keys.found, session, key_id), current)
        keys.end(session, keys.found(session, key_id))
        return deleted(current())


@blueprint.operation(
    "POST",
    "/keys/<id:key_id>/rotate",
    scope=Scope.ADMIN,
    body=KeyRotationIn,
    answers=(201, IssuedKeyOut),
    refuses=("key-ended",),
    examples=examples.KEY_ROTATION_IN,
    shows_secret=True,
)
def rotate_key(key_id: str, body: dict[str, Any]) -> Response:
    """Replace a key by a new one

    With the same name, scopes and expiry, and an id and a prefix of its own; `key` is shown in this answer alone. The
    old one ends at once, or expires after `grace_seconds`. Refused with `key-ended` where it has ended, or was replaced
    before. An Idempotency-Key is refused (`invalid`): the answer is kept nowhere.
    """
    with writing() as session:
        grace = dt.timedelta(seconds=body["grace_seconds"])
        return _shown_once(session, *keys.rotate(session, keys.found(session, key_id), grace=grace))


def _current(session: Session, key_id: str) -> dict[str, Any]:
    return shape_one(KeyOut, queries.one(session.connection(), key_id))


def _shown_once(session: Session, key: ApiKey, shown: str) -> Response:
    """Answer with a key and its secret; the ETag is that of the key as it is read later, without it."""
    body = _current(session, key.id)
    answer = created(body, f"/v1/keys/{key.id}")
    answer.set_data(as_json({**body, "key": shown}).get_data())
    answer.headers["Cache-Control"] = "no-store"
    return answer
