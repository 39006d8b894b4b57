"""Reading passages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, case, func, literal_column, select

from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.words import AnchorState
from claims_api.queries import paging
from claims_api.queries.moments import NOW, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow


def place(tables: Tables) -> tuple[Any, ...]:
    """Return the columns of a passage's place and of the source it stands in, as every answer shows them."""
    passage, source = tables.passage, tables.source
    return (
        passage.exact,
        passage.prefix,
        passage.suffix,
        passage.start,
        passage.end,
        passage.utf16_start,
        passage.utf16_end,
        passage.utf8_start,
        passage.utf8_end,
        passage.match,
        passage.anchor_state,
        passage.now,
        passage.confirmed_at,
        passage.confirmed_by,
        source.id.label("source_id"),
        source.title.label("source_title"),
        source.publisher.label("source_publisher"),
        source.url.label("source_url"),
        SourceVersion.number.label("source_version"),
    )


def place_now(passage: type[Passage]) -> tuple[ColumnElement[int | None], ColumnElement[int | None]]:
    """Return expressions for where a passage, unless it is orphaned, starts and ends in the newest text."""
    start, end = passage.now["start"].as_integer(), passage.now["end"].as_integer()
    return func.coalesce(start, passage.start), func.coalesce(end, passage.end)


PASSAGES = (
    select(
        Passage.id,
        *place(NOW),
        Passage.created_at,
        Passage.updated_at,
        Passage.created_by,
        Passage.version,
        Passage.deleted_at,
    )
    .join(Source, Source.id == Passage.source_id)
    .outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
)

SORTS = paging.sorts(
    Passage.id,
    created_at=Passage.created_at,
    updated_at=Passage.updated_at,
    start=func.coalesce(Passage.start, literal_column("-1"), type_=Integer()),  # as the index has it
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
    live=Passage.deleted_at.is_(None),
)


# In reading order of the newest text; then passages without a place in it: orphaned ones, and unverified ones.
_LAST = case(
    (Passage.anchor_state == AnchorState.ORPHANED, 1), (Passage.anchor_state == AnchorState.UNVERIFIED, 2), else_=0
)
_OF_SOURCE = (
    select(
        Passage.id,
        Passage.exact,
        Passage.start,
        Passage.end,
        SourceVersion.number.label("version"),
        Passage.anchor_state,
        Passage.now,
    )
    .outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
    .where(Passage.source_id == bindparam("source_id"), Passage.deleted_at.is_(None))
    .order_by(
        _LAST,
        func.coalesce(Passage.now["start"].as_integer(), Passage.start, -1),
        func.coalesce(Passage.now["end"].as_integer(), Passage.end, -1),
        Passage.id,
    )
)


def one(connection: Connection, passage_id: str, *, include_deleted: bool = False) -> AnyRow:
    """Read one passage; ``NotFound`` where there is none."""
    return LISTING.one(connection, "passage", passage_id, include_deleted=include_deleted)


def page(connection: Connection, *, window: Window, include_deleted: bool = False, **filters: Any) -> Page:
    """Read a page of passages; with ``source_id`` and the order ``start`` they come in reading order.

    Raises ``Malformed`` for a cursor of another listing.
    """
    return LISTING.page(connection, window, filters, include_deleted=include_deleted)


def of_source(connection: Connection, source_id: str) -> Sequence[AnyRow]:
    """Read all passages of a source in reading order."""
    return connection.execute(_OF_SOURCE, {"source_id": source_id}).all()
