"""Reading passages."""

from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.queries import paging, rows
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow

# The place, and the source it stands in, as every answer shows them.
PLACE = (
    Passage.exact,
    Passage.prefix,
    Passage.suffix,
    Passage.start,
    Passage.end,
    Passage.utf16_start,
    Passage.utf16_end,
    Passage.utf8_start,
    Passage.utf8_end,
    Passage.match,
    Passage.anchor_state,
    Source.id.label("source_id"),
    Source.title.label("source_title"),
    Source.publisher.label("source_publisher"),
    Source.url.label("source_url"),
    SourceVersion.number.label("source_version"),
)

PASSAGES = (
    select(
        Passage.id,
        *PLACE,
        Passage.created_at,
        Passage.updated_at,
        Passage.created_by,
        Passage.version,
    )
    .join(Source, Source.id == Passage.source_id)
    .outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
    .where(Passage.deleted_at.is_(None))
)

ONE = PASSAGES.where(Passage.id == bindparam("id"))

SORTS = paging.sorts(
    Passage.id,
    created_at=Passage.created_at,
    updated_at=Passage.updated_at,
    start=func.coalesce(Passage.start, -1),
)

LISTING = Listing(
    PASSAGES,
    SORTS,
    {
        "source_id": Passage.source_id == bindparam("source_id"),
        "match": Passage.match == bindparam("match"),
        "anchor_state": Passage.anchor_state == bindparam("anchor_state"),
        "updated_since": Passage.updated_at >= bindparam("updated_since"),
    },
)


def one(connection: Connection, passage_id: str) -> AnyRow:
    """Read one passage."""
    return rows.one(connection, ONE, "passage", id=passage_id)


def page(connection: Connection, *, window: Window, **filters: Any) -> Page:
    """Read a page of passages; with ``source_id`` and the order ``start`` they come as they are read."""
    return LISTING.page(connection, window, filters)
