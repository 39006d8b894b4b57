"""Evidence: links that set a passage for or against a claim."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session, aliased

from claims_api import db
from claims_api.errors import Duplicate, Invalid, Path, within
from claims_api.models.base import Recorded
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.speakers import Speaker
from claims_api.models.words import STANDING, Basis, Stance
from claims_api.queries.passages import place_now
from claims_api.queries.rows import AnyRow
from claims_api.services import ledger, lock_order, passages, prepared_entities, records, speakers, tallying
from claims_api.services.anchoring import Quote
from claims_api.services.speakers import NewSpeaker


@dataclass(frozen=True)
class NewEvidence:
    """A link as somebody states it: to a passage by its id, or to a source by a quote and/or offsets."""

    stance: Stance
    basis: Basis = Basis.CONTENT
    passage_id: str | None = None
    source_id: str | None = None
    quote: Quote = field(default_factory=Quote)
    stated_by: NewSpeaker | None = None
    stated_by_id: str | None = None
    group: str | None = None
    note: str | None = None
    credibility: int | None = None
    identity: str | None = None


def attach(session: Session, claim_id: str, new: NewEvidence) -> Evidence:
    """Set a passage for or against a claim; a quote must be found in its source.

    Raises ``NotFound`` for an unknown claim, what ``anchoring.anchor`` raises, ``Duplicate`` where the claim and
    the passage are linked already, and ``Invalid`` for unknown ids.
    """
    claim = records.live(session, Claim, claim_id)
    lock_order.take(session, named=[new.stated_by], cited=[new.source_id], quoted=[new.passage_id])
    joined = _joined(session, claim, new, is_last=True)
    ledger.takes_no_more_locks(session)
    link = prepared_entities.make(session, Evidence, identity=new.identity, **joined)
    tallying.recount(session, claim)
    return link


def attach_all(session: Session, claim: Claim, new: Sequence[NewEvidence]) -> None:
    """Give a new claim its evidence; a failure names which link it was."""
    for index, each in enumerate(new):
        with within("evidence", index):
            _first_link(session, claim, each)
    if new:
        tallying.recount(session, claim)


def lock(session: Session, evidence_id: str) -> tuple[Claim, Evidence]:
    """Lock a link for a change, and its claim before it, as everywhere."""
    claim_id = records.parent(session, Evidence.claim_id, Evidence, evidence_id)
    return records.live(session, Claim, claim_id), records.live(session, Evidence, evidence_id)


def lock_kept(session: Session, evidence_id: str) -> tuple[Claim, Evidence]:
    """Lock a link and its claim, deleted or not."""
    claim_id = records.parent(session, Evidence.claim_id, Evidence, evidence_id)
    return records.kept(session, Claim, claim_id), records.kept(session, Evidence, evidence_id)


def update(session: Session, evidence_id: str, changes: Mapping[str, Any]) -> Evidence:
    """Change what is said of a link; which claim and which passage it joins stays."""
    claim, link = lock(session, evidence_id)
    fields = speakers.resolve_changes(session, changes, path="stated_by")
    ledger.takes_no_more_locks(session)
    if prepared_entities.change(session, link, fields):
        tallying.recount(session, claim)
    return link


def delete(session: Session, evidence_id: str) -> None:
    """Take a link away; the claim is counted anew, the passage stays."""
    claim, link = lock(session, evidence_id)
    records.delete(link)
    tallying.recount(session, claim)


def restore(session: Session, evidence_id: str) -> Evidence:
    """Bring a link back; one that is there already stays as it is.

    Raises ``CitesDeleted`` where its claim, its passage or its speaker is deleted, and ``Duplicate`` where claim and
    passage were linked anew.
    """
    claim, link = lock_kept(session, evidence_id)
    if link.deleted_at is None:
        return link
    lock_order.take(session, renewed=[link.stated_by_id], quoted=[link.passage_id])
    _renew(session, link)
    records.refuse_if_citing_deleted(session, (Claim, [link.claim_id]), *_cited([link]))
    _refuse_second_link(session, _SAME, claim.id, link.passage_id)
    records.restore(link)
    tallying.recount(session, claim)
    return link


def delete_all(session: Session, claim: Claim) -> None:
    """Take away the links of a claim that is being deleted."""
    for link in records.owned(session, Evidence, Evidence.claim_id, claim):
        records.delete(link)
    session.flush()


def deleted_with(session: Session, claim: Claim) -> Sequence[AnyRow]:
    """Read what the links cite that were deleted with their claim, which is still deleted; they are not locked."""
    together = Evidence.claim_id == claim.id, Evidence.deleted_at == claim.deleted_at
    return session.execute(select(Evidence.passage_id, Evidence.stated_by_id).where(*together)).all()


def restore_all(session: Session, claim: Claim) -> None:
    """Bring back the links that were deleted with their claim, which is still deleted.

    The caller has locked what those ``deleted_with`` it cite.
    """
    links = records.owned(session, Evidence, Evidence.claim_id, claim)
    for link in links:
        _renew(session, link)
    records.refuse_if_citing_deleted(session, *_cited(links))
    for link in links:
        records.restore(link)


def _renew(session: Session, link: Evidence) -> None:
    """Point a link that is being restored to what has replaced its passage and its speaker meanwhile."""
    link.passage_id = passages.standing_for(session, link.passage_id)
    link.stated_by_id = speakers.standing_for(session, link.stated_by_id)


def _cited(links: Iterable[Evidence]) -> list[tuple[type[Recorded], list[str | None]]]:
    return [(Passage, [link.passage_id for link in links]), (Speaker, [link.stated_by_id for link in links])]


def _first_link(session: Session, claim: Claim, new: NewEvidence) -> None:
    try:
        joined = _joined(session, claim, new)
    except Duplicate as duplicate:
        # The other link is in the same input, so it has no id that could be told.
        raise Invalid("Another link of this claim names the same passage.", path=duplicate.path) from None
    prepared_entities.make(session, Evidence, identity=new.identity, **joined)


def _joined(session: Session, claim: Claim, new: NewEvidence, *, is_last: bool = False) -> dict[str, Any]:
    """Check and lock all that a link refers to, and return the columns of its row."""
    stated_by_id = speakers.resolve(session, new.stated_by, new.stated_by_id, path="stated_by")
    found = _passage(session, new, is_last=is_last)
    if not found.is_new or found.has_older:
        _refuse_second_link(session, _SAME_WORDS, claim.id, found.id, path=(_place_in(new),))
    return {"claim_id": claim.id, "passage_id": found.id, "stated_by_id": stated_by_id, **columns(new)}


def _place_in(new: NewEvidence) -> str:
    """Return the field that says which passage is meant."""
    if new.passage_id is not None:
        return "passage_id"
    return "start" if new.quote.exact is None else "exact"


def columns(new: NewEvidence) -> dict[str, Any]:
    """Return what a link's row says of what is stated, but for what it joins and who says it."""
    return {
        "stance": new.stance,
        "basis": new.basis,
        "group": new.group,
        "note": new.note,
        "credibility": new.credibility,
    }


def _passage(session: Session, new: NewEvidence, *, is_last: bool) -> passages.Found:
    """Return a link's passage, which a quote makes where there is none yet."""
    if (new.passage_id is None) == (new.source_id is None):
        raise Invalid("Give either `passage_id`, or `source_id` with a quote.", path=("passage_id",))
    if new.source_id is not None:
        return passages.find_or_create(session, source_id=new.source_id, quote=new.quote, is_last=is_last)
    if new.quote != Quote():
        raise Invalid("A quote goes with `source_id`; the passage has its own.", path=("passage_id",))
    passage_id = records.referred(session, Passage, str(new.passage_id), path=("passage_id",))
    return passages.Found(passage_id, is_new=False, has_older=True)


def _refuse_second_link(
    session: Session, links: db.Prepared, claim_id: str, passage_id: str, *, path: Path | None = None
) -> None:
    session.flush()
    existing = links.first(session.connection(), claim_id=claim_id, passage_id=passage_id)
    if existing is not None:
        raise Duplicate(
            "This claim and this passage are linked already: change that link instead.",
            path=path,
            existing={"id": existing.id},
        )


_OF_CLAIM = select(Evidence.id).where(Evidence.claim_id == bindparam("claim_id"), Evidence.deleted_at.is_(None))
_SAME = db.Prepared(_OF_CLAIM.where(Evidence.passage_id == bindparam("passage_id")))
_MEANT = aliased(Passage)
# Also of a passage that was quoted from another text, where its words stand as quoted at the same place of the newest.
_SAME_WORDS = db.Prepared(
    _OF_CLAIM.join(Passage, Passage.id == Evidence.passage_id)
    .join(_MEANT, _MEANT.source_id == Passage.source_id)
    .where(
        _MEANT.id == bindparam("passage_id"),
        (Passage.id == _MEANT.id)
        | (tuple_(*place_now(Passage)) == tuple_(*place_now(_MEANT)))
        & Passage.anchor_state.in_(STANDING)
        & _MEANT.anchor_state.in_(STANDING),
    )
)
