"""Reading topics."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from claims_api.models.topics import Topic
from claims_api.queries import paging
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow
from claims_api.text import name_key

TOPICS = select(
    Topic.id,
    Topic.name,
    Topic.description,
    Topic.created_at,
    Topic.updated_at,
    Topic.created_by,
    Topic.version,
    Topic.deleted_at,
)

SORTS = paging.sorts(Topic.id, created_at=Topic.created_at, updated_at=Topic.updated_at, name=Topic.name)

LISTING = Listing(
    TOPICS,
    SORTS,
    {"name": Topic.key == bindparam("name"), "updated_since": Topic.updated_at >= bindparam("updated_since")},
    live=Topic.deleted_at.is_(None),
)


def one(connection: Connection, topic_id: str, *, include_deleted: bool = False) -> AnyRow:
    """Read one topic; ``NotFound`` where there is none."""
    return LISTING.one(connection, "topic", topic_id, include_deleted=include_deleted)


def page(
    connection: Connection, *, window: Window, name: str | None = None, include_deleted: bool = False, **filters: Any
) -> Page:
    """Read a page of topics; ``Malformed`` for a cursor of another listing."""
    values = {**filters, "name": name and name_key(name)}
    return LISTING.page(connection, window, values, include_deleted=include_deleted)
