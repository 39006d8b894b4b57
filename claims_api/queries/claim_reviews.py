"""Reading claims as fact-checkers publish them: with who claims it, and the sources where it appeared."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, literal, select, union

from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.speakers import Speaker
from claims_api.models.words import Basis, Stance
from claims_api.queries import assessments, claims
from claims_api.queries.assessments import NOUGHT
from claims_api.queries.moments import NOW
from claims_api.queries.rows import AnyRow, AnySelect, by_id
from claims_api.queries.rows import one as one_row

CLAIMS: AnySelect = claims.shown(NOW).add_columns(
    Speaker.job_title.label("speaker_job_title"), Speaker.same_as.label("speaker_same_as")
)
_NOTHING: Mapping[str, Any] = {}
_ONE = CLAIMS.where(Claim.id == bindparam("claim_id"), Claim.deleted_at.is_(None))
_IDS: BindParameter[str] = bindparam("claim_ids", expanding=True)


def one(connection: Connection, claim_id: str) -> AnyRow:
    """Read one live claim with what is known of its speaker; ``NotFound`` where there is none."""
    return one_row(connection, _ONE, "claim", claim_id=claim_id)


def assessed(
    connection: Connection, conditions: Sequence[ColumnElement[bool]] = (), values: Mapping[str, Any] = _NOTHING
) -> Iterator[Sequence[AnyRow]]:
    """Yield the claims with a current assessment, narrowed by conditions of ``claims.FILTERS``, in batches, by id.

    ``values`` are those of the conditions' parameters.
    """
    narrowed = CLAIMS.where(Claim.id.in_(claims.meeting([*conditions, assessments.assessed(Claim) > NOUGHT])))
    return by_id(connection, narrowed, Claim.id, values)


def appearances(connection: Connection, claim_ids: Sequence[str]) -> Mapping[str, Sequence[AnyRow]]:
    """Read in one statement the sources in which these claims appeared, by claim, the first appearance first.

    Those are the source of its first appearance, and those that say it was said, by a link with the basis
    ``attribution`` that does not contradict.
    """
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_APPEARANCES, {"claim_ids": claim_ids}):
        found[row.claim_id].append(row)
    return found


def _appearances() -> AnySelect:
    first = select(Claim.id.label("claim_id"), Passage.source_id, literal(0).label("later")).where(
        Passage.id == Claim.first_appearance_id, Claim.id.in_(_IDS)
    )
    said = select(Evidence.claim_id, Passage.source_id, literal(1)).where(
        Passage.id == Evidence.passage_id,
        Evidence.claim_id.in_(_IDS),
        Evidence.deleted_at.is_(None),
        Evidence.basis == Basis.ATTRIBUTION,
        Evidence.stance != Stance.CONTRADICTS,
    )
    both = union(first, said).subquery()
    return (
        select(
            both.c.claim_id,
            both.c.later,
            Source.id,
            Source.url,
            Source.title,
            Source.publisher,
            Source.published_at,
        )
        .join(Source, Source.id == both.c.source_id)
        .order_by(both.c.claim_id, both.c.later, Source.id)
    )


_APPEARANCES = _appearances()
