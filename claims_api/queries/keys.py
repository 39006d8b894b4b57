"""Reading API keys, without their hashes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, true

from claims_api import clock
from claims_api.models.keys import ApiKey
from claims_api.queries import paging
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow

KEYS = select(
    ApiKey.id,
    ApiKey.name,
    ApiKey.prefix,
    ApiKey.scopes,
    ApiKey.created_at,
    ApiKey.created_by,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.last_used_at,
    ApiKey.replaced_by_id,
)

SORTS = paging.sorts(ApiKey.id, created_at=ApiKey.created_at, name=ApiKey.name)

LISTING = Listing(
    KEYS,
    SORTS,
    {
        "name": ApiKey.name == bindparam("name"),
        "prefix": ApiKey.prefix == bindparam("prefix"),
        "active_at": and_(
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("active_at")),
        ),
        "ended_at": or_(ApiKey.revoked_at.is_not(None), ApiKey.expires_at <= bindparam("ended_at")),
    },
    live=true(),  # no key is ever deleted
)

_ALL = KEYS.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())


def one(connection: Connection, key_id: str) -> AnyRow:
    """Read one key, ended or not; ``NotFound`` where there is none."""
    return LISTING.one(connection, "key", key_id)


def page(connection: Connection, *, window: Window, is_active: bool | None = None, **filters: Any) -> Page:
    """Read a page of keys; with ``is_active`` only valid ones (true), or only ended ones (false).

    Raises ``Malformed`` for a cursor of another listing.
    """
    if is_active is not None:
        filters["active_at" if is_active else "ended_at"] = clock.utcnow()
    return LISTING.page(connection, window, filters)


def everything(connection: Connection) -> Sequence[AnyRow]:
    """Read all keys, newest first."""
    return connection.execute(_ALL).all()
