"""Reading topics."""

import datetime as dt

from sqlalchemy import Connection, select

from claims_api.models.topics import Topic
from claims_api.queries import paging, rows
from claims_api.queries.paging import Page, Window
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

SORTS = paging.sorts(Topic.id, created_at=Topic.created_at, updated_at=Topic.updated_at, name=Topic.name)


def one(connection: Connection, topic_id: str) -> AnyRow:
    """Read one topic."""
    return rows.one(connection, TOPICS.where(Topic.id == topic_id), "topic")


def page(
    connection: Connection,
    *,
    window: Window,
    name: str | None = None,
    updated_since: dt.datetime | None = None,
) -> Page:
    """Read a page of topics."""
    statement = rows.narrowed(
        TOPICS,
        None if name is None else Topic.key == name_key(name),
        rows.since(Topic.updated_at, updated_since),
    )
    return paging.page(connection, statement, SORTS, window)
