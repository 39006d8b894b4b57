"""Reading sources, without their text; that is in ``queries.versions``."""

from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal_column, select

from claims_api import db
from claims_api.models.sources import Source, SourceVersion
from claims_api.queries import paging
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow

SOURCES = select(
    Source.id,
    Source.title,
    Source.url,
    Source.canonical_url,
    Source.archived_url,
    Source.publisher,
    Source.authors,
    Source.published_at,
    Source.language,
    Source.type,
    Source.reliability,
    SourceVersion.number.label("current_version_number"),
    SourceVersion.sha256.label("current_version_sha256"),
    SourceVersion.length.label("current_version_length"),
    SourceVersion.retrieved_at.label("current_version_retrieved_at"),
    Source.created_at,
    Source.updated_at,
    Source.created_by,
    Source.version,
    Source.deleted_at,
).outerjoin(
    SourceVersion,
    and_(SourceVersion.source_id == Source.id, SourceVersion.number == Source.current_version),
)

LIVE = Source.deleted_at.is_(None)

SORTS = paging.sorts(
    Source.id,
    created_at=Source.created_at,
    updated_at=Source.updated_at,
    title=Source.title,
    # As the index has it.
    published_at=func.coalesce(Source.published_at, literal_column("''"), type_=db.SortedText),
)

LISTING = Listing(
    SOURCES,
    SORTS,
    {
        "url": Source.url == bindparam("url"),
        "canonical_url": Source.canonical_url == bindparam("canonical_url"),
        "publisher": Source.publisher == bindparam("publisher"),
        "type": Source.type == bindparam("type"),
        "language": db.lowered(Source.language) == db.lowered(bindparam("language")),
        "reliability": Source.reliability == bindparam("reliability"),
        "updated_since": Source.updated_at >= bindparam("updated_since"),
    },
    live=LIVE,
)


def one(connection: Connection, source_id: str, *, include_deleted: bool = False) -> AnyRow:
    """Read one source, without its text; ``NotFound`` where there is none."""
    return LISTING.one(connection, "source", source_id, include_deleted=include_deleted)


def page(connection: Connection, *, window: Window, include_deleted: bool = False, **filters: Any) -> Page:
    """Read a page of sources; ``Malformed`` for a cursor of another listing."""
    return LISTING.page(connection, window, filters, include_deleted=include_deleted)
