"""The checks of the ledger: its numbers and moments, the history of each entity, and all entities against it."""

import datetime as dt
from collections.abc import Sequence
from itertools import chain, groupby, pairwise
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Connection, exists, func, or_, select
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.base import kind_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Action
from claims_api.queries.rows import streamed
from claims_api.services.findings import Finding, Observer, number_of

RECORDED = (Speaker, Topic, Source, Passage, Claim, Evidence, Assessment, Relation)
# Parts of an entity's state in the ledger that are in other tables.
_LISTED: dict[Any, tuple[Any, ...]] = {
    Claim: (
        select(db.json_array_of(ClaimTopic.topic_id))
        .where(ClaimTopic.claim_id == Claim.id)
        .scalar_subquery()
        .label("topic_ids"),
    ),
    Speaker: (
        select(db.json_array_of(SpeakerName.key))
        .where(SpeakerName.speaker_id == Speaker.id)
        .scalar_subquery()
        .label("keys"),
    ),
}
_LISTS = ("topic_ids", "keys")
# By action: whether an entity was deleted before, and whether it is then.
_TURNS = {
    Action.UPDATE: {(False, False), (True, True)},
    Action.DELETE: {(False, True)},
    Action.RESTORE: {(True, False)},
}


def order(connection: Connection, _observer: Observer) -> Finding:
    """Check that the ledger's numbers have no gaps, and that its moments do not fall."""
    with streamed(connection, _out_of_order()) as (rows,):
        each = map(tuple[Any, ...], rows)
        wrong = [str(seq) for seq, has_gap, *two in each if has_gap or not are_older_than_ledger(*two)]
    number = number_of(connection, Change.seq)
    return Finding("changes follow each other without a gap, and in time", number, wrong)


def _out_of_order() -> Any:
    before = func.lag(Change.seq).over(order_by=Change.seq), func.lag(Change.at).over(order_by=Change.seq)
    each = select(Change.seq, Change.at, before[0].label("last"), before[1].label("last_at")).subquery()
    has_gap = each.c.seq != func.coalesce(each.c.last, 0) + 1
    this, other = aliased(Change), aliased(Change)
    return (
        select(each.c.seq, has_gap.label("has_gap"), this.at, this.state, other.at, other.state)
        .join(this, this.seq == each.c.seq)
        .outerjoin(other, other.seq == each.c.last)
        .where(or_(has_gap, each.c.at < each.c.last_at))
        .order_by(each.c.seq)
    )


def are_older_than_ledger(
    at: dt.datetime, state: dict[str, Any], last_at: dt.datetime, last_state: dict[str, Any]
) -> bool:
    """Tell whether two neighbours were dated by their rows, as migration 0005 wrote down what was there before."""
    return (_dated(state), _dated(last_state)) == (at, last_at)


def _dated(state: dict[str, Any]) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(state["updated_at"])
    except (KeyError, TypeError, ValueError):
        return None


def histories(connection: Connection, observer: Observer) -> Finding:
    """Check that the changes of each entity follow from one another, and that each tells of it and its version."""
    made_otherwise = select(Change.seq).where(Change.version == 1, Change.action != Action.CREATE)
    wrong, number = set(connection.scalars(made_otherwise)), number_of(connection, Change.seq)
    # What has one change only stands as that says, which ``states`` checks.
    with streamed(connection, _of_several_changes()) as (rows,):
        for _, changes in groupby(observer.seen(rows, number), attrgetter("entity_id")):
            each_and_next: Any = pairwise(chain((None,), changes))
            wrong |= {each.seq for before, each in each_and_next if not _follows(before, each)}
    return Finding("changes of each entity follow from one another", number, [str(seq) for seq in sorted(wrong)])


def _of_several_changes() -> Any:
    several = select(Change.entity_id).group_by(Change.entity_id).having(func.count() > 1)
    told = Change.seq, Change.at, Change.entity_id, Change.action, Change.version, Change.state
    return select(*told).where(Change.entity_id.in_(several)).order_by(Change.entity_id, Change.seq)


def _follows(before: Any | None, change: Any) -> bool:
    state = change.state
    if (state.get("id"), state.get("version")) != (change.entity_id, change.version):
        return False
    if before is None:  # an import without its history, or what is older than the ledger, may begin with any version
        return True
    turn = _is_deleted(before.state), _is_deleted(state)
    is_next = change.version == before.version + 1 and change.at >= before.at
    return is_next and turn in _TURNS.get(change.action, ())


def _is_deleted(state: dict[str, Any]) -> bool:
    return state.get("deleted_at") is not None


def states(connection: Connection, observer: Observer) -> Finding:
    """Check that each entity stands as its newest change says, and that all that the ledger tells of are there."""
    number, wrong = 0, list[str]()
    for kind in RECORDED:
        wrong += connection.scalars(_vanished(kind)).all()
        with streamed(connection, _side_by_side(kind)) as (rows,):
            names = [*rows.keys()]
            for row in observer.seen(rows, number_of(connection, kind.id)):
                number += 1
                wrong += [] if row.newest == row.version and _as_recorded(names, row, row.state) else [str(row.id)]
    return Finding("entities stand as their newest change says", number, wrong)


def _side_by_side(kind: Any) -> Any:
    newest = aliased(Change)
    seq = select(func.max(Change.seq)).where(Change.entity_id == kind.id).scalar_subquery()
    told = newest.version.label("newest"), newest.state
    return select(*kind.__table__.c, *_LISTED.get(kind, ()), *told).outerjoin(newest, newest.seq == seq)


def _vanished(kind: Any) -> Any:
    told = select(Change.entity_id).where(Change.entity == kind_of(kind)).distinct()
    return told.where(~exists().where(kind.id == Change.entity_id))


def _as_recorded(names: Sequence[str], row: Any, state: dict[str, Any]) -> bool:
    # A state from before a column existed does not have it.
    found = {name: value for name, value in zip(names, row, strict=True) if name in state}
    lists = {name: sorted(found.pop(name) or ()) for name in _LISTS if name in found}
    written: dict[str, Any] = orjson.loads(orjson.dumps(found, option=orjson.OPT_UTC_Z))
    # All members in one comparison: there are many rows.
    return {**state, **written} == state and all(
        isinstance(state[name], list) and sorted(state[name], key=str) == value for name, value in lists.items()
    )
