"""Claims: what is said to be so, by whom, with its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.errors import Duplicate, Invalid
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.speakers import Speaker
from claims_api.models.words import ClaimStatus, ClaimType
from claims_api.services import (
    assessments,
    evidence,
    ledger,
    lock_order,
    passages,
    prepared_entities,
    records,
    speakers,
    tallying,
    topics,
)
from claims_api.services.evidence import NewEvidence
from claims_api.services.speakers import LONGEST_NAME, NewSpeaker
from claims_api.text import is_seen


@dataclass(frozen=True)
class NewClaim:
    """A claim as somebody states it; ``label`` ("Kremlin: no date was set") stands for text and speaker."""

    text: str | None = None
    label: str | None = None
    speaker: NewSpeaker | None = None
    speaker_id: str | None = None
    claim_date: str | None = None
    claim_type: ClaimType | None = None
    language: str | None = None
    location: str | None = None
    status: ClaimStatus = ClaimStatus.DRAFT
    topics: list[str] = field(default_factory=list)
    first_appearance_id: str | None = None
    evidence: list[NewEvidence] = field(default_factory=list)


def create(session: Session, new: NewClaim, *, identity: str | None = None, allow_duplicate: bool = False) -> Claim:
    """Keep a new claim with its topics and evidence, all of it or nothing.

    Raises ``Invalid`` for a claim without text, for two speakers at once and for unknown ids; ``Duplicate`` where there
    is one of this text, known speaker and date, unless that is allowed; and whatever ``evidence.attach`` raises, with
    the place of the link in the input.
    """
    text, named = stated(new)
    lock_order.take(
        session,
        named=[named, *(link.stated_by for link in new.evidence)],
        filed=new.topics,
        cited=[link.source_id for link in new.evidence],
        quoted=[new.first_appearance_id, *(link.passage_id for link in new.evidence)],
    )
    speaker_id = speakers.resolve(session, named, new.speaker_id, path="speaker")
    # Without a known speaker the same words may be another claim.
    if speaker_id is not None and not allow_duplicate:
        _refuse_second(session, text, speaker_id, new.claim_date)
    joined = {
        "speaker_id": speaker_id,
        "first_appearance_id": _first_appearance(session, new.first_appearance_id),
    }
    topic_ids = topics.resolve(session, new.topics)
    if not new.evidence:
        ledger.takes_no_more_locks(session)
    claim = prepared_entities.make(session, Claim, identity=identity, text=text, **joined, **columns(new))
    if topic_ids:
        topics.file_under(session, claim, topic_ids)
    evidence.attach_all(session, claim, new.evidence)
    return claim


def update(session: Session, claim_id: str, changes: Mapping[str, Any]) -> Claim:
    """Change fields of a claim; its evidence has its own operations."""
    claim = records.live(session, Claim, claim_id)
    first_appearance_id = changes.get("first_appearance_id")
    lock_order.take(
        session, named=[changes.get("speaker")], filed=changes.get("topics", ()), quoted=[first_appearance_id]
    )
    fields = speakers.resolve_changes(session, changes, path="speaker")
    names = fields.pop("topics", None)
    _first_appearance(session, fields.get("first_appearance_id"))
    is_refiled = names is not None and topics.file_under(session, claim, topics.resolve(session, names))
    ledger.takes_no_more_locks(session)
    prepared_entities.change(session, claim, fields, anyway=is_refiled)
    return claim


def delete(session: Session, claim_id: str) -> None:
    """Delete a claim, and its links and assessments with it; passages and sources stay."""
    claim = records.live(session, Claim, claim_id)
    evidence.delete_all(session, claim)
    assessments.delete_all(session, claim)
    records.delete(claim)


def restore(session: Session, claim_id: str) -> Claim:
    """Bring a claim back, with the links and assessments that were deleted with it; one that is there stays as it is.

    Raises ``CitesDeleted`` where a speaker or a passage that it needs is deleted. Its topics come back with it, or
    those that have their names by now; a merged speaker is replaced by the one into whom they were merged.
    """
    claim = records.kept(session, Claim, claim_id)
    if claim.deleted_at is None:
        return claim
    # With what its links cite, so that all locks are taken in one order.
    links = evidence.deleted_with(session, claim)
    lock_order.take(
        session,
        renewed=[claim.speaker_id, *(link.stated_by_id for link in links)],
        filed=topics.names_of(session, claim),
        quoted=[claim.first_appearance_id, *(link.passage_id for link in links)],
    )
    speaker_id = speakers.standing_for(session, claim.speaker_id)
    first_appearance_id = claim.first_appearance_id and passages.standing_for(session, claim.first_appearance_id)
    records.refuse_if_citing_deleted(session, (Speaker, [speaker_id]), (Passage, [first_appearance_id]))
    # Its links first: they are found by its ``deleted_at``, which is about to change.
    evidence.restore_all(session, claim)
    assessments.restore_all(session, claim)
    # Two of them may rest on one origin by now.
    tallying.count(session, [claim])
    verdicts = tallying.verdicts_of(session.connection(), [claim.id])[claim.id]
    records.update(claim, {"speaker_id": speaker_id, "first_appearance_id": first_appearance_id, **verdicts})
    records.restore(claim)
    topics.bring_back(session, claim)
    return claim


def _refuse_second(session: Session, text: str, speaker_id: str, claim_date: str | None) -> None:
    db.lock_name(session, f"claim {text}")
    existing = _SAME.first(session.connection(), text=text, speaker_id=speaker_id, claim_date=claim_date)
    if existing is not None:
        raise Duplicate(
            "This claim of this speaker and date is there already. Use that one, or say `allow_duplicate=true`.",
            path=("text",),
            existing={"id": existing.id},
        )


_SAME = db.Prepared(
    select(Claim.id)
    .where(
        Claim.text == bindparam("text"),
        # A speaker has many claims, and many have no date: those indexes would be poor choices.
        db.unindexed(Claim.speaker_id) == bindparam("speaker_id"),
        db.unindexed(Claim.claim_date).is_not_distinct_from(bindparam("claim_date")),
        Claim.deleted_at.is_(None),
    )
    .order_by(Claim.id)
    .limit(literal_column("1"))
)


def columns(new: NewClaim) -> dict[str, Any]:
    """Return what a claim's row says of what is stated, but for its text and what it refers to."""
    return {
        "claim_date": new.claim_date,
        "claim_type": new.claim_type,
        "language": new.language,
        "location": new.location,
        "status": new.status,
    }


def stated(new: NewClaim) -> tuple[str, NewSpeaker | None]:
    """Return a claim's text and the speaker by name, if given; ``Invalid`` unless it has either a text or a label."""
    if new.label is None:
        if new.text is None:
            raise Invalid("Give `text`, or `label`.", path=("text",))
        return new.text, new.speaker
    if new.text is not None or new.speaker is not None or new.speaker_id is not None:
        raise Invalid("`label` stands for text and speaker: give it alone, or leave it out.", path=("label",))
    return _split(new.label)


def _split(label: str) -> tuple[str, NewSpeaker | None]:
    name, colon, text = label.partition(":")
    if not colon:
        return label, None
    if not is_seen(name) or not is_seen(text):
        raise Invalid("A label reads `speaker: text`, with something on both sides of its colon.", path=("label",))
    if len(name.strip()) > LONGEST_NAME:
        raise Invalid(f"The name before the colon may have at most {LONGEST_NAME} characters.", path=("label",))
    return text.strip(), NewSpeaker(name.strip())


def _first_appearance(session: Session, identity: str | None) -> str | None:
    if identity is None:
        return None
    return records.referred(session, Passage, identity, path=("first_appearance_id",))
