"""Take records of an import, kind by kind: what is there already stays as it is, what is new is kept.

A taker is given the records of one kind of a batch. It looks up at once what they refer to, makes a row of each, and
has all rows written at once. What is wrong with a record ends only that record.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from sqlalchemy import select

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Failure, Invalid, NoText
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.services import sources, speakers, topics, versions
from claims_api.services.bulk import Bulk, Row, table_of
from claims_api.services.canonical_urls import canonical_of
from claims_api.services.dossiers import NewTopic
from claims_api.services.incoming import (
    Incoming,
    KeptSource,
    KeptSpeaker,
    Kind,
    LeftOut,
    Refused,
    Report,
    Unreadable,
    identity_of,
)
from claims_api.services.naming import Names
from claims_api.services.references import References
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker

Columns = dict[str, Any]
# More refusals than a person will read are only counted.
MOST_TOLD = 100


class Fresh(NamedTuple):
    """A record that is not there yet, and the id that it is to have."""

    record: Incoming
    id: str


class Work:
    """One import: where its rows go, what its records refer to, and what becomes of them."""

    def __init__(self, bulk: Bulk, collection: str, *, with_deleted: bool = False) -> None:
        self.bulk, self.collection, self.report = bulk, collection, Report()
        self.connection = bulk.connection
        self.references = References(bulk, collection, with_deleted=with_deleted)
        self.names = Names(bulk)

    def refuse(self, record: Incoming | Unreadable, failure: Failure) -> None:
        """Do not take a record, and tell why."""
        # A hint that leads nowhere is nobody's fault.
        if isinstance(failure, NoText) or (isinstance(record, Incoming) and record.optional):
            self.leave_out(LeftOut(failure.detail, record.line, record.key, (*record.path, *(failure.path or ()))))
            return
        self.report.refusals += 1
        if len(self.report.refused) < MOST_TOLD:
            path = (*record.path, *(failure.path or ()))
            self.report.refused.append(Refused(record.line, record.key, failure.code, failure.detail, path))

    def leave_out(self, told: LeftOut) -> None:
        """Tell what is not kept, though nothing is wrong with it."""
        self.report.omissions += 1
        if len(self.report.left_out) < MOST_TOLD:
            self.report.left_out.append(told)

    def stamped(self, record: Incoming) -> Row:
        """Return what a new row says of who made it and when: now, unless another copy of this service says more."""
        stamp = record.stamp
        if stamp is None:
            return self.bulk.stamp()
        return {
            "created_at": stamp.created_at,
            "updated_at": stamp.updated_at,
            "created_by": stamp.created_by,
            "version": stamp.version,
            "deleted_at": stamp.deleted_at,
        }


class Taker:
    """Takes the records of one kind."""

    kind: ClassVar[Kind]
    model: ClassVar[Any]

    def __init__(self, work: Work) -> None:
        self.work = work

    def take(self, records: Sequence[Incoming]) -> None:
        """Keep what is new of these records."""
        fresh = self._fresh(records)
        if fresh:
            self.prepare([each.record for each in fresh])
            self.keep([(each, columns) for each in fresh if (columns := self._columns(each)) is not None])

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up what these records refer to."""

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return what the row of a record says, or None where something stands for it already."""
        raise NotImplementedError

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the rows."""
        self.work.bulk.add(self.model, self.rows(made))

    def rows(self, made: Sequence[tuple[Fresh, Columns]]) -> list[Columns]:
        """Return whole rows, and count them as made."""
        self.work.report.created[self.kind] += len(made)
        return [{"id": each.id, **columns, **self.work.stamped(each.record)} for each, columns in made]

    def finish(self) -> None:
        """Do what can be done only when all records are there."""

    def unchanged(self) -> None:
        """Count a record that is there already."""
        self.work.report.unchanged[self.kind] += 1

    def _columns(self, fresh: Fresh) -> Columns | None:
        try:
            columns = self.columns(fresh)
        except Failure as failure:
            self.work.refuse(fresh.record, failure)
            return None
        if columns is None:
            self.unchanged()
        return columns

    def _fresh(self, records: Sequence[Incoming]) -> list[Fresh]:
        """Return the records that are not there yet, by the ids that follow from their keys; each of these once."""
        ids = [identity_of(self.work.collection, self.kind, each.key, place=each.place) for each in records]
        table = table_of(self.model)
        there = set(self.work.connection.scalars(select(table.c.id).where(db.among(table.c.id, ids))).all())
        fresh: dict[str, Fresh] = {}
        for record, identity in zip(records, ids, strict=True):
            if identity in there or identity in fresh:
                self.unchanged()
            else:
                fresh[identity] = Fresh(record, identity)
        return list(fresh.values())


class Speakers(Taker):
    """Speakers under keys of their own; whoever goes by one of their names already is used as they are."""

    kind, model = Kind.SPEAKERS, Speaker

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for those who go by these names."""
        new = [cast("NewSpeaker", each.new) for each in records]
        self._known = {id(each): found for each, found in zip(new, self.work.names.known(new), strict=True)}

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say who it is, unless somebody stands for them."""
        new = cast("NewSpeaker", fresh.record.new)
        known = [] if is_deleted(fresh.record) else self._known[id(new)]
        if len(known) > 1:
            raise Invalid("Several speakers go by these names already: which is meant?", path=("name",))
        if known:
            self.work.references.stands_for(fresh.id, known[0].id)
            return None
        return speakers.columns(new) | ({"merged_into_id": new.merged_into_id} if isinstance(new, KeptSpeaker) else {})

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the speakers, and that these names are theirs."""
        if made:
            self.work.names.take_right()
        self.work.names.add_speakers(self.rows(made))
        self.work.bulk.put_aside(staging.speakers, [{"id": each.id} for each, _ in made])


class Topics(Taker):
    """Topics; one that has the name already is used as it is."""

    kind, model = Kind.TOPICS, Topic

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for topics of these names."""
        self.work.names.take_right()
        keys = [topics.columns(cast("NewTopic", each.new).name)["key"] for each in records]
        self._there = dict(self.work.names.topics_of(keys))

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what it is, unless there is one of that name."""
        new = cast("NewTopic", fresh.record.new)
        columns = topics.columns(new.name, new.description)
        there = None if is_deleted(fresh.record) else self._there.setdefault(columns["key"], fresh.id)
        if there in {None, fresh.id}:
            return columns
        self.work.references.stands_for(fresh.id, str(there))
        return None

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the topics."""
        self.work.names.add_topics(self.rows(made))


class Sources(Taker):
    """Sources; one that is only named by its URL may be there already, with its text."""

    kind, model = Kind.SOURCES, Source

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for sources of these URLs."""
        new = [cast("NewSource", each.new) for each in records]
        self._known = self._of_urls({_address(each) for each in new if _is_only_named(each)})

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what it is, unless one is there of that URL."""
        new = cast("NewSource", fresh.record.new)
        known = self._known.get(_address(new), set()) if _is_only_named(new) else set()
        if len(known) == 1:
            self.work.references.stands_for(fresh.id, next(iter(known)))
            return None
        if _is_only_named(new):
            self._known[_address(new)] = {fresh.id}
        columns = sources.columns(new)
        if isinstance(new, KeptSource):
            columns |= {"current_version": new.current_version, "canonical_url": new.canonical_url}
        return columns

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the sources, and the texts that stand in their records."""
        self.work.bulk.add(Source, self.rows(made), (table_of(SourceVersion), list(self._first_texts(made))))

    def finish(self) -> None:
        """Raise ``Invalid`` where a source speaks of a newest text that did not come."""
        version = (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version)
        missing = (
            select(Source.id)
            .join(staging.sources, staging.sources.c.id == Source.id)
            .outerjoin(SourceVersion, version)
            .where(Source.current_version.is_not(None), SourceVersion.id.is_(None))
        )
        found = self.work.connection.scalar(missing.limit(1))
        if found is not None:
            raise Invalid(f"The newest text of the source {found} is missing.")

    def _first_texts(self, made: Sequence[tuple[Fresh, Columns]]) -> Iterable[Columns]:
        for each, _ in made:
            new = cast("NewSource", each.record.new)
            if new.text is not None:
                identity = identity_of(self.work.collection, Kind.VERSIONS, f"{each.id} 1")
                yield {
                    "id": identity,
                    "source_id": each.id,
                    "number": 1,
                    **versions.columns(sources.first_version(new), self.work.bulk.moment),
                    "created_by": self.work.bulk.actor,
                }

    def _of_urls(self, urls: set[str | None]) -> dict[str | None, set[str]]:
        found: dict[str | None, set[str]] = defaultdict(set)
        named = [each for each in urls if each is not None]
        live = select(Source.id, Source.canonical_url).where(
            db.among(Source.canonical_url, named), Source.deleted_at.is_(None)
        )
        for row in self.work.connection.execute(live.with_for_update(read=True)) if named else ():
            found[row.canonical_url].add(row.id)
        return found


def _address(new: NewSource) -> str | None:
    return canonical_of(new.canonical_url, new.url)


def _is_only_named(new: NewSource) -> bool:
    return new.text is None and new.url is not None and not isinstance(new, KeptSource)


def is_deleted(record: Incoming) -> bool:
    """Tell whether a record is of something that was deleted."""
    return record.stamp is not None and record.stamp.deleted_at is not None
