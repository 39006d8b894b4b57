"""Reading evidence, each with its passage and the passage's source."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.words import Basis, Stance
from claims_api.queries import paging, rows
from claims_api.queries.paging import Page, Window
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

SORTS = paging.sorts(Evidence.id, created_at=Evidence.created_at, updated_at=Evidence.updated_at)


def one(connection: Connection, evidence_id: str) -> AnyRow:
    """Read one link with its passage."""
    return rows.one(connection, EVIDENCE.where(Evidence.id == evidence_id), "evidence")


def page(
    connection: Connection,
    *,
    window: Window,
    claim_id: str | None = None,
    passage_id: str | None = None,
    source_id: str | None = None,
    stated_by_id: str | None = None,
    stance: Stance | None = None,
    basis: Basis | None = None,
    updated_since: dt.datetime | None = None,
) -> Page:
    """Read a page of links."""
    statement = rows.narrowed(
        EVIDENCE,
        rows.equals(Evidence.claim_id, claim_id),
        rows.equals(Evidence.passage_id, passage_id),
        rows.equals(Passage.source_id, source_id),
        rows.equals(Evidence.stated_by_id, stated_by_id),
        rows.equals(Evidence.stance, stance),
        rows.equals(Evidence.basis, basis),
        rows.since(Evidence.updated_at, updated_since),
    )
    return paging.page(connection, statement, SORTS, window)


def of_claims(connection: Connection, claim_ids: Sequence[str]) -> Mapping[str, Sequence[AnyRow]]:
    """Read all links of these claims in one statement, oldest first, by claim."""
    statement = EVIDENCE.where(Evidence.claim_id.in_(claim_ids)).order_by(Evidence.created_at, Evidence.id)
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(statement):
        found[row.claim_id].append(row)
    return found
