"""Bring keys of names up to date that ``text.name_key`` made by other rules (docs/adr/0048).

What is deleted is left alone: it gets its keys when it is restored.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.logs import log
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import Topic
from claims_api.services import prepared_entities, records, speakers, tallying
from claims_api.text import name_key


def complete(session: Session) -> int:
    """Recompute the keys of all live names; return how many entities have other ones now.

    It reads every name once. A topic whose new key another one has is left as it is, and the log names both.
    """
    # Claims are locked before names, as everywhere.
    changed = _of_reviewers(session)
    db.lock_name(session, db.NAMES)
    return changed + _of_topics(session) + _of_speakers(session)


def _of_reviewers(session: Session) -> int:
    live = Assessment.deleted_at.is_(None)
    known = session.execute(select(Assessment.reviewer, Assessment.reviewer_key).where(live).distinct()).all()
    behind = sorted({row.reviewer_key for row in known if name_key(row.reviewer) != row.reviewer_key})
    theirs = select(Assessment.claim_id).distinct()
    concerned = {
        each
        for keys in db.batches(behind)
        for each in session.scalars(theirs.where(live, Assessment.reviewer_key.in_(keys)))
    }
    return sum(_of_claims(session, claim_ids) for claim_ids in db.batches(sorted(concerned)))


def _of_claims(session: Session, claim_ids: Sequence[str]) -> int:
    claims = session.scalars(db.for_update(select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id))).all()
    theirs = select(Assessment).where(Assessment.claim_id.in_(claim_ids), Assessment.deleted_at.is_(None))
    changed = 0
    for assessment in session.scalars(db.for_update(theirs.order_by(Assessment.id))).all():
        key = name_key(assessment.reviewer)
        changed += assessment.reviewer_key != key
        records.update(assessment, {"reviewer_key": key})
    tallying.count_verdicts(session, claims)
    return changed


def _of_topics(session: Session) -> int:
    behind = list(_topics_behind(session))
    for batch in db.batches(sorted(behind)):
        for topic in session.scalars(db.for_update(select(Topic).where(Topic.id.in_(batch)).order_by(Topic.id))).all():
            records.update(topic, {"key": name_key(topic.name)})
        session.flush()
    return len(behind)


def _topics_behind(session: Session) -> Iterator[str]:
    """Yield the ids of the live topics that get another key, the eldest first."""
    live = select(Topic.id, Topic.name, Topic.key).where(Topic.deleted_at.is_(None))
    rows = session.execute(live.order_by(Topic.created_at, Topic.id)).all()
    holders = {row.key: row.id for row in rows}
    for row in rows:
        key = name_key(row.name)
        holder = holders.setdefault(key, row.id)
        if holder != row.id:
            log.warning("a topic has no longer its name, which another one has", id=row.id, name=row.name, has=holder)
        elif key != row.key:
            yield row.id


def _of_speakers(session: Session) -> int:
    behind = _speakers_behind(session)
    for batch in db.batches(sorted(behind)):
        chosen = select(Speaker).where(Speaker.id.in_(batch)).order_by(Speaker.id)
        for speaker in session.scalars(db.for_update(chosen)).all():
            prepared_entities.change(session, speaker, {}, anyway=True)
            speakers.index_names(session, speaker)
    return len(behind)


def _speakers_behind(session: Session) -> list[str]:
    """Return the ids of the live speakers who get other keys: of namesakes, whom a name then means is asked."""
    live, kept = Speaker.deleted_at.is_(None), defaultdict[str, list[str]](list)
    for row in session.execute(select(SpeakerName.speaker_id, SpeakerName.key)):
        kept[row.speaker_id].append(row.key)
    named = session.execute(select(Speaker.id, Speaker.name, Speaker.aliases).where(live))
    return [row.id for row in named if sorted(kept[row.id]) != speakers.keys_of(row.name, row.aliases)]
