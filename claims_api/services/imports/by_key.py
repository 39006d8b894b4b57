"""Resolve the keys by which records refer to each other: to ids, or to why there is none."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import literal, select

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.models.base import Recorded
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.services.imports.bulk import Bulk
from claims_api.services.imports.incoming import ExistingId, IfThere, Kind, Worded, identity_of

_TABLES: Mapping[Kind, tuple[type[Recorded], str]] = {
    Kind.SPEAKERS: (Speaker, "speaker"),
    Kind.TOPICS: (Topic, "topic"),
    Kind.SOURCES: (Source, "source"),
    Kind.PASSAGES: (Passage, "passage"),
    Kind.CLAIMS: (Claim, "claim"),
}
# The temporary tables of what this import made, by which ``Found.is_new`` is told.
_MADE = {Kind.SOURCES: staging.sources, Kind.CLAIMS: staging.claims}


# So many refused records are remembered.
_MOST_REFUSED = 10_000


class Found(NamedTuple):
    """What a key stands for; whether it is live, and whether this import made it."""

    id: str
    is_live: bool
    is_new: bool


class References:
    """Resolves the keys in one batch of records: looked up together by kind, then asked for one by one."""

    def __init__(self, bulk: Bulk, collection: str, *, with_deleted: bool = False) -> None:
        self.bulk, self.collection, self.with_deleted = bulk, collection, with_deleted
        self._found: dict[Kind, dict[str, Found]] = {}
        self._has_aliases = False
        self._refused: dict[tuple[Kind, str], int | None] = {}
        self._worded: dict[str, list[str]] = {}

    def stands_for(self, identity: str, other: str) -> None:
        """Note that the entity of this id, which follows from its key, is there already under another id."""
        self.bulk.insert(staging.aliases, [{"id": identity, "stands_for": other}])
        self._has_aliases = True

    def remember_refused(self, kind: Kind | None, key: str | None, line: int | None) -> None:
        """Remember a refused record, for the messages of records that refer to it; only the first ones."""
        if kind is None or key is None or len(self._refused) >= _MOST_REFUSED:
            return
        if kind in _TABLES and (kind, key) not in self._refused:
            self._refused[kind, key] = line

    def claims_from_before(self, keys: Iterable[str]) -> set[str]:
        """Return those of these keys of claims whose claims were there before this import."""
        by_id = {identity_of(self.collection, Kind.CLAIMS, key): key for key in keys}
        made = select(staging.claims.c.id).where(staging.claims.c.is_new == 1)
        there = select(Claim.id).where(db.among(Claim.id, list(by_id)), Claim.id.not_in(made))
        return {by_id[each] for each in self.bulk.connection.scalars(there)} if by_id else set()

    def look_up(self, kind: Kind, keys: Iterable[str | None], *, exclusively: bool = False) -> None:
        """Find the entities of these keys of one kind, and lock them FOR SHARE, or for a change if ``exclusively``."""
        stated = {key for key in keys if key is not None}
        worded = {key for key in stated if isinstance(key, Worded)}
        ids = {identity_of(self.collection, kind, key) for key in stated - worded}
        if worded:
            self._worded = self._of_words(worded)
            ids |= {each for meant in self._worded.values() for each in meant}
        aliases = self.aliases(sorted(ids))
        rows = self._rows(kind, sorted({aliases.get(each, each) for each in ids}), exclusively=exclusively)
        self._found[kind] = {each: rows[aliases.get(each, each)] for each in ids if aliases.get(each, each) in rows}

    def found(self, kind: Kind, key: str) -> Found:
        """Return what a key that was looked up stands for.

        Raises ``Invalid`` where that is nothing, or was refused or deleted.
        """
        identity = self._one_of_words(key) if isinstance(key, Worded) else identity_of(self.collection, kind, key)
        found = self._found[kind].get(identity)
        if found is None:
            raise Invalid(self._missing(kind, key), path=())
        if not found.is_live and not self.with_deleted:
            raise Invalid(f"The {_named(kind, key)} was deleted.", path=())
        return found

    def id_of(self, kind: Kind, key: str | None) -> str | None:
        """Return the id of what a key that was looked up stands for; None for no key, and for an unknown ``IfThere``.

        Raises ``Invalid`` as ``found`` does.
        """
        if key is None or (isinstance(key, IfThere) and not self._is_there(kind, key)):
            return None
        return self.found(kind, key).id

    def _missing(self, kind: Kind, key: str) -> str:
        if (kind, key) in self._refused:
            line = self._refused[kind, key]
            return f"The {_named(kind, key)} was refused" + ("." if line is None else f": line {line}.")
        return f"There is no {_named(kind, key)} before this record" + (
            "." if len(self._refused) < _MOST_REFUSED else ", or it was refused."
        )

    def _is_there(self, kind: Kind, key: str) -> bool:
        found = self._found[kind].get(identity_of(self.collection, kind, key))
        return found is not None and found.is_live

    def _of_words(self, texts: Iterable[str]) -> dict[str, list[str]]:
        """Return the ids of the live claims of these texts."""
        found: dict[str, list[str]] = defaultdict(list)
        wanted = [str(text) for text in texts]
        live = select(Claim.id, Claim.text).where(Claim.text.in_(wanted), Claim.deleted_at.is_(None))
        for row in self.bulk.connection.execute(live):
            found[row.text].append(row.id)
        return found

    def _one_of_words(self, text: str) -> str:
        found = self._worded.get(text, [])
        if len(found) != 1:
            said = "No claim has" if not found else f"{len(found)} claims have"
            raise Invalid(f"{said} exactly this text: say by its id or its key which is meant.", path=())
        return found[0]

    def aliases(self, ids: list[str]) -> Mapping[str, str]:
        """Return the other id of each of these ids that stands for an entity that is there already."""
        if not self._has_aliases or not ids:
            return {}
        table = staging.aliases.c
        rows = self.bulk.connection.execute(select(table.id, table.stands_for).where(db.among(table.id, ids)))
        return {row.id: row.stands_for for row in rows}

    def _rows(self, kind: Kind, ids: list[str], *, exclusively: bool) -> dict[str, Found]:
        if not ids:
            return {}
        table, statement = _TABLES[kind][0], _statement(kind, ids)
        locked = db.fetch_locked(self.bulk.connection, statement, of=table, exclusively=exclusively, most=len(ids))
        rows = {row.id: row for row in locked}
        found = {each: Found(each, row.deleted_at is None, row.made is not None) for each, row in rows.items()}
        if kind is Kind.SPEAKERS and not self.with_deleted:
            self._follow_mergers(found, {row.id: row.merged_into_id for row in rows.values() if row.merged_into_id})
        return found

    def _follow_mergers(self, found: dict[str, Found], merged: Mapping[str, str]) -> None:
        """Replace merged speakers by those into whom they were merged, over any number of mergers."""
        if merged:
            into = self._rows(Kind.SPEAKERS, sorted(set(merged.values())), exclusively=False)
            found |= {each: into[other] for each, other in merged.items() if other in into}


def _named(kind: Kind, key: str) -> str:
    return f"{_TABLES[kind][1]} " + (f"with the id {key}" if isinstance(key, ExistingId) else f"with the key {key!r}")


def _statement(kind: Kind, ids: list[str]) -> Any:
    table = _TABLES[kind][0]
    more: list[Any] = [Speaker.merged_into_id] if table is Speaker else []
    made = _MADE.get(kind)
    statement = select(
        table.id, table.deleted_at, literal(None).label("made") if made is None else made.c.id.label("made"), *more
    )
    if made is not None:
        statement = statement.outerjoin(made, made.c.id == table.id)
    return statement.where(db.among(table.id, ids)).order_by(table.id)
