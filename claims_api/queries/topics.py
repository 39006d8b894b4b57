"""Reading topics."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from claims_api.models.topics import Topic
from claims_api.queries import paging, rows
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
).where(Topic.deleted_at.is_(None))

ONE = TOPICS.where(Topic.id == bindparam("id"))

SORTS = paging.sorts(Topic.id, created_at=Topic.created_at, updated_at=Topic.updated_at, name=Topic.name)

LISTING = Listing(
    TOPICS,
    SORTS,
    {"name": Topic.key == bindparam("name"), "updated_since": Topic.updated_at >= bindparam("updated_since")},
)


def one(connection: Connection, topic_id: str) -> AnyRow:
    """Read one topic."""
    return rows.one(connection, ONE, "topic", id=topic_id)


def page(connection: Connection, *, window: Window, name: str | None = None, **filters: Any) -> Page:
    """Read a page of topics."""
    return LISTING.page(connection, window, {**filters, "name": name and name_key(name)})
