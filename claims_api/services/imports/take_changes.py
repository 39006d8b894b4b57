"""Take the ledger that only a bundle with its history brings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, cast

from sqlalchemy import select

from claims_api import db
from claims_api.errors import Invalid
from claims_api.models.base import kind_of, table_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.models.words import EntityKind
from claims_api.services.imports.incoming import Incoming, KeptChange, Kind
from claims_api.services.imports.takers import ImportRun, Taker
from claims_api.services.ledger_checks import RECORDED, are_older_than_ledger

_STAMP = ("id", "version", "created_at", "updated_at", "created_by")
# The members of a state that name something else, which may have been deleted since.
_LINKS: Mapping[EntityKind, Mapping[str, Any]] = {
    EntityKind.SPEAKER: {"merged_into_id": Speaker},
    EntityKind.PASSAGE: {"source_id": Source, "source_version_id": SourceVersion},
    EntityKind.CLAIM: {"speaker_id": Speaker, "first_appearance_id": Passage, "topic_ids": Topic},
    EntityKind.EVIDENCE: {"claim_id": Claim, "passage_id": Passage, "stated_by_id": Speaker},
    EntityKind.ASSESSMENT: {"claim_id": Claim},
    EntityKind.RELATION: {"source_id": Claim, "target_id": Claim},
}


class Changes(Taker):
    """The ledger, row by row, as it was."""

    kind = Kind.CHANGES

    def __init__(self, run: ImportRun) -> None:
        super().__init__(run)
        self._last: KeptChange | None = None

    def take(self, records: Sequence[Incoming]) -> None:
        """Write the rows of the ledger; those out of order, or without an entity's state, are refused one by one."""
        self._lost = _lost(self.run, [cast("KeptChange", each.new) for each in records])
        rows = [asdict(change) for change in map(self._checked, records) if change is not None]
        self.run.report.created[self.kind] += len(rows)
        self.run.bulk.insert(table_of(Change), rows)

    def _checked(self, record: Incoming) -> KeptChange | None:
        change = cast("KeptChange", record.new)
        try:
            self._refuse_out_of_order(change)
            _refuse_no_state(change)
            self._refuse_lost_links(change)
        except Invalid as failure:
            self.run.refuse(record, failure)
            return None
        self._last = change
        return change

    def _refuse_out_of_order(self, change: KeptChange) -> None:
        if self._last is not None and change.seq <= self._last.seq:
            raise Invalid("Changes come by rising number, and each once.", path=("seq",))
        if change.at > self.run.bulk.moment or (self._last is not None and _falls(self._last, change)):
            raise Invalid("Changes follow each other in time, and none is still to come.", path=("at",))

    def _refuse_lost_links(self, change: KeptChange) -> None:
        for name, kind, identity in _links(change):
            if identity in self._lost[kind]:
                raise Invalid(f"There is no such {kind.__name__.lower()}, nor was there ever.", path=("state", name))


def _falls(last: KeptChange, change: KeptChange) -> bool:
    return change.at < last.at and not are_older_than_ledger(change.at, change.state, last.at, last.state)


def _links(change: KeptChange) -> Iterator[tuple[str, Any, str]]:
    """Yield what a state says that its entity rests on: by which member, of which kind, and the ids."""
    for name, kind in _LINKS.get(change.entity, {}).items():
        said = change.state.get(name) or ()
        yield from ((name, kind, each) for each in ([said] if isinstance(said, str) else said))


def _lost(run: ImportRun, changes: Sequence[KeptChange]) -> Mapping[Any, set[str]]:
    """Return, by kind, what these changes name and what is not there; deleted or not, all has come before."""
    named = defaultdict[Any, set[str]](set)
    for change in changes:
        for _, kind, identity in _links(change):
            named[kind].add(identity)
    for kind, ids in named.items():
        for batch in db.batches(sorted(ids)):
            ids.difference_update(run.connection.scalars(select(kind.id).where(db.among(kind.id, batch))))
    return named


def _refuse_no_state(change: KeptChange) -> None:
    told = {"id": change.entity_id, "version": change.version}
    missing = [name for name in _always(change.entity) if change.state.get(name) is None]
    if missing or any(change.state[name] != value for name, value in told.items()):
        what = f"lacks {missing[0]}" if missing else "is of something else"
        raise Invalid(f"This is no state of a {change.entity}: it {what}.", path=("state",))


@cache
def _always(entity: EntityKind) -> list[str]:
    """Return the columns that every state has; later columns have a default, and are missing in older states."""
    (table,) = (table_of(kind) for kind in RECORDED if kind_of(kind) is entity)
    needed = [name.key for name in table.columns if not name.nullable and name.server_default is None]
    return [name for name in needed if table.c[name].default is None or name in _STAMP]
