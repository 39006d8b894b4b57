"""Reading the versions of the texts of sources."""

from sqlalchemy import Connection, bindparam, select

from claims_api.models.sources import Source, SourceVersion
from claims_api.queries import paging, rows, sources
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow

VERSIONS = select(
    SourceVersion.id,
    SourceVersion.source_id,
    SourceVersion.number,
    SourceVersion.sha256,
    SourceVersion.length,
    SourceVersion.content_type,
    SourceVersion.given_sha256,
    SourceVersion.retrieved_at,
    SourceVersion.created_at,
    SourceVersion.created_by,
).join(Source, Source.id == SourceVersion.source_id)

_ONE = VERSIONS.add_columns(SourceVersion.text).where(
    sources.LIVE, SourceVersion.source_id == bindparam("source_id"), SourceVersion.number == bindparam("number")
)

SORTS = paging.sorts(SourceVersion.id, created_at=SourceVersion.created_at, number=SourceVersion.number)

LISTING = Listing(VERSIONS, SORTS, {"source_id": SourceVersion.source_id == bindparam("source_id")}, live=sources.LIVE)


def one(connection: Connection, source_id: str, number: int) -> AnyRow:
    """Read one version of a live source, with its text; ``NotFound`` where there is none."""
    return rows.one(connection, _ONE, "version of this source", source_id=source_id, number=number)


def page(connection: Connection, source_id: str, *, window: Window) -> Page:
    """Read a page of the versions of a source, without their text.

    Raises ``NotFound`` for an unknown source, and ``Malformed`` for a cursor of another listing.
    """
    sources.one(connection, source_id)
    return LISTING.page(connection, window, {"source_id": source_id})
