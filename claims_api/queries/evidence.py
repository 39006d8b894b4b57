"""Reading evidence, each with its passage and the passage's source."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.queries import paging
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.passages import place
from claims_api.queries.rows import AnyRow, AnySelect, together


def rows(tables: Tables) -> AnySelect:
    """Select links as every answer shows them."""
    link, speaker, passage, source = tables.evidence, tables.speaker, tables.passage, tables.source
    return (
        select(
            link.id,
            link.claim_id,
            link.stance,
            link.basis,
            link.group,
            link.note,
            link.credibility,
            speaker.id.label("stated_by_id"),
            speaker.name.label("stated_by_name"),
            passage.id.label("passage_id"),
            *place(tables),
            link.created_at,
            link.updated_at,
            link.created_by,
            link.version,
            link.deleted_at,
        )
        .join(passage, passage.id == link.passage_id)
        .join(source, source.id == passage.source_id)
        .outerjoin(SourceVersion, SourceVersion.id == passage.source_version_id)
        .outerjoin(speaker, speaker.id == link.stated_by_id)
    )


def one(
    connection: Connection, evidence_id: str, *, as_of: dt.datetime | None = None, include_deleted: bool = False
) -> AnyRow:
    """Read one link with its passage, as it is or as it was at a moment; ``NotFound`` where there is none."""
    return _LISTING.at(as_of).one(connection, "evidence", evidence_id, include_deleted=include_deleted, as_of=as_of)


def page(
    connection: Connection,
    *,
    window: Window,
    as_of: dt.datetime | None = None,
    include_deleted: bool = False,
    **filters: Any,
) -> Page:
    """Read a page of links, as they are or as they were at a moment; ``Malformed`` for a cursor of another listing."""
    return _LISTING.at(as_of).page(connection, window, filters, include_deleted=include_deleted, as_of=as_of)


def of_claim(tables: Tables) -> ColumnElement[Any]:
    """Return a column for statements that read claims: all links of the claim, oldest first.

    Of a claim that was deleted, those that were deleted with it.
    """
    claim, link = tables.claim, tables.evidence
    of_it = rows(tables).where(link.claim_id == claim.id, together(claim, link)).correlate(claim)
    return db.nested(of_it, by=("created_at", "id"))


def upon(connection: Connection, source_id: str) -> Mapping[str, Sequence[AnyRow]]:
    """Read all links on passages of a source, by passage, oldest first, with columns that name their claims."""
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in db.fetched(connection, _UPON, {"source_id": source_id}):
        found[row.passage_id].append(row)
    return found


def _listing(tables: Tables) -> Listing:
    link = tables.evidence
    sorts = paging.sorts(link.id, created_at=link.created_at, updated_at=link.updated_at)
    return Listing(rows(tables), sorts, _filters(tables), live=link.deleted_at.is_(None))


def _filters(tables: Tables) -> dict[str, ColumnElement[bool]]:
    link = tables.evidence
    return {
        "claim_id": link.claim_id == bindparam("claim_id"),
        "passage_id": link.passage_id == bindparam("passage_id"),
        "source_id": tables.passage.source_id == bindparam("source_id"),
        "stated_by_id": link.stated_by_id == bindparam("stated_by_id"),
        "stance": link.stance == bindparam("stance"),
        "basis": link.basis == bindparam("basis"),
        "updated_since": link.updated_at >= bindparam("updated_since"),
    }


_UPON = (
    select(
        Evidence.id,
        Evidence.passage_id,
        Evidence.stance,
        Evidence.basis,
        Claim.id.label("claim_id"),
        Claim.text,
        Speaker.name.label("speaker_name"),
    )
    .join(Passage, Passage.id == Evidence.passage_id)
    .join(Claim, Claim.id == Evidence.claim_id)
    .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
    .where(Passage.source_id == bindparam("source_id"), Evidence.deleted_at.is_(None), Claim.deleted_at.is_(None))
    .order_by(Evidence.created_at, Evidence.id)
)
_LISTING = InTime(_listing)
SORTS = _LISTING.now.orders
