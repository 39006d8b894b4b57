"""Full-text indexes: FTS5 on SQLite, tsvector with GIN on Postgres, behind one small interface.

Both are given the words of ``terms`` as they are, and split, fold and stem nothing themselves. A table of entries has
an ``id``, the ``entity_id`` of what it is an entry of, and its ``words``.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Double,
    Float,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import TypeDecorator

from claims_api.terms import BREAK, Asked, Phrase

# The limits of a tsvector: positions, positions of one word, bytes.
_MOST_PLACES = 16_382
_MOST_OF_A_WORD = 255
_MOST_BYTES = 1_000_000
# Words behind it share this one.
_LAST_PLACE = 16_383
_BYTES_OF_A_WORD, _BYTES_OF_A_PLACE = 5, 2


class Words(TypeDecorator[Sequence[str]]):
    """The words of an entry, in order: text with spaces between them on SQLite, a tsvector on Postgres.

    Both keep only what a tsvector can hold, so that they find the same: of one word 255 positions, and behind 16,382
    words only those that are new, without phrases.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the native type where there is one."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        """Write the words as the database takes them."""
        if value is None:
            return None
        fitting = _fitting(value)
        return _tsvector(fitting) if dialect.name == "postgresql" else " ".join(fitting)


def words_due(dialect: str, words: Sequence[str]) -> Hashable:
    """Return the words of an entry in the form in which ``words_kept`` gives those that are kept."""
    if dialect != "postgresql":
        return " ".join(_fitting(words))
    places = defaultdict[str, list[str]](list)
    for place, word in enumerate(_fitting(words), start=1):
        places[word].append(str(min(place, _LAST_PLACE)))
    return frozenset(f"'{word}':{','.join(places[word])}" for word in places if word != BREAK)


def words_kept(dialect: str, words: str) -> Hashable:
    """Return the words of an entry, which the database gives as text, in a form that can be compared."""
    return frozenset(words.split()) if dialect == "postgresql" else words


def questions(connection: Connection, **asked: Asked) -> dict[str, str]:
    """Write queries in the database's syntax, by the names of their parameters; none may be empty.

    On Postgres each has a second parameter, ``<name>_ranked``: the query without its excluded words.
    """
    if connection.dialect.name != "postgresql":
        return {name: _fts5_query(each) for name, each in asked.items()}
    ranked = {f"{name}_ranked": _tsquery_of(each) for name, each in asked.items()}
    excluding = {name: [f"!({_tsquery(phrase)})" for phrase in each.none_of] for name, each in asked.items()}
    return ranked | {name: " & ".join([ranked[f"{name}_ranked"], *excluding[name]]) for name in asked}


@cache
def found(dialect: str, entries: Table, parameter: str) -> Select[Any]:
    """Select the entries that match the query in a parameter: ``id``, ``entity_id`` and ``score`` (the best highest).

    The score is BM25's, negated, on SQLite, and ``ts_rank`` on Postgres: they compare within one query only.
    """
    if dialect == "postgresql":
        query = cast(bindparam(parameter, type_=Text()), TSQUERY)
        # Rank without the excluded words: no hit contains them.
        counted = cast(bindparam(f"{parameter}_ranked", type_=Text()), TSQUERY)
        # Double, as the driver returns it: a cursor must hold the very value.
        score: ColumnElement[float] = cast(func.ts_rank(entries.c.words, counted), Double())
        return select(entries.c.id, entries.c.entity_id, score.label("score")).where(
            entries.c.words.bool_op("@@")(query)
        )
    alone: Select[Any] = ranked(dialect, entries, parameter)
    joined = alone.join(entries, entries.c.id == alone.selected_columns.id)
    return joined.with_only_columns(entries.c.id, entries.c.entity_id, alone.selected_columns.score)


@cache
def ranked(dialect: str, entries: Table, parameter: str) -> Select[Any]:
    """Select ``id`` and ``score`` of the entries that ``found`` selects, for which SQLite needs only its index."""
    if dialect == "postgresql":
        return found(dialect, entries, parameter)
    index = _index_of(entries)
    rank = func.bm25(literal_column(index.name), type_=Float())  # the best is the lowest
    return select(index.c.rowid.label("id"), (-rank).label("score")).where(
        literal_column(index.name).bool_op("MATCH")(bindparam(parameter))
    )


@cache
def _index_of(entries: Table) -> Any:
    return table(f"{entries.name}_index", column("rowid", Integer()))


def asking_for(dialect: str, phrase: Phrase) -> str:
    """Write a query for one phrase in the database's syntax."""
    return _tsquery(phrase) if dialect == "postgresql" else _fts5(phrase)


def _fitting(words: Sequence[str]) -> Iterable[str]:
    # A few words, each of forty characters at most, are within all limits.
    return words if len(words) <= _MOST_OF_A_WORD else _cut(words)


def _cut(words: Sequence[str]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    room = _MOST_BYTES
    for place, word in enumerate(words, start=1):
        seen[word] += word != BREAK
        has_place = place < _MOST_PLACES and seen[word] <= _MOST_OF_A_WORD
        if word != BREAK and (has_place or seen[word] == 1):
            room -= _BYTES_OF_A_PLACE + (_BYTES_OF_A_WORD + len(word.encode()) if seen[word] == 1 else 0)
            if room < 0:
                return
            yield from (word,) if has_place else (BREAK, word)
        elif place <= _MOST_PLACES:
            yield BREAK


def _tsvector(words: Iterable[str]) -> str:
    # Postgres brings the places of one word together.
    return " ".join([f"'{word}':{place}" for place, word in enumerate(words, start=1) if word != BREAK])


def _tsquery(phrase: Phrase) -> str:
    said = " <-> ".join(f"'{word}'" for word in phrase.words)
    return f"{said}:*" if phrase.is_prefix else said


def _tsquery_of(asked: Asked) -> str:
    said = (" | " if asked.any_will_do else " & ").join(map(_tsquery, asked.all_of))
    return f"({said})"


def _fts5_query(asked: Asked) -> str:
    said = (" OR " if asked.any_will_do else " AND ").join(map(_fts5, asked.all_of))
    return " NOT ".join([f"({said})", *map(_fts5, asked.none_of)])


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"' + ("*" if phrase.is_prefix else "")
