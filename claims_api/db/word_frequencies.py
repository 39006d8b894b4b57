"""Estimate how common words are in a search index: from FTS5's vocabulary table, or from Postgres's statistics."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Connection, Pool, Table, column, text
from sqlalchemy.orm import Session

from claims_api.db.frequency_cache import Known, Numbers, Told
from claims_api.db.prepared import Prepared

_LAST = "\U0010ffff"
_REMEMBERED: WeakKeyDictionary[Pool, dict[str, Numbers]] = WeakKeyDictionary()
_TOLD: WeakKeyDictionary[Pool, dict[str, Told]] = WeakKeyDictionary()


def count_words(session: Session, tables: Iterable[Table]) -> None:
    """ANALYZE the tables on Postgres, which would otherwise do so by itself a minute or so later."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {', '.join(table.name for table in tables)}"))


@dataclass(frozen=True)
class Frequencies:
    """Estimates of how many entries there are, and in how many of them each word stands; a word that lacks is rare."""

    total: float
    numbers: Mapping[str, float]


def frequencies(connection: Connection, entries: Table, words: Iterable[str]) -> Frequencies:
    """Estimate how common words are, quickly: cached counts on SQLite, statistics on Postgres.

    ``word*`` stands for all words that begin so.
    """
    if connection.dialect.name == "postgresql":
        told = _TOLD.setdefault(connection.engine.pool, {}).setdefault(entries.name, Told())
        known = told.of(lambda: _told(_STATISTICS.rows(connection, name=entries.name)[0]))
        return Frequencies(known.total, {word: known.total * _part(known, word) for word in words})
    remembered = _REMEMBERED.setdefault(connection.engine.pool, {}).setdefault(entries.name, Numbers())
    # The highest id stands for the number of entries: there are gaps, but an estimate is enough.
    (newest,) = _newest(entries.name).rows(connection)
    total = newest.id or 1
    return Frequencies(total, remembered.of(words, total, lambda asked: _counted(connection, entries.name, asked)))


def _counted(connection: Connection, name: str, words: list[str]) -> dict[str, float]:
    beginnings = [word for word in words if word.endswith("*")]
    whole = orjson.dumps([word for word in words if not word.endswith("*")]).decode()
    found = {row.word: row.number for row in _vocabulary(name).rows(connection, words=whole)}
    if beginnings:
        spans = orjson.dumps([[word, word[:-1], word[:-1] + _LAST] for word in beginnings]).decode()
        found |= {row.word: row.number for row in _beginnings(name).rows(connection, words=spans)}
    return found


def _told(row: Any) -> Known:
    # Behind the parts of the words Postgres adds the least, the greatest, and that of nulls.
    parts = dict(sorted(zip(row.words or (), row.parts or (), strict=False)))
    return Known(max(row.total, 1.0), parts, list(parts))


def _part(known: Known, word: str) -> float:
    if not word.endswith("*"):
        return known.parts.get(word, 0.0)
    first, behind = bisect_left(known.words, word[:-1]), bisect_right(known.words, word[:-1] + _LAST)
    return sum(known.parts[each] for each in known.words[first:behind])


_STATISTICS = Prepared(
    text(
        "SELECT c.reltuples AS total, s.most_common_elems::text::text[] AS words, s.most_common_elem_freqs AS parts"
        " FROM pg_class AS c LEFT JOIN pg_stats AS s"
        " ON s.schemaname = current_schema() AND s.tablename = c.relname AND s.attname = 'words'"
        " WHERE c.oid = to_regclass(:name)"
    ).columns(column("total"), column("words"), column("parts"))
)


@cache
def _newest(name: str) -> Prepared:
    return Prepared(text(f"SELECT max(id) FROM {name}").columns(column("id")))  # noqa: S608  # names of ours


@cache
def _vocabulary(name: str) -> Prepared:
    words = text(f"SELECT term, doc FROM json_each(:words) AS w CROSS JOIN {name}_words ON term = w.value")  # noqa: S608
    return Prepared(words.columns(column("word"), column("number")))


@cache
def _beginnings(name: str) -> Prepared:
    words = text(
        f"SELECT json_extract(w.value, '$[0]'), sum(doc) FROM json_each(:words) AS w CROSS JOIN {name}_words"  # noqa: S608
        " ON term >= json_extract(w.value, '$[1]') AND term <= json_extract(w.value, '$[2]') GROUP BY 1"
    )
    return Prepared(words.columns(column("word"), column("number")))
