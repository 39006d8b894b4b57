"""Reading evidence, each with its passage and the passage's source."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.queries import paging, rows
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.passages import PLACE
from claims_api.queries.rows import AnyRow

EVIDENCE = (
    select(
        Evidence.id,
        Evidence.claim_id,
        Evidence.stance,
        Evidence.basis,
        Evidence.group,
        Evidence.note,
        Evidence.credibility,
        Speaker.id.label("stated_by_id"),
        Speaker.name.label("stated_by_name"),
        Passage.id.label("passage_id"),
        *PLACE,
        Evidence.created_at,
        Evidence.updated_at,
        Evidence.created_by,
        Evidence.version,
    )
    .join(Passage, Passage.id == Evidence.passage_id)
    .join(Source, Source.id == Passage.source_id)
    .outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
    .outerjoin(Speaker, Speaker.id == Evidence.stated_by_id)
    .where(Evidence.deleted_at.is_(None))
)

ONE = EVIDENCE.where(Evidence.id == bindparam("id"))

OF_CLAIMS = EVIDENCE.where(Evidence.claim_id.in_(bindparam("claim_ids", expanding=True))).order_by(
    Evidence.created_at, Evidence.id
)

SORTS = paging.sorts(Evidence.id, created_at=Evidence.created_at, updated_at=Evidence.updated_at)

LISTING = Listing(
    EVIDENCE,
    SORTS,
    {
        "claim_id": Evidence.claim_id == bindparam("claim_id"),
        "passage_id": Evidence.passage_id == bindparam("passage_id"),
        "source_id": Passage.source_id == bindparam("source_id"),
        "stated_by_id": Evidence.stated_by_id == bindparam("stated_by_id"),
        "stance": Evidence.stance == bindparam("stance"),
        "basis": Evidence.basis == bindparam("basis"),
        "updated_since": Evidence.updated_at >= bindparam("updated_since"),
    },
)


def one(connection: Connection, evidence_id: str) -> AnyRow:
    """Read one link with its passage."""
    return rows.one(connection, ONE, "evidence", id=evidence_id)


def page(connection: Connection, *, window: Window, **filters: Any) -> Page:
    """Read a page of links."""
    return LISTING.page(connection, window, filters)


def of_claims(connection: Connection, claim_ids: Sequence[str]) -> Mapping[str, Sequence[AnyRow]]:
    """Read all links of these claims in one statement, oldest first, by claim."""
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(OF_CLAIMS, {"claim_ids": claim_ids}):
        found[row.claim_id].append(row)
    return found
