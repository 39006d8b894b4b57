"""Reading what claims and sections are compared by, given the entries of search that share words with a text."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.search import ClaimEntry, SectionEntry
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.words import AnchorState
from claims_api.queries.passages import place_now
from claims_api.queries.rows import AnyRow


def claims(connection: Connection, entry_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Read the claims of these entries: id, text and speaker."""
    return _CLAIMS.rows(connection, entry_ids=entry_ids)


def sections(connection: Connection, entry_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Read the sections of these entries: ``start``, in code points, its text, and its source."""
    return connection.execute(_SECTIONS, {"entry_ids": entry_ids}).all()


def linked(connection: Connection, claim_id: str) -> Sequence[AnyRow]:
    """Read which places are linked to a claim already: ``source_id``, and ``start`` and ``end`` in its newest text."""
    return connection.execute(_LINKED, {"claim_id": claim_id}).all()


_CLAIMS = db.Prepared(
    select(Claim.id, Claim.text, Claim.speaker_id, Speaker.name.label("speaker_name"))
    .select_from(ClaimEntry)
    .join(Claim, ClaimEntry.entity_id == Claim.id)
    .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
    .where(db.among(ClaimEntry.id, parameter="entry_ids"))
)
_SECTIONS = (
    select(
        Source.id.label("source_id"),
        Source.title.label("source_title"),
        SectionEntry.start,
        func.substr(SourceVersion.text, SectionEntry.start + 1, SectionEntry.end - SectionEntry.start).label("text"),
    )
    .join(SectionEntry, SectionEntry.entity_id == Source.id)
    .join(SourceVersion, (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version))
    .where(SectionEntry.id.in_(bindparam("entry_ids", expanding=True)), SectionEntry.start.is_not(None))
)
_START, _END = place_now(Passage)
_LINKED = (
    select(Passage.source_id, _START.label("start"), _END.label("end"))
    .join(Evidence, Evidence.passage_id == Passage.id)
    .where(
        Evidence.claim_id == bindparam("claim_id"),
        Evidence.deleted_at.is_(None),
        _START.is_not(None),
        Passage.anchor_state != AnchorState.ORPHANED,
    )
)
