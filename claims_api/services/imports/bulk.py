"""Write many entities past SQLAlchemy's unit of work, with what a flush would do: ledger, counts, search index.

A session keeps every entity that it has seen, and takes many times what the database does. Here rows go to the database
by the thousand, and what is to be told of them later is put aside in temporary tables (``db.staging``), so that memory
does not grow with their number. Claims are counted and changes numbered at the end: only then do other writers wait.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from claims_api import clock, db
from claims_api.db import staging
from claims_api.db.inserting import insert_many
from claims_api.models.base import Recorded, empty_row, kind_of, table_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.words import Action, EntityKind
from claims_api.services import indexing, ledger, ledger_states, tallying

Row = Mapping[str, Any]
_ORDER = list(EntityKind)
# Sources are found by texts that may come later.
_FOUND_AT_ONCE: tuple[type[Recorded], ...] = (Claim, Passage)
# The changes of each kind are numbered in a range of their own, of this length.
_MOST_OF_A_KIND = 1 << 40
# So many changes are numbered by one statement, to keep each within the time limit.
_NUMBERED = 20_000
# Ids in one SELECT.
_AT_ONCE = 1000


class Bulk:
    """The writes of one import, dated ``moment`` (aware, UTC) and made by ``actor``, who acts in the session.

    Unless it ``is_recorded``, nothing is written to the ledger; unless it ``is_kept``, nothing is counted or indexed
    either.
    """

    def __init__(self, session: Session, *, is_recorded: bool = True, is_kept: bool = True) -> None:
        self.session, self.connection, self.actor = session, session.connection(), ledger.actor(session)
        self.is_recorded, self.is_kept = is_recorded, is_kept
        _, self.moment = ledger.next_place(session, clock.utcnow())
        # The columns of authorship, time and version that each new row gets.
        self.stamp: Row = {"created_at": self.moment, "updated_at": self.moment, "created_by": self.actor, "version": 1}
        self._changes: Counter[tuple[str, str]] = Counter()

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows of a table that is none of entities: nothing of them is recorded, counted or indexed."""
        insert_many(self.connection, table, rows)

    def add(self, kind: type[Recorded], rows: Sequence[Row], *beside: tuple[Table, Sequence[Row]]) -> None:
        """Insert new entities of one kind, and rows of other tables that belong to them."""
        if not rows:
            return
        whole = [{**empty_row(table_of(kind)), **row} for row in rows]
        insert_many(self.connection, table_of(kind), whole)
        for table, belonging in beside:
            insert_many(self.connection, table, belonging)
        self._follow(kind, whole)

    def touch(self, claim_ids: Iterable[str]) -> None:
        """Have existing claims, which must be locked, counted anew at the end."""
        self.insert(staging.claims, [{"id": each, "is_new": 0} for each in claim_ids])

    def take_back(self, kind: type[Recorded], ids: Sequence[str]) -> None:
        """Delete entities that this import made and that nothing refers to."""
        table, staged = table_of(kind), staging.changes.c
        if kind is Source:
            self.connection.execute(delete(staging.sources).where(db.among(staging.sources.c.id, ids)))
        self.connection.execute(delete(table).where(db.among(table.c.id, ids)))
        if self.is_recorded:
            entity = kind_of(kind)
            theirs = (staged.entity == entity.value) & db.among(staged.entity_id, ids)
            places = self.connection.scalars(select(staged.place).where(theirs)).all()
            self.connection.execute(delete(staging.changes).where(theirs))
            self._changes[entity, Action.CREATE] -= len(places)
            self._close_ranks(entity, places)

    def _close_ranks(self, entity: EntityKind, gaps: Iterable[int]) -> None:
        """Move the last changes of a kind into gaps, since the ledger's numbers have none."""
        place = staging.changes.c.place
        first = _ORDER.index(entity) * _MOST_OF_A_KIND
        behind = first + sum(self._numbers(entity))
        last = select(place).where(place >= behind, place < first + _MOST_OF_A_KIND)
        moves = zip(self.connection.scalars(last).all(), (gap for gap in gaps if gap < behind), strict=True)
        step = update(staging.changes).where(place == bindparam("last")).values(place=bindparam("gap"))
        if steps := [{"last": old, "gap": gap} for old, gap in moves]:
            self.connection.execute(step, steps)

    def finish(self) -> None:
        """Index sources, count claims and number the changes, when all rows are there."""
        if not self.is_kept:
            return
        self._index_sources()
        self._count_claims()
        if self.is_recorded:
            self._number()

    def _follow(self, kind: type[Recorded], rows: Sequence[Row]) -> None:
        live = [row["id"] for row in rows if row["deleted_at"] is None]
        if kind is Source:
            self.insert(staging.sources, [{"id": row["id"]} for row in rows])
        if kind in _FOUND_AT_ONCE and self.is_kept:
            indexing.write_new(self.connection, kind, live)
        if kind is Claim:
            # Recorded only at the end, with their counts.
            self.insert(staging.claims, [{"id": row["id"], "is_new": 1} for row in rows])
        else:
            self._record(kind, rows, Action.CREATE)

    def _record(self, kind: type[Recorded], rows: Sequence[Row], action: Action) -> None:
        if not self.is_recorded or not self.is_kept or not rows:
            return
        entity = kind_of(kind)
        first = _ORDER.index(entity) * _MOST_OF_A_KIND + sum(self._numbers(entity))
        named = {"entity": entity.value, "action": action.value}
        staged = [
            {**named, "place": place, "entity_id": state["id"], "version": state["version"], "state": state}
            for place, state in enumerate(ledger_states.states(self.connection, kind, rows), start=first)
        ]
        self.insert(staging.changes, staged)
        self._changes[entity, action] += len(staged)

    def _numbers(self, entity: EntityKind) -> list[int]:
        return [self._changes[entity, action] for action in Action]

    def _index_sources(self) -> None:
        for ids in self._sources_at_once():
            indexing.write_new(self.connection, Source, ids)

    def _sources_at_once(self) -> Iterator[list[str]]:
        lengths = func.coalesce(SourceVersion.length, 0).label("length")
        newest = (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version)
        rows = select(Source.id, lengths).outerjoin(SourceVersion, newest)
        for ids in self._those_put_aside(staging.sources):
            yield from db.by_length(
                self.connection.execute(rows.where(db.among(Source.id, ids)).order_by(Source.id)).all()
            )

    def _those_put_aside(self, table: Table, *conditions: ColumnElement[bool]) -> Iterator[list[str]]:
        ids = select(table.c.id).where(*conditions).order_by(table.c.id)
        last, found = None, [""]
        while found:
            further = ids if last is None else ids.where(table.c.id > last)
            found = list(self.connection.scalars(further.limit(_AT_ONCE)))
            if found:
                yield found
                last = found[-1]

    def _count_claims(self) -> None:
        for is_new, action in ((1, Action.CREATE), (0, Action.UPDATE)):
            for ids in self._those_put_aside(staging.claims, staging.claims.c.is_new == is_new):
                self._count(ids, action)
                rows = self.connection.execute(
                    select(table_of(Claim)).where(db.among(Claim.id, ids)).order_by(Claim.id)
                )
                self._record(Claim, [row._asdict() for row in rows.all()], action)

    def _count(self, ids: Sequence[str], action: Action) -> None:
        links, verdicts = tallying.counts_of(self.connection, ids), tallying.verdicts_of(self.connection, ids)
        # One UPDATE for all claims with the same counts.
        alike: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for each in ids:
            alike[(*links[each].values(), *verdicts[each].values())].append(each)
        for counts, those in alike.items():
            # A new claim's counts are 0 already.
            if action is Action.UPDATE or any(counts):
                values = dict(zip((*links[those[0]], *verdicts[those[0]]), counts, strict=True))
                self.connection.execute(
                    _counting(action, tuple(values)), {**values, "ids": those, "moment": self.moment}
                )

    def _number(self) -> None:
        last, moment = ledger.take_place(self.session, self.moment)
        for entity in _ORDER:
            number = sum(self._numbers(entity))
            shift = last + 1 - _ORDER.index(entity) * _MOST_OF_A_KIND
            for first in range(0, number, _NUMBERED):
                self.connection.execute(
                    _NUMBERING,
                    {
                        "shift": shift,
                        "moment": moment,
                        "actor": self.actor,
                        "first": _ORDER.index(entity) * _MOST_OF_A_KIND + first,
                        "behind": _ORDER.index(entity) * _MOST_OF_A_KIND + min(first + _NUMBERED, number),
                    },
                )
            last += number
        ledger.count(self.session, self._changes)


@cache
def _counting(action: Action, names: tuple[str, ...]) -> Any:
    table = table_of(Claim)
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    if action is Action.UPDATE:
        values |= {"version": table.c.version + 1, "updated_at": bindparam("moment")}
    else:
        # Named, or its default would set it: counting alone is no change.
        values["updated_at"] = table.c.updated_at
    return update(table).where(db.among(table.c.id, parameter="ids")).values(values)


_STAGED = staging.changes.c
_NUMBERING = insert(Change).from_select(
    ["seq", "at", "actor", "entity", "entity_id", "action", "version", "state"],
    select(
        _STAGED.place + bindparam("shift", type_=BigInteger()),
        bindparam("moment", type_=db.Instant()),
        bindparam("actor", type_=Text()),
        _STAGED.entity,
        _STAGED.entity_id,
        _STAGED.action,
        _STAGED.version,
        _STAGED.state,
    )
    .where(_STAGED.place >= bindparam("first"), _STAGED.place < bindparam("behind"))
    .order_by(_STAGED.place),
)
