"""Assessments: what people conclude of a claim, kept beside what follows from its evidence."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from claims_api import clock, db
from claims_api.errors import Invalid
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.words import Verdict
from claims_api.services import ledger, records, tallying
from claims_api.text import name_key

# How far the clock of a client may be ahead of ours.
SKEW = dt.timedelta(minutes=5)
_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class NewAssessment:
    """An assessment as somebody states it: by whoever sends it unless ``reviewer`` says otherwise, and now."""

    verdict: Verdict
    rating_label: str | None = None
    rating_value: float | None = None
    best_rating: float | None = None
    worst_rating: float | None = None
    explanation: str | None = None
    review_url: str | None = None
    reviewer: str | None = None
    assessed_at: dt.datetime | None = None


def create(session: Session, claim_id: str, new: NewAssessment, *, identity: str | None = None) -> Assessment:
    """Keep what a reviewer concludes of a claim; whatever the same reviewer concluded before stays beside it.

    Raises ``NotFound`` for an unknown claim, and ``Invalid`` for a rating outside its scale, a scale that is none and
    a moment that is still to come.
    """
    claim = records.live(session, Claim, claim_id)
    assessment = Assessment(id=identity, claim_id=claim.id, **columns(new, actor=ledger.actor(session)))
    if new.assessed_at is None:
        assessment.assessed_at = _behind_newest(session, assessment)
    session.add(assessment)
    tallying.recount_assessments(session, claim)
    return assessment


def columns(new: NewAssessment, *, actor: str) -> dict[str, Any]:
    """Return the columns of a new assessment's row that follow from what is stated now, without its claim.

    Raises ``Invalid`` for a rating outside its scale, a scale that is none and a moment that is still to come.
    """
    refuse_impossible_rating(new.rating_value, new.best_rating, new.worst_rating)
    reviewer = new.reviewer or actor
    return {
        "verdict": new.verdict,
        "rating_label": new.rating_label,
        "rating_value": new.rating_value,
        "best_rating": new.best_rating,
        "worst_rating": new.worst_rating,
        "explanation": new.explanation,
        "review_url": new.review_url,
        "reviewer": reviewer,
        "reviewer_key": name_key(reviewer),
        "assessed_at": _moment(new.assessed_at),
    }


def lock(session: Session, assessment_id: str) -> tuple[Claim, Assessment]:
    """Lock an assessment for a change, and its claim before it; ``NotFound`` where either is not live."""
    claim_id = records.parent(session, Assessment.claim_id, Assessment, assessment_id)
    return records.live(session, Claim, claim_id), records.live(session, Assessment, assessment_id)


def lock_kept(session: Session, assessment_id: str) -> tuple[Claim, Assessment]:
    """Lock an assessment and its claim, deleted or not; ``NotFound`` where there never was such an assessment."""
    claim_id = records.parent(session, Assessment.claim_id, Assessment, assessment_id)
    return records.kept(session, Claim, claim_id), records.kept(session, Assessment, assessment_id)


def delete(session: Session, assessment_id: str) -> None:
    """Withdraw an assessment: the one that its reviewer made before it, if any, is current again.

    Raises ``NotFound`` for an unknown assessment.
    """
    claim, assessment = lock(session, assessment_id)
    records.delete(assessment)
    tallying.recount_assessments(session, claim)


def restore(session: Session, assessment_id: str) -> Assessment:
    """Bring an assessment back; one that is there already stays as it is.

    Raises ``NotFound`` where there never was one, and ``CitesDeleted`` where its claim is deleted.
    """
    claim, assessment = lock_kept(session, assessment_id)
    if assessment.deleted_at is None:
        return assessment
    records.refuse_if_citing_deleted(session, (Claim, [claim.id]))
    records.restore(assessment)
    tallying.recount_assessments(session, claim)
    return assessment


def recount_tied(session: Session) -> None:
    """Count anew the claims on which an older program held the greater id for the later of two at one moment."""
    other = aliased(Assessment)
    same = [getattr(other, name) == getattr(Assessment, name) for name in ("claim_id", "reviewer_key", "assessed_at")]
    is_misled = and_(*same, other.id > Assessment.id, other.created_at < Assessment.created_at)
    tied = select(Assessment.claim_id).join(other, is_misled)
    tied = tied.where(Assessment.deleted_at.is_(None), other.deleted_at.is_(None))
    claims = select(Claim).where(Claim.id.in_(tied), Claim.deleted_at.is_(None)).order_by(Claim.id)
    for claim in session.scalars(db.for_update(claims)).all():
        counts = tallying.verdicts_of(session.connection(), [claim.id])[claim.id]
        if any(getattr(claim, name) != number for name, number in counts.items()):
            tallying.recount_assessments(session, claim)


def delete_all(session: Session, claim: Claim) -> None:
    """Withdraw the assessments of a claim that is being deleted."""
    for assessment in records.owned(session, Assessment, Assessment.claim_id, claim):
        records.delete(assessment)
    session.flush()


def restore_all(session: Session, claim: Claim) -> None:
    """Bring back the assessments that were withdrawn with their claim, which is still deleted."""
    for assessment in records.owned(session, Assessment, Assessment.claim_id, claim):
        records.restore(assessment)


def refuse_impossible_rating(value: float | None, best: float | None, worst: float | None) -> None:
    """Raise ``Invalid`` for a rating outside its scale, and for a scale that is none."""
    if best is not None and worst is not None and best <= worst:
        raise Invalid("`best_rating` must be above `worst_rating`.", path=("best_rating",))
    if value is not None and best is not None and value > best:
        raise Invalid("`rating_value` is above `best_rating`.", path=("rating_value",))
    if value is not None and worst is not None and value < worst:
        raise Invalid("`rating_value` is below `worst_rating`.", path=("rating_value",))


def _behind_newest(session: Session, assessment: Assessment) -> dt.datetime:
    """Return its moment, or a later one behind all of its reviewer, deleted or not, whom a clock ahead may have dated.

    Else what was just said would not be current.
    """
    same = Assessment.claim_id == assessment.claim_id, Assessment.reviewer_key == assessment.reviewer_key
    newest = session.scalar(select(func.max(Assessment.assessed_at)).where(*same))
    return assessment.assessed_at if newest is None else max(assessment.assessed_at, newest + _TICK)


def _moment(stated: dt.datetime | None) -> dt.datetime:
    """Return when it was concluded; a moment a little in the future, by a fast clock, counts as now."""
    now = clock.utcnow()
    if stated is not None and stated > now + SKEW:
        raise Invalid(f"This moment is still to come: it is {now:%Y-%m-%dT%H:%M:%SZ} here.", path=("assessed_at",))
    return now if stated is None else min(stated, now)
