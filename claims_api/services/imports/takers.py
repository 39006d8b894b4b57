"""The base of the takers, of which there is one for each kind of record in an import.

A taker is given all records of its kind in a batch. It looks up at once what they refer to, makes a row of each, and
writes all rows at once. What is wrong with a record ends only that record.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from sqlalchemy import select

from claims_api import db
from claims_api.errors import Failure, Invalid, NoText
from claims_api.models.base import Recorded, kind_of, table_of
from claims_api.models.changes import Change
from claims_api.services.imports.bulk import Bulk, Row
from claims_api.services.imports.by_key import References
from claims_api.services.imports.by_name import Names
from claims_api.services.imports.incoming import (
    ExistingId,
    ImportReport,
    Incoming,
    Kind,
    LeftOut,
    Refused,
    Unreadable,
    identity_of,
)
from claims_api.services.imports.repeated_keys import Keys, of_another_kind
from claims_api.services.speakers import NewSpeaker

Columns = dict[str, Any]
# Where one refusal refuses all, a person mends these first; where such records are skipped, nobody else tells of them.
MOST_TOLD, MOST_SKIPPED = 100, 10_000


class Fresh(NamedTuple):
    """A record that is not stored yet, and the id that it will have."""

    record: Incoming
    id: str


class ImportRun:
    """The state of one import: its writer, its lookups by key and by name, and its report."""

    def __init__(self, bulk: Bulk, collection: str, *, with_deleted: bool = False, skips: bool = False) -> None:
        self.bulk, self.collection, self.report = bulk, collection, ImportReport()
        self._most_told = MOST_SKIPPED if skips else MOST_TOLD
        self.connection = bulk.connection
        self.references = References(bulk, collection, with_deleted=with_deleted)
        self.names, self.keys = Names(bulk, self.report), Keys(bulk, collection)
        self._refused = list[Incoming]()

    def forget_refused(self) -> None:
        """Forget which records were refused, before the next ones are taken."""
        self._refused.clear()

    def has_refused(self, record: Incoming) -> bool:
        """Tell whether this very record was refused."""
        return any(each is record for each in self._refused)

    def refuse(self, record: Incoming | Unreadable, failure: Failure) -> None:
        """Report that a record is refused, and why."""
        if isinstance(record, Incoming):
            failure.called(record.names)
        # An optional record, or a place in a source of which no text is kept, is no error.
        if isinstance(failure, NoText) or (isinstance(record, Incoming) and record.optional):
            self.leave_out(LeftOut(failure.detail, record.line, record.key, (*record.path, *(failure.path or ()))))
            return
        if isinstance(record, Incoming):
            self._refused.append(record)
        self.references.remember_refused(record.kind, record.key, record.line)
        self.report.refusals += 1
        if len(self.report.refused) < self._most_told:
            path = (*record.path, *(failure.path or ()))
            self.report.refused.append(Refused(record.line, record.key, failure.code, failure.detail, path))

    def leave_out(self, told: LeftOut) -> None:
        """Report what is not kept, though nothing is wrong with it."""
        self.report.omissions += 1
        if len(self.report.left_out) < self._most_told:
            self.report.left_out.append(told)

    def stamped(self, record: Incoming) -> Row:
        """Return a new row's columns of authorship and time: of this import, unless the record has a ``stamp``."""
        stamp = record.stamp
        if stamp is None:
            return self.bulk.stamp
        return {
            "created_at": stamp.created_at,
            "updated_at": stamp.updated_at,
            "created_by": stamp.created_by,
            "version": stamp.version,
            "deleted_at": stamp.deleted_at,
        }


class Taker(ABC):
    """Takes the records of one kind."""

    kind: ClassVar[Kind]

    def __init__(self, run: ImportRun) -> None:
        self.run = run

    @abstractmethod
    def take(self, records: Sequence[Incoming]) -> None:
        """Keep what is new of these records."""

    def finish(self) -> None:  # noqa: B027  # most have nothing to do then
        """Do what can be done only when all records are there."""


class EntityTaker(Taker):
    """Takes the records of entities, each of which is known by an id that follows from its key."""

    model: ClassVar[Any]

    def take(self, records: Sequence[Incoming]) -> None:
        """Keep what is new of these records."""
        self.run.forget_refused()
        fresh, repeats = self._fresh(self._agreeing(records))
        if fresh:
            self.prepare([each.record for each in fresh])
            self.keep([(each, columns) for each in fresh if (columns := self._columns(each)) is not None])
        for record, first in repeats:
            self._repeated(record, first)

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up what these records refer to."""

    def already(self, there: Mapping[str, Incoming]) -> None:
        """Count what comes along with records that are there already, given by their ids."""

    @abstractmethod
    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a record's row, or None where an existing entity is used instead.

        A ``Failure`` that it raises refuses this record alone.
        """

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the rows of these records."""
        self.run.bulk.add(self.model, self.rows(made))

    def rows(self, made: Sequence[tuple[Fresh, Columns]]) -> list[Columns]:
        """Return whole rows, and count them as made."""
        self.run.report.created[self.kind] += len(made)
        return [{"id": each.id, **columns, **self.run.stamped(each.record)} for each, columns in made]

    def unchanged(self) -> None:
        """Count a record that is there already."""
        self.run.report.unchanged[self.kind] += 1

    def _agreeing(self, records: Sequence[Incoming]) -> list[Incoming]:
        """Return the records whose keys did not come with other content before in this file; refuse the others."""
        agreeing = list[Incoming]()
        for record, failure in zip(records, self.run.keys.contradictions(self.kind, records), strict=True):
            if failure is None:
                agreeing.append(record)
            else:
                self.run.refuse(record, failure)
        return agreeing

    def _columns(self, fresh: Fresh) -> Columns | None:
        try:
            columns = self.columns(fresh)
        except Failure as failure:
            self.run.refuse(fresh.record, failure)
            return None
        if columns is None:
            self.unchanged()
        return columns

    def _repeated(self, record: Incoming, first: Incoming) -> None:
        """Count a record that repeats another one of this file."""
        if not self.run.has_refused(first):
            self.unchanged()
        elif record.of is not None or not record.shared:  # of a source, say, that many lines name, the first told all
            told = "" if first.line is None else f": line {first.line}"
            self.run.refuse(record, Invalid(f"A record that says the same was refused{told}.", path=()))

    def _fresh(self, records: Sequence[Incoming]) -> tuple[list[Fresh], list[tuple[Incoming, Incoming]]]:
        """Return the records that are not stored yet, each id once, and repeats of these, each with the first one."""
        ids = [identity_of(self.run.collection, self.kind, each.key, place=each.place) for each in records]
        table = table_of(self.model)
        there = set(self.run.connection.scalars(select(table.c.id).where(db.among(table.c.id, ids))).all())
        there |= self.run.references.aliases(ids).keys()
        fresh, old, repeats = dict[str, Fresh](), dict[str, Incoming](), list[tuple[Incoming, Incoming]]()
        others = self._of_other_kinds(
            [each for each, of in zip(ids, records, strict=True) if isinstance(of.key, ExistingId)]
        )
        for record, identity in zip(records, ids, strict=True):
            if identity in others:
                self.run.refuse(record, of_another_kind())
                continue
            if identity in there:
                old[identity] = record
                self.unchanged()
            elif identity in fresh:
                repeats.append((record, fresh[identity].record))
            else:
                fresh[identity] = Fresh(record, identity)
        self.already(old)
        return list(fresh.values()), repeats

    def _of_other_kinds(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that the ledger has for another kind."""
        if not ids or not issubclass(self.model, Recorded):
            return set()
        other = Change.entity != kind_of(self.model)
        found = select(Change.entity_id).where(db.among(Change.entity_id, ids), other).distinct()
        return set(self.run.connection.scalars(found))


def is_deleted(record: Incoming) -> bool:
    """Tell whether a record is of something that was deleted."""
    return record.stamp is not None and record.stamp.deleted_at is not None


def claim_of(taker: Taker, record: Incoming) -> str:
    """Return the id of the claim that a record belongs to, which was looked up; ``Invalid`` where there is none."""
    if record.of is None:
        raise Invalid("It does not say which claim it belongs to.", path=())
    return taker.run.references.found(Kind.CLAIMS, record.of).id


def touch(taker: Taker, records: Iterable[Incoming]) -> None:
    """Have the claims of records counted anew, but for those that this import made."""
    found = (taker.run.references.found(Kind.CLAIMS, cast("str", each.of)) for each in records)
    taker.run.bulk.touch({each.id for each in found if not each.is_new})


def those_named(named: Iterable[NewSpeaker | None]) -> list[NewSpeaker]:
    """Return the speakers who are named, without the Nones."""
    return [each for each in named if each is not None]


def speaker_of(taker: Taker, named: NewSpeaker | None, key: str | None, *, field: str) -> str | None:
    """Return the id of a speaker who is given by name or by key, both looked up; None for nobody.

    Raises ``Invalid`` for both at once, for an unknown key, and for a name that several speakers bear.
    """
    if named is not None and key is not None:
        raise Invalid(f"Give a {field} either by name or by key, not both.", path=(field,))
    if named is not None:
        return taker.run.names.speaker(named, field=field)
    return taker.run.references.id_of(Kind.SPEAKERS, key)
