"""Cursor pagination: a cursor is where a page ended, signed, and valid only for the listing that gave it."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, current_app, g, request
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from marshmallow import Schema
from sqlalchemy import Connection

from claims_api.errors import Malformed
from claims_api.queries.paging import Page, Window
from claims_api.schemas.shaping import shape
from claims_api.services import keys
from claims_api.web import answers

CURSOR_SECRET = "cursor"  # noqa: S105  # its name, not its value
_EXTENSION = "claims_api.cursors"
_LISTING = "claims_api_listing"
_REMEDY = "Take cursors from `next_cursor` as they are, with all other parameters as they were."


def window(connection: Connection, query: dict[str, Any]) -> Window:
    """Take the order, limit and cursor out of the parameters; ``Malformed`` for a cursor of no, or another, listing."""
    sort, limit, cursor = query.pop("sort"), query.pop("limit"), query.pop("cursor", None)
    if cursor is None:
        return Window(sort, limit)
    listing, value, identity = _opened(_signer(connection), cursor)
    if listing != _listing():
        raise Malformed("The cursor belongs to another listing, or to other filters or another order.", remedy=_REMEDY)
    return Window(sort, limit, (value, identity))


def as_page(connection: Connection, schema: type[Schema], page: Page) -> Response:
    """Answer with a page, shaped by the schema of its items."""
    return listed(connection, shape(schema, page.rows), page)


def listed(connection: Connection, items: list[dict[str, Any]], page: Page, **beside: Any) -> Response:
    """Answer with items that are shaped already; ``beside`` are further members of the answer."""
    if page.next is None:
        return answers.as_json({"data": items, "next_cursor": None, **beside})
    cursor = _cursor(_signer(connection), [_listing(), *page.next])
    return answers.as_json({"data": items, "next_cursor": cursor, **beside}, headers=next_page(cursor=cursor))


def next_page(**parameters: str) -> dict[str, str]:
    """Return the header ``Link`` (RFC 8288) to the next page of this request, with these parameters changed."""
    return {"Link": f'<{request.path}?{urlencode({**request.args, **parameters})}>; rel="next"'}


def _cursor(signer: Signer, content: list[Any]) -> str:
    return signer.sign(base64_encode(orjson.dumps(content))).decode()


def _opened(signer: Signer, cursor: str) -> list[Any]:
    try:
        content: list[Any] = orjson.loads(base64_decode(signer.unsign(cursor)))
    except (BadData, UnicodeError, orjson.JSONDecodeError):
        content = []
    # Base64 can spell the same signature in several ways: only our spelling is accepted.
    signature = cursor.rpartition(".")[2]
    if not content or base64_encode(base64_decode(signature)).decode() != signature:
        raise Malformed("The cursor was not made by this service.", remedy=_REMEDY)
    return content


def _signer(connection: Connection) -> Signer:
    signers: dict[str, Signer] = current_app.extensions.setdefault(_EXTENSION, {})
    if CURSOR_SECRET not in signers:
        secret = keys.shared_secret(connection, CURSOR_SECRET)
        signers[CURSOR_SECRET] = Signer(secret, salt="cursor")
    return signers[CURSOR_SECRET]


def _parameters() -> Mapping[str, str]:
    return {name: value for name, value in request.args.items() if name != "cursor"}


def _listing() -> str:
    """Return a digest of path and filters, which ties a cursor to its listing."""
    if _LISTING not in g:
        same = sorted((name, value) for name, value in _parameters().items() if name != "limit")
        setattr(g, _LISTING, hashlib.sha256(f"{request.path} {same}".encode()).hexdigest()[:16])
    found: str = g.get(_LISTING)
    return found
