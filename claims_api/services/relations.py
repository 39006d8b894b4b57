"""Relations between claims: which contradicts, supports or supersedes which, and which are the same."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.errors import Duplicate, Invalid, NotFound, Path
from claims_api.models.claims import Claim
from claims_api.models.relations import Relation, pair_of
from claims_api.models.words import RelationType
from claims_api.queries.relations import superseded_from
from claims_api.queries.rows import AnyRow
from claims_api.services import records


@dataclass(frozen=True)
class NewRelation:
    """A relation as somebody states it of a claim."""

    type: RelationType
    target_id: str
    note: str | None = None


def create(session: Session, claim_id: str, new: NewRelation, *, identity: str | None = None) -> Relation:
    """Relate a claim to another one.

    Raises ``NotFound`` for an unknown claim; ``Invalid`` for an unknown target, for the claim itself and where claims
    would supersede each other in a circle; ``Duplicate`` where the two are so related already.
    """
    refuse_to_itself(claim_id, new.target_id)
    _hold(session, claim_id, new.target_id)
    relation = Relation(id=identity, **columns(claim_id, new))
    _refuse_out_of_place(session, relation, path=("target_id",))
    session.add(relation)
    session.flush()
    return relation


def columns(claim_id: str, new: NewRelation) -> dict[str, Any]:
    """Return the columns of a relation's row for what is stated of a claim, its source."""
    return {
        "source_id": claim_id,
        "target_id": new.target_id,
        "type": new.type,
        "pair": pair_of(new.type, claim_id, new.target_id),
        "note": new.note,
    }


def refuse_to_itself(source_id: str, target_id: str) -> None:
    """Raise ``Invalid`` where a claim would be related to itself."""
    if target_id == source_id:
        raise Invalid("A claim is not related to itself.", path=("target_id",))


def lock(session: Session, relation_id: str) -> Relation:
    """Lock a relation for a change, and its two claims against deletion; ``NotFound`` where one of them is gone."""
    for each in _ends(session, relation_id):
        records.shared(session, Claim, each)
    return records.live(session, Relation, relation_id)


def lock_kept(session: Session, relation_id: str) -> Relation:
    """Lock a relation for a change, deleted or not; ``NotFound`` where there never was one."""
    return records.kept(session, Relation, relation_id)


def update(session: Session, relation_id: str, changes: Mapping[str, Any]) -> Relation:
    """Change what is noted of a relation; which claims it joins, and how, stays.

    Raises ``NotFound`` for an unknown relation, and where one of its claims is deleted.
    """
    relation = lock(session, relation_id)
    records.update(relation, changes)
    return relation


def delete(session: Session, relation_id: str) -> None:
    """Delete a relation; the claims stay. Raises ``NotFound`` as ``update`` does."""
    records.delete(lock(session, relation_id))


def restore(session: Session, relation_id: str) -> Relation:
    """Bring a relation back; one that is there already stays as it is.

    Raises ``NotFound`` where there never was one, ``CitesDeleted`` where a claim of it is deleted, ``Duplicate`` where
    the two were so related anew, and ``Invalid`` where claims would supersede each other in a circle.
    """
    records.refuse_if_citing_deleted(session, (Claim, _ends(session, relation_id)))
    relation = lock_kept(session, relation_id)
    if relation.deleted_at is not None:
        _refuse_out_of_place(session, relation)
        records.restore(relation)
    return relation


def existing(session: Session, kind: RelationType, source_id: str, target_id: str) -> str | None:
    """Return the id of the live relation of this kind between two claims; None where there is none."""
    same = Relation.pair == pair_of(kind, source_id, target_id)
    return session.scalar(select(Relation.id).where(Relation.type == kind, same, Relation.deleted_at.is_(None)))


def _hold(session: Session, source_id: str, target_id: str) -> None:
    """Lock two claims against deletion, in the order of their ids, as everywhere."""
    for each in sorted((source_id, target_id)):
        if each == source_id:
            records.shared(session, Claim, each)
        else:
            records.referred(session, Claim, each, path=("target_id",))


def _ends(session: Session, relation_id: str) -> list[str]:
    found = session.execute(select(Relation.source_id, Relation.target_id).where(Relation.id == relation_id)).first()
    if found is None:
        raise NotFound("There never was such a relation.")
    return sorted(found)


def _refuse_out_of_place(session: Session, relation: Relation, *, path: Path | None = None) -> None:
    # Whether there is one already, or a circle, must stay so until the end.
    db.lock_name(session, db.RELATIONS)
    found = existing(session, relation.type, relation.source_id, relation.target_id)
    if found is not None:
        detail = "These two claims are so related already: change that relation instead."
        raise Duplicate(detail, path=path, existing={"id": found})
    if relation.type is RelationType.SUPERSEDES:
        refuse_circle(session.connection(), relation.source_id, relation.target_id, path=path)


def refuse_circle(connection: Connection, source_id: str, target_id: str, *, path: Path | None) -> None:
    """Raise ``Invalid`` where claims would supersede each other in a circle if the source superseded the target."""
    steps = connection.execute(superseded_from(target_id)).all()
    back = _way(steps, target_id, source_id)
    if back:
        detail = (
            "Claims would supersede each other in a circle: `circle` names them, each before the one it supersedes."
        )
        raise Invalid(detail, path=path, circle=[source_id, *back])


def _way(steps: Iterable[AnyRow], start: str, end: str) -> list[str]:
    """Return the ids on a shortest way from one claim to another, both included; empty where there is none."""
    onwards: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        onwards[step.source_id].append(step.target_id)
    before, ahead = {start: ""}, deque([start])
    while ahead:
        here = ahead.popleft()
        found = [each for each in onwards[here] if each not in before]
        before.update(dict.fromkeys(found, here))
        ahead.extend(found)
    return _walked(before, end) if end in before else []


def _walked(before: Mapping[str, str], end: str) -> list[str]:
    walked = [end]
    while before[walked[-1]]:
        walked.append(before[walked[-1]])
    return walked[::-1]
