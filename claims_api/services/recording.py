"""Write the ledger: every change of every entity, in the transaction that makes it.

The session itself tells what was flushed, so that no service can forget to. Once for each entity and transaction,
at its end: what others see is the state after the whole of it.
"""

from typing import Any

from sqlalchemy import event, func, insert, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from claims_api import clock, db
from claims_api.models.base import Recorded
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Action, EntityKind

ACTOR = "actor"
_TOUCHED = "touched"
_NOBODY = "claims-api"


@event.listens_for(Session, "before_flush")
def _note(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    touched: dict[Recorded, Action] = session.info.setdefault(_TOUCHED, {})
    for entity in (*session.new, *session.dirty):
        if isinstance(entity, Recorded) and (entity in session.new or session.is_modified(entity)):
            touched[entity] = _action(session, entity, touched.get(entity))


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    session.flush()
    touched: dict[Recorded, Action] = session.info.pop(_TOUCHED, {})
    if not touched:
        return
    # Whoever comes here waits until the one before has committed: numbers follow commits.
    db.one_at_a_time(session, "ledger")
    last = session.scalar(select(func.coalesce(func.max(Change.seq), 0))) or 0
    rows = [
        _row(session, last + place, entity, action) for place, (entity, action) in enumerate(touched.items(), start=1)
    ]
    session.execute(insert(Change), rows)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_TOUCHED, None)


def _action(session: Session, entity: Recorded, before: Action | None) -> Action:
    if before is Action.CREATE or entity in session.new:
        return Action.CREATE
    deletion = inspect(entity).attrs.deleted_at.history
    if not deletion.has_changes():
        return before or Action.UPDATE
    return Action.DELETE if entity.deleted_at is not None else Action.RESTORE


def _row(session: Session, seq: int, entity: Recorded, action: Action) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": clock.utcnow(),
        "actor": session.info.get(ACTOR, _NOBODY),
        "entity": EntityKind(type(entity).__name__.lower()),
        "entity_id": entity.id,
        "action": action,
        "version": entity.version,
        "state": _state(session, entity),
    }


def _state(session: Session, entity: Recorded) -> dict[str, Any]:
    state = {column.key: getattr(entity, column.key) for column in inspect(type(entity)).column_attrs}
    if isinstance(entity, Claim):
        names = select(Topic.name).join(ClaimTopic, ClaimTopic.topic_id == Topic.id)
        state["topics"] = sorted(session.scalars(names.where(ClaimTopic.claim_id == entity.id)))
    return state
