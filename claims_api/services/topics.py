"""Topics: each kept once, whatever the case and spacing of its name."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.errors import Duplicate, Path
from claims_api.models.claims import Claim
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.services import ledger, records
from claims_api.text import name_key


@dataclass(frozen=True)
class NewTopic:
    """A topic as a dossier or an import states it; its name is its key."""

    name: str
    description: str | None = None


def create(session: Session, *, name: str, description: str | None = None, identity: str | None = None) -> Topic:
    """Keep a new topic; ``Duplicate`` where there is one of this name."""
    db.lock_name(session, db.NAMES)
    _refuse_duplicate(session, name)
    return _add(session, name=name, description=description, identity=identity)


def lock(session: Session, topic_id: str) -> Topic:
    """Lock a live topic for a change, and names before it, as everywhere; ``NotFound`` where there is none."""
    db.lock_name(session, db.NAMES)
    return records.live(session, Topic, topic_id)


def lock_kept(session: Session, topic_id: str) -> Topic:
    """Lock a topic for a change, deleted or not, and names before it; ``NotFound`` where there never was one."""
    db.lock_name(session, db.NAMES)
    return records.kept(session, Topic, topic_id)


def update(session: Session, topic_id: str, changes: Mapping[str, Any]) -> Topic:
    """Change fields of a topic; ``NotFound`` for an unknown one, and ``Duplicate`` where the new name is another's."""
    if "name" in changes:
        db.lock_name(session, db.NAMES)
    topic = records.live(session, Topic, topic_id)
    name = changes.get("name", topic.name)
    if name_key(name) != topic.key:
        _refuse_duplicate(session, name)
    records.update(topic, {**changes, "key": name_key(name)})
    session.flush()
    return topic


def delete(session: Session, topic_id: str) -> None:
    """Delete a topic; ``NotFound`` for an unknown one, and ``InUse`` where live claims are filed under it."""
    topic = records.live(session, Topic, topic_id)
    filed = select(Claim.id).join(ClaimTopic, ClaimTopic.claim_id == Claim.id)
    records.refuse_if_cited(session, claim=filed.where(ClaimTopic.topic_id == topic_id, Claim.deleted_at.is_(None)))
    records.delete(topic)


def restore(session: Session, topic_id: str) -> Topic:
    """Bring a topic back; one that is there already stays as it is.

    Raises ``NotFound`` where there never was one, and ``Duplicate`` where there is another of its name by now.
    """
    topic = lock_kept(session, topic_id)
    if topic.deleted_at is not None:
        _refuse_duplicate(session, topic.name, path=None)
        records.restore(topic)
    return topic


def names_of(session: Session, claim: Claim) -> list[str]:
    """Return the names of the topics that a claim is filed under, deleted ones too, sorted."""
    return sorted(topic.name for topic in _of(session, claim))


def bring_back(session: Session, claim: Claim) -> None:
    """File a claim that is being restored under the topics it had.

    One that was deleted comes back, unless there is another of its name by now, which then takes its place.
    """
    filed = _of(session, claim)
    for topic in filed:
        if topic.deleted_at is not None and named(session, topic.name) is None:
            records.restore(topic)
            session.flush()
    file_under(session, claim, resolve(session, [topic.name for topic in filed]))


def _of(session: Session, claim: Claim) -> list[Topic]:
    joined = select(Topic).join(ClaimTopic, ClaimTopic.topic_id == Topic.id)
    return list(session.scalars(joined.where(ClaimTopic.claim_id == claim.id).order_by(Topic.id)))


def resolve(session: Session, names: Iterable[str]) -> set[str]:
    """Return the ids of the topics of these names, making those that are new."""
    return {_find_or_create(session, name) for name in names}


def file_under(session: Session, claim: Claim, wanted: Set[str]) -> bool:
    """File a claim under exactly the topics with these ids; tell whether anything changed."""
    session.flush()
    connection = session.connection()
    present = {row.topic_id for row in _FILED.rows(connection, claim_id=claim.id)}
    if present - wanted:
        _UNFILING.run(connection, {"claim_id": claim.id, "ids": sorted(present - wanted)})
    if wanted - present:
        _FILING.run(connection, *({"claim_id": claim.id, "topic_id": each} for each in sorted(wanted - present)))
        ledger.note_filed(session)
    return wanted != present


def _find_or_create(session: Session, name: str) -> str:
    found = named(session, name)
    if found is None:
        # Look again under the lock: another transaction may have made it meanwhile.
        db.lock_name(session, db.NAMES)
        found = named(session, name)
    return found or _add(session, name=name).id


def _add(session: Session, *, name: str, description: str | None = None, identity: str | None = None) -> Topic:
    topic = Topic(id=identity, **columns(name, description))
    session.add(topic)
    session.flush()
    return topic


def columns(name: str, description: str | None = None) -> dict[str, Any]:
    """Return the columns of a new topic's row, with the ``text.name_key`` of its name."""
    return {"name": name, "key": name_key(name), "description": description}


def is_named(session: Session, name: str) -> bool:
    """Tell whether there is a topic of this name just now, without locking."""
    session.flush()
    return _NAMED.first(session.connection(), key=name_key(name)) is not None


def named(session: Session, name: str) -> str | None:
    """Return the id of the live topic of this name, in any case and spacing, locked FOR SHARE; None without one."""
    session.flush()
    found = _NAMED_TO_STAY.first(session.connection(), key=name_key(name))
    return None if found is None else found.id


def _refuse_duplicate(session: Session, name: str, *, path: Path | None = ("name",)) -> None:
    existing = named(session, name)
    if existing is not None:
        raise Duplicate("There is a topic of this name already.", path=path, existing={"id": existing})


_OF_NAME = select(Topic.id).where(Topic.key == bindparam("key"), Topic.deleted_at.is_(None))
_NAMED, _NAMED_TO_STAY = db.Prepared(_OF_NAME), db.Prepared(db.for_share(_OF_NAME))
_OF_CLAIM = ClaimTopic.claim_id == bindparam("claim_id")
_FILED = db.Prepared(select(ClaimTopic.topic_id).where(_OF_CLAIM))
_FILING = db.Prepared(insert(ClaimTopic), names=["claim_id", "topic_id"])
_UNFILING = db.Prepared(delete_rows(ClaimTopic).where(_OF_CLAIM, db.among(ClaimTopic.topic_id, parameter="ids")))
