"""Reading evidence with all that an annotation says of it: its claim, its source, and the text that was quoted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam
from sqlalchemy.orm import aliased

from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.queries import claims, evidence
from claims_api.queries.moments import NOW
from claims_api.queries.rows import AnyRow, AnySelect, by_id
from claims_api.queries.rows import one as one_row

_SAYING = aliased(Speaker)
# ``evidence.rows`` joins the speaker that a link names; this alias is the claim's speaker.
LINKS: AnySelect = (
    evidence.rows(NOW)
    .add_columns(
        Speaker.kind.label("stated_by_kind"),
        Source.archived_url.label("source_archived_url"),
        Source.language.label("source_language"),
        SourceVersion.retrieved_at.label("source_retrieved_at"),
        Claim.text.label("claim_text"),
        Claim.claim_date,
        Claim.language.label("claim_language"),
        _SAYING.name.label("claim_speaker_name"),
        _SAYING.kind.label("claim_speaker_kind"),
    )
    .join(Claim, Claim.id == Evidence.claim_id)
    .outerjoin(_SAYING, _SAYING.id == Claim.speaker_id)
)
_NOTHING: Mapping[str, Any] = {}
_ONE = LINKS.where(Evidence.id == bindparam("evidence_id"), Evidence.deleted_at.is_(None))


def one(connection: Connection, evidence_id: str) -> AnyRow:
    """Read one link that is not deleted; ``NotFound`` where there is none."""
    return one_row(connection, _ONE, "evidence", evidence_id=evidence_id)


def links(
    connection: Connection, conditions: Sequence[ColumnElement[bool]] = (), values: Mapping[str, Any] = _NOTHING
) -> Iterator[Sequence[AnyRow]]:
    """Yield the links of claims in batches, by id; ``conditions`` of ``claims.FILTERS`` narrow the claims.

    ``values`` are those of the conditions' parameters.
    """
    of_these = [Evidence.claim_id.in_(claims.meeting(conditions))] if conditions else []
    return by_id(connection, LINKS.where(Evidence.deleted_at.is_(None), *of_these), Evidence.id, values)
