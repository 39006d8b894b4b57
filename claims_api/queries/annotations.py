"""Reading evidence with all that an annotation says of it: its claim, its source, and the text that was quoted."""

from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import aliased

from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.queries import evidence
from claims_api.queries.moments import NOW
from claims_api.queries.rows import AnyRow, AnySelect
from claims_api.queries.rows import one as one_row

_SAYING = aliased(Speaker)
# The evidence's own rows know the speaker whom a link names; a claim has one of its own.
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
_ONE = LINKS.where(Evidence.id == bindparam("evidence_id"), Evidence.deleted_at.is_(None))


def one(connection: Connection, evidence_id: str) -> AnyRow:
    """Read one link."""
    return one_row(connection, _ONE, "evidence", evidence_id=evidence_id)
