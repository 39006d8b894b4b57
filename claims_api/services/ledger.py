"""Write the ledger (the audit log): every change of every entity, in the transaction that makes it.

It listens to the session's flushes, so that no service can forget it, and writes once for each entity at the
transaction's end: others see only that state. All changes of a transaction bear one moment, later than that of every
transaction before it, so that a moment names one state of everything.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, event, insert, inspect, literal_column, select, update
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from claims_api import clock, db, metrics
from claims_api.db import Database
from claims_api.errors import Invalid
from claims_api.models.base import Recorded, kind_of
from claims_api.models.changes import Change
from claims_api.models.words import Action, EntityKind
from claims_api.services import ledger_states

# In a session's ``info``: who acts, and what is to be written of it.
_ACTOR, _PENDING = "actor", "ledger"
NOBODY = "claims-api"
_KINDS = list(EntityKind)
_TICK = dt.timedelta(microseconds=1)
_NEWEST = db.Prepared(select(Change.seq, Change.at).order_by(Change.seq.desc()).limit(literal_column("1")))
_ADDING = db.Prepared(insert(Change), names=[column.key for column in Change.__table__.columns])


@dataclass
class _Pending:
    """What a transaction has changed, and how it is to be dated.

    ``place`` is the last ``seq`` before it and its moment, once the ledger is locked; ``counted`` is what was
    written so far, by entity and action.
    """

    touched: dict[Recorded, Action] = field(default_factory=dict)
    moment: dt.datetime | None = None
    place: tuple[int, dt.datetime] | None = None
    has_all_locks: bool = False
    is_in_steps: bool = False
    is_any_filed: bool = False
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)


def act_as(session: Session, name: str) -> None:
    """Say, before a transaction's first change, who makes all of them: the name of a key, or of a command."""
    session.info[_ACTOR] = name


def actor(session: Session) -> str:
    """Return the name of the key or command that makes this transaction's changes; ``NOBODY`` where no one said."""
    name: str = session.info.get(_ACTOR, NOBODY)
    return name


def seal(session: Session) -> Connection:
    """Write what was changed into the ledger, and return the connection to read the answer from.

    The ledger stays locked until the transaction ends, so numbers and moments are in the order of the commits.
    """
    session.flush()
    pending = _pending(session)
    session.info[_PENDING] = _Pending(is_in_steps=pending.is_in_steps, counted=pending.counted)
    if pending.touched:
        _write(session, pending)
    return session.connection()


def _write(session: Session, pending: _Pending) -> None:
    touched, given = pending.touched, pending.moment or clock.utcnow()
    last, moment = pending.place or take_place(session, given)
    if moment != given:
        _redate(session, touched, moment)
    in_order = sorted(touched, key=_order_of)
    numbered = enumerate(zip(in_order, _states(session, in_order, pending), strict=True), start=last + 1)
    rows = [_row(session, seq, each, touched[each], moment) | {"state": state} for seq, (each, state) in numbered]
    _ADDING.run(session.connection(), *rows)
    pending.counted.update((kind_of(type(each)), action) for each, action in touched.items())


def settle(database: Database, as_of: dt.datetime) -> None:
    """Wait until no running transaction can still be dated before a moment (aware); ``Invalid`` for a future one."""
    with database.reading() as connection:
        newest = _NEWEST.first(connection)
    # Whatever is committed from now on is dated later than the newest change.
    if newest is not None and as_of <= newest.at:
        return
    now = database.settle(db.LEDGER)
    if as_of > now:
        detail = f"This moment is still to come: it is {now:%Y-%m-%dT%H:%M:%S.%fZ} here."
        raise Invalid(detail, parameter="as_of")


def moment(session: Session) -> dt.datetime:
    """Return the moment (aware, UTC) of this transaction's changes; without ``takes_no_more_locks`` it is provisional.

    What is provisional may be replaced by a later one when the changes are sealed.
    """
    pending = _pending(session)
    if pending.moment is None:
        pending.moment = clock.utcnow()
        if pending.has_all_locks and not pending.touched:
            pending.place = take_place(session, pending.moment)
            pending.moment = pending.place[1]
    return pending.moment


def takes_no_more_locks(session: Session) -> None:
    """Declare that this transaction takes no more locks: advisory locks, rows, or names that must be unique.

    What it writes from now on by ``services.prepared_entities`` is dated at once, under the ledger's lock, and need not
    be written again at the end; what is flushed still is. A transaction that took another lock after this could
    deadlock with its holder, which waits for the ledger. Void where a transaction ``works_in_steps``.
    """
    pending = _pending(session)
    pending.has_all_locks = not pending.is_in_steps


def works_in_steps(session: Session) -> None:
    """Have ``takes_no_more_locks`` ignored from now on: several things are done in turn, and more locks may follow."""
    _pending(session).is_in_steps = True


def next_version(session: Session, entity: Recorded) -> int:
    """Return the version that a change gives an entity: one more, but only for a transaction's first change of it."""
    return entity.version + (entity not in _pending(session).touched)


def note(session: Session, entity: Recorded, action: Action) -> None:
    """Record a change that was made past the session (``services.prepared_entities``)."""
    _pending(session).touched.setdefault(entity, action)


def note_filed(session: Session) -> None:
    """Note that a claim was filed under a topic: then the topics of new claims, too, must be read for the ledger."""
    _pending(session).is_any_filed = True


@event.listens_for(Session, "before_flush")
def _on_before_flush(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    touched = _pending(session).touched
    for entity in (*session.new, *session.dirty):
        if isinstance(entity, Recorded) and (entity in session.new or session.is_modified(entity)):
            if entity not in session.new:
                entity.version = next_version(session, entity)
            touched[entity] = _action(session, entity, touched.get(entity))
            _stamp(session, entity, moment(session))


def _pending(session: Session) -> _Pending:
    found: _Pending | None = session.info.get(_PENDING)
    if found is None:
        found = session.info[_PENDING] = _Pending()
    return found


@event.listens_for(Session, "before_commit")
def _on_before_commit(session: Session) -> None:
    seal(session)


@event.listens_for(Session, "after_commit")
def _on_after_commit(session: Session) -> None:
    if _PENDING in session.info:
        metrics.count_changes(session.info.pop(_PENDING).counted)


@event.listens_for(Session, "after_rollback")
def _on_after_rollback(session: Session) -> None:
    session.info.pop(_PENDING, None)


def _action(session: Session, entity: Recorded, before: Action | None) -> Action:
    if before is Action.CREATE or entity in session.new:
        return Action.CREATE
    deletion = inspect(entity).attrs.deleted_at.history
    if not deletion.has_changes():
        return before or Action.UPDATE
    return Action.DELETE if entity.deleted_at is not None else Action.RESTORE


def _stamp(session: Session, entity: Recorded, moment: dt.datetime) -> None:
    entity.updated_at = moment
    # Even where it is unchanged, in a second flush: else ``onupdate`` would set another moment.
    flag_modified(entity, "updated_at")
    if entity in session.new:
        entity.created_at, entity.created_by = moment, actor(session)
    if entity.deleted_at is not None:
        entity.deleted_at = moment


def count(session: Session, changes: Mapping[tuple[str, str], int]) -> None:
    """Count changes in the metrics, by entity and action, once they are committed."""
    _pending(session).counted.update(changes)


def seal_and_count(session: Session) -> Mapping[EntityKind, int]:
    """Seal what was changed, and return how many entities of each kind this transaction has made so far."""
    seal(session)
    found = _pending(session).counted
    return {kind: found[kind, Action.CREATE] for kind in _KINDS if found[kind, Action.CREATE]}


def take_place(session: Session, provisional: dt.datetime) -> tuple[int, dt.datetime]:
    """Lock the ledger until the transaction ends; return its last ``seq`` (0: none), and the transaction's moment.

    The moment is aware, in UTC, and later than that of every change before: on SQLite the ``provisional`` one, if that
    is later.
    """
    if db.has_one_writer(session):
        return next_place(session, provisional)
    newest = db.place_in_ledger(session)
    return _behind(newest, newest.now)


def next_place(session: Session, provisional: dt.datetime) -> tuple[int, dt.datetime]:
    """Return what ``take_place`` does, without the lock: on Postgres both are only provisional."""
    newest = _NEWEST.first(session.connection())
    return _behind(newest, provisional if db.has_one_writer(session) else db.database_now(session))


def _behind(newest: Any | None, moment: dt.datetime) -> tuple[int, dt.datetime]:
    """Return the last number, and a moment that is later than the newest."""
    if newest is None or newest.seq is None:
        return 0, moment
    return newest.seq, max(moment, newest.at + _TICK)


def _redate(session: Session, touched: Mapping[Recorded, Action], moment: dt.datetime) -> None:
    alike: dict[tuple[Any, Action], list[dict[str, Any]]] = defaultdict(list)
    for entity, action in touched.items():
        alike[type(entity), action].append({"entity_id": entity.id, "moment": moment})
    for (kind, action), dated in alike.items():
        _redating(kind.__table__, action).run(session.connection(), *dated)
    for entity, action in touched.items():
        for name in _dated_columns(action):
            set_committed_value(entity, name, moment)


@cache
def _redating(table: Any, action: Action) -> db.Prepared:
    values: dict[str, Any] = dict.fromkeys(_dated_columns(action), bindparam("moment"))
    return db.Prepared(update(table).where(table.c.id == bindparam("entity_id")).values(values))


def _order_of(entity: Recorded) -> tuple[int, str]:
    """Return the sort key of a transaction's changes: what is referred to comes first."""
    return _KINDS.index(kind_of(type(entity))), entity.id


def _dated_columns(action: Action) -> list[str]:
    also = {Action.CREATE: ["created_at"], Action.DELETE: ["deleted_at"]}
    return ["updated_at", *also.get(action, [])]


def _row(session: Session, seq: int, entity: Recorded, action: Action, moment: dt.datetime) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": moment,
        "actor": actor(session),
        "entity": kind_of(type(entity)),
        "entity_id": entity.id,
        "action": action,
        "version": entity.version,
    }


def _states(session: Session, entities: Sequence[Recorded], pending: _Pending) -> Iterator[dict[str, Any]]:
    for kind, group in groupby(entities, key=type):
        alike = list(group)
        rows = [_row_of(each) for each in alike]
        # New claims have topics only where this transaction has filed some.
        is_filed = pending.is_any_filed or any(pending.touched[each] is not Action.CREATE for each in alike)
        yield from ledger_states.states(session.connection(), kind, rows, is_filed=is_filed)


def _row_of(entity: Recorded) -> dict[str, Any]:
    kind: Any = type(entity)
    known = entity.__dict__  # quicker than SQLAlchemy's instrumented attributes
    return {name: known[name] if name in known else getattr(entity, name) for name in _names(kind)}


@cache
def _names(kind: Any) -> list[str]:
    names: list[str] = inspect(kind).column_attrs.keys()
    return names
