"""Reading sources and the versions of their text."""

import datetime as dt

from sqlalchemy import Connection, and_, func, select

from claims_api.models.sources import Source, SourceVersion
from claims_api.models.words import Reliability, SourceType
from claims_api.queries import paging, rows
from claims_api.queries.paging import Page, Window
from claims_api.queries.rows import AnyRow

SOURCES = (
    select(
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
    )
    .outerjoin(
        SourceVersion,
        and_(SourceVersion.source_id == Source.id, SourceVersion.number == Source.current_version),
    )
    .where(Source.deleted_at.is_(None))
)

VERSIONS = (
    select(
        SourceVersion.id,
        SourceVersion.source_id,
        SourceVersion.number,
        SourceVersion.sha256,
        SourceVersion.length,
        SourceVersion.retrieved_at,
        SourceVersion.created_at,
        SourceVersion.created_by,
    )
    .join(Source, Source.id == SourceVersion.source_id)
    .where(Source.deleted_at.is_(None))
)

SORTS = paging.sorts(
    Source.id,
    created_at=Source.created_at,
    updated_at=Source.updated_at,
    title=Source.title,
    published_at=func.coalesce(Source.published_at, ""),
)

VERSION_SORTS = paging.sorts(SourceVersion.id, created_at=SourceVersion.created_at, number=SourceVersion.number)


def one(connection: Connection, source_id: str) -> AnyRow:
    """Read one source, without its text."""
    return rows.one(connection, SOURCES.where(Source.id == source_id), "source")


def page(
    connection: Connection,
    *,
    window: Window,
    url: str | None = None,
    publisher: str | None = None,
    type: SourceType | None = None,  # the field's name
    language: str | None = None,
    reliability: Reliability | None = None,
    updated_since: dt.datetime | None = None,
) -> Page:
    """Read a page of sources."""
    statement = rows.narrowed(
        SOURCES,
        rows.equals(Source.url, url),
        rows.equals(Source.publisher, publisher),
        rows.equals(Source.type, type),
        rows.equals(Source.language, language),
        rows.equals(Source.reliability, reliability),
        rows.since(Source.updated_at, updated_since),
    )
    return paging.page(connection, statement, SORTS, window)


def version(connection: Connection, source_id: str, number: int) -> AnyRow:
    """Read one version of a source, with its text."""
    statement = VERSIONS.add_columns(SourceVersion.text).where(
        SourceVersion.source_id == source_id, SourceVersion.number == number
    )
    return rows.one(connection, statement, "version of this source")


def versions(connection: Connection, source_id: str, *, window: Window) -> Page:
    """Read a page of the versions of a source, without their text."""
    one(connection, source_id)
    statement = VERSIONS.where(SourceVersion.source_id == source_id)
    return paging.page(connection, statement, VERSION_SORTS, window)
