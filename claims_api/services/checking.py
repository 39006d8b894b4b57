"""The checks of ``claims-api verify``: the ledger, the counts, and every quote against the texts that it stands in.

It reads in batches, so memory does not grow with the database.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.base import kind_of, table_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.search import KINDS
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Basis
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTS
from claims_api.queries.rows import AnyRow, streamed
from claims_api.services import citations, indexing, tallying, versions

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
_TEXTS_AT_ONCE = 10  # one may be long
T = TypeVar("T")
# Of quotes: those that the newest text has, byte for byte.
IN_NEWEST_TEXT = "standing"


@dataclass(frozen=True)
class Finding:
    """The result of a check: what must hold, for how many that was checked, and the ids (or numbers) where it does not.

    ``beside`` counts what is not wrong, and still worth telling.
    """

    what: str
    number: int
    wrong: list[str]
    beside: Counter[str] = field(default_factory=Counter)


class Observer:
    """Observes the progress of the checks; this base class ignores it."""

    def begins(self, what: str) -> None:
        """Note which check comes next."""

    def seen(self, rows: Iterable[T], number: int) -> Iterable[T]:  # noqa: ARG002  # for those that count
        """Pass on the rows that are checked, of which there are ``number``."""
        return rows


Check = Callable[[Connection, Observer], Finding]


def everything(connection: Connection, observer: Observer | None = None) -> Iterator[Finding]:
    """Run all checks on a snapshot, and yield their findings in order; what cannot even be read is a finding, too."""
    yield from (_tried(*named, connection, observer or Observer()) for named in CHECKS)


def of_ledger(connection: Connection) -> Iterator[Finding]:
    """Check the ledger, and all entities against it; yield the two findings."""
    yield _ledger(connection, Observer())
    yield _states(connection, Observer())


def _tried(name: str, check: Check, connection: Connection, observer: Observer) -> Finding:
    observer.begins(name)
    try:
        with connection.begin_nested():
            return check(connection, observer)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Finding(f"{name} can be read", 0, [reason])


def _file(connection: Connection, _observer: Observer) -> Finding:
    return Finding("the database's file is sound, as far as it tells", 1, db.damage(connection))


def _ledger(connection: Connection, _observer: Observer) -> Finding:
    before = select(Change.seq, Change.at, func.lag(Change.seq).over(order_by=Change.seq).label("last")).subquery()
    gaps = connection.scalars(select(before.c.seq).where(before.c.seq != func.coalesce(before.c.last, 0) + 1))
    return Finding(
        "changes follow each other without a gap", _number(connection, Change.seq), [str(seq) for seq in gaps]
    )


def _states(connection: Connection, observer: Observer) -> Finding:
    number, wrong = 0, list[str]()
    for kind in RECORDED:
        wrong += connection.scalars(_vanished(kind)).all()
        with streamed(connection, _side_by_side(kind)) as (rows,):
            for row in observer.seen(rows, _number(connection, kind.id)):
                number += 1
                wrong += [] if row.newest == row.version and _as_recorded(row, row.state) else [str(row.id)]
    return Finding("entities stand as their newest change says", number, wrong)


def _side_by_side(kind: Any) -> Any:
    newest = aliased(Change)
    seq = select(func.max(Change.seq)).where(Change.entity_id == kind.id).scalar_subquery()
    told = newest.version.label("newest"), newest.state
    return select(*kind.__table__.c, *_LISTED.get(kind, ()), *told).outerjoin(newest, newest.seq == seq)


def _vanished(kind: Any) -> Any:
    told = select(Change.entity_id).where(Change.entity == kind_of(kind)).distinct()
    return told.where(~exists().where(kind.id == Change.entity_id))


def _as_recorded(row: Any, state: dict[str, Any]) -> bool:
    # A state from before a column existed does not have it.
    found = {name: value for name, value in row._mapping.items() if name in state}
    lists = {name: sorted(found.pop(name) or ()) for name in _LISTS if name in found}
    written: dict[str, Any] = orjson.loads(orjson.dumps(found, option=orjson.OPT_UTC_Z))
    return all(state[name] == value for name, value in written.items()) and all(
        sorted(state[name]) == value for name, value in lists.items()
    )


def _counts(connection: Connection, observer: Observer) -> Finding:
    columns = [getattr(Claim, name) for name in COUNTS]
    tallied = tallying.tallies().order_by(Evidence.claim_id)
    return _counted(
        connection,
        observer,
        "claims are counted as their links stand",
        columns=columns,
        tallied=tallied,
        expected=_links,
    )


def _links(rows: Iterable[AnyRow]) -> list[int]:
    by_basis = {row.basis: row for row in rows}
    sides = (name.partition("_") for name in COUNTS)
    return [getattr(by_basis.get(Basis(basis)), what, 0) for basis, _, what in sides]


def _verdicts(connection: Connection, observer: Observer) -> Finding:
    columns = [getattr(Claim, name) for name in ASSESSED.values()]
    held = tallying.verdicts().order_by(Assessment.claim_id)
    return _counted(
        connection,
        observer,
        "assessments are counted by their claims",
        columns=columns,
        tallied=held,
        expected=_reviewers,
    )


def _reviewers(rows: Iterable[AnyRow]) -> list[int]:
    by_verdict = {row.verdict: row.number for row in rows}
    return [by_verdict.get(verdict, 0) for verdict in ASSESSED]


def _counted(
    connection: Connection,
    observer: Observer,
    what: str,
    *,
    columns: Iterable[Any],
    tallied: Any,
    expected: Callable[[Iterable[AnyRow]], list[int]],
) -> Finding:
    """Compare the counts in claims' rows with counts made now, which come in the order of claims' ids."""
    # The links of a deleted claim are deleted with it; its counts stay for when it is restored.
    kept = select(Claim.id, *columns).where(Claim.deleted_at.is_(None)).order_by(Claim.id)
    number, wrong = 0, list[str]()
    with streamed(connection, kept, tallied) as (claims, counted):
        for claim, found in _joined(observer.seen(claims, _number(connection, Claim.id)), counted):
            number += 1
            wrong += [] if list(claim[1:]) == expected(found) else [claim.id]
    return Finding(what, number, wrong)


def _joined(rows: Iterable[AnyRow], others: Iterable[AnyRow]) -> Iterator[tuple[AnyRow, list[AnyRow]]]:
    """Merge-join: yield each row with the others of its id; both come sorted by id, their first column."""
    groups = groupby(others, itemgetter(0))
    identity, group = next(groups, (None, iter(())))
    for row in rows:
        while identity is not None and identity < row[0]:
            identity, group = next(groups, (None, iter(())))
        yield row, list(group) if identity == row[0] else []


def _texts(connection: Connection, observer: Observer) -> Finding:
    number, wrong = 0, list[str]()
    kept = select(SourceVersion.id, SourceVersion.text, SourceVersion.sha256, SourceVersion.length)
    with streamed(connection, kept, at_once=_TEXTS_AT_ONCE) as (rows,):
        for row in observer.seen(rows, _number(connection, SourceVersion.id)):
            number += 1
            is_as_given = versions.sha256(row.text) == row.sha256 and len(row.text) == row.length
            wrong += [] if is_as_given else [row.id]
    return Finding("texts are those that were given", number, wrong)


def _quotes(connection: Connection, observer: Observer) -> Finding:
    number, wrong, beside = 0, list[str](), Counter[str]()
    with closing(citations.check_all(connection)) as checked:
        for found in observer.seen(checked, _number(connection, Passage.id)):
            number += 1
            wrong += [found.passage_id] if found.faults else []
            beside.update([] if found.faults else [IN_NEWEST_TEXT if found.stands else str(found.anchor_state)])
    return Finding("quotes stand in their sources, word for word", number, wrong, beside)


def _entries(connection: Connection, _observer: Observer) -> Finding:
    return Finding("search finds what there is, once, and nothing else", *indexing.strays(connection))


def _index(connection: Connection, _observer: Observer) -> Finding:
    wrong = [damage for kind in KINDS for damage in db.index_damage(connection, table_of(kind))]
    return Finding("the index of search is sound, as far as the database tells", len(KINDS), wrong)


def _number(connection: Connection, identity: Any) -> int:
    return connection.execute(select(func.count(identity))).scalar_one()


CHECKS: tuple[tuple[str, Check], ...] = (
    ("file", _file),
    ("ledger", _ledger),
    ("states", _states),
    ("counts", _counts),
    ("verdicts", _verdicts),
    ("texts", _texts),
    ("quotes", _quotes),
    ("entries", _entries),
    ("index", _index),
)
