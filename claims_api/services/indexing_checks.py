"""The check of what search finds: each entry against the words that it would be made of now."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, exists, func, literal, select

from claims_api import db
from claims_api.models.base import table_of
from claims_api.models.search import Entry, Filling
from claims_api.models.sources import Source, SourceVersion
from claims_api.queries.rows import by_id
from claims_api.services import indexing
from claims_api.services.findings import Observer, number_of

ById = Mapping[str, list[Any]]
_OTHER_RULES = "all were made by other rules: run `claims-api db upgrade`"


def strays(connection: Connection, observer: Observer) -> tuple[int, list[str]]:
    """Return how many live entities there are to be found, and what is wrong.

    That is the sorted ids of those whose entries are not what would be made of them now, and of what has entries and is
    not live.
    """
    number, wrong = 0, set[str]()
    if connection.execute(select(Filling.made_by)).scalar() not in {None, indexing.RULES}:
        return number, [_OTHER_RULES]
    for kind, entries in indexing.INDEXED.items():
        for entry in entries:
            wrong |= set(connection.scalars(_left(kind, entry)))
        for each, is_alike in observer.seen(_compared(connection, kind), number_of(connection, kind.id)):
            number += 1
            wrong |= set() if is_alike else {each}
    return number, sorted(wrong)


def _left(kind: Any, entry: type[Entry]) -> Any:
    live = exists().where(kind.id == entry.entity_id, kind.deleted_at.is_(None))
    return select(entry.entity_id).where(~live).distinct()


def _compared(connection: Connection, kind: Any) -> Iterator[tuple[str, bool]]:
    """Yield the id of each live entity, and whether its entries are those that would be made of it now."""
    for ids in _live(connection, kind):
        pairs = [_kept_and_due(connection, *made) for made in indexing.made(connection, kind, ids).items()]
        yield from ((each, all(kept[each] == due[each] for kept, due in pairs)) for each in ids)


def _live(connection: Connection, kind: Any) -> Iterator[list[str]]:
    """Yield the ids of live entities, of as many as fit into memory with their texts."""
    statement = select(kind.id, literal(0).label("length")).where(kind.deleted_at.is_(None))
    if kind is Source:
        newest = (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version)
        length = func.coalesce(SourceVersion.length, 0).label("length")
        statement = select(Source.id, length).outerjoin(SourceVersion, newest).where(Source.deleted_at.is_(None))
    for rows in by_id(connection, statement, kind.id, {}):
        yield from db.by_length(rows)


def _kept_and_due(connection: Connection, entry: type[Entry], made: Sequence[indexing.Row]) -> tuple[ById, ById]:
    """Return the entries that are kept and those that were made, by what they are of, in their order."""
    kept, due, dialect = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list), connection.dialect.name
    beside = [column for column in table_of(entry).columns if column.name not in {"id", "entity_id", "words"}]
    for row in made:
        due[row["entity_id"]].append((db.words_due(dialect, row["words"]), *(row[each.name] for each in beside)))
    these = select(entry.entity_id, entry.words, *beside).where(db.among(entry.entity_id, list(due)))
    for identity, words, *values in connection.execute(these.order_by(entry.id)):
        kept[identity].append((db.words_kept(dialect, words), *values))
    return kept, due
