"""Find the entries of search that share the most words with a text, weighted by how rare these are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from heapq import nsmallest
from itertools import chain

import orjson
from sqlalchemy import Connection, Float, Table, column, text

from claims_api.db.fulltext import asking_for
from claims_api.db.prepared import Prepared
from claims_api.db.types import Json
from claims_api.terms import Phrase

# Of a word in more entries only the newest are read: all would take too much memory.
_MOST_HAVING = 50_000

_HAVING = {
    "sqlite": (
        "SELECT said.value AS weight, (SELECT json_group_array(id) FROM"
        " (SELECT rowid AS id FROM {name}_index WHERE {name}_index MATCH said.key ORDER BY rowid DESC LIMIT {most})"
        ") AS ids FROM json_each(:said) AS said"
    ),
    # OFFSET 0 keeps Postgres from scanning the newest rows by id for some that have the word.
    "postgresql": (
        "SELECT said.value::float AS weight, (SELECT coalesce(json_agg(id), '[]') FROM"
        " (SELECT id FROM (SELECT id FROM {name} WHERE words @@ said.key::tsquery OFFSET 0) AS those"
        " ORDER BY id DESC LIMIT {most})"
        " AS newest) AS ids FROM json_each_text(CAST(:said AS json)) AS said"
    ),
}

# Here, too, OFFSET 0 and the order keep Postgres from looking through all entries for the first few.
_SHARING = {
    "sqlite": "SELECT rowid AS id FROM {name}_index WHERE {name}_index MATCH :said LIMIT :most",
    "postgresql": (
        "SELECT id FROM (SELECT id FROM {name} WHERE words @@ CAST(:said AS tsquery) OFFSET 0) AS those"
        " ORDER BY id DESC LIMIT :most"
    ),
}


def sharing_two(connection: Connection, entries: Table, words: Sequence[str], *, most: int) -> list[int] | None:
    """Return the ids of all entries that have at least two of these words; None where they are more than ``most``."""
    dialect = connection.dialect.name
    said = [asking_for(dialect, Phrase((word,))) for word in words]
    both, either = (" AND ", " OR ") if dialect == "sqlite" else (" & ", " | ")
    # Each word with one of those behind it: FTS5 looks a word up as often as it is named.
    pairs = [f"({word}{both}({either.join(said[place:])}))" for place, word in enumerate(said[:-1], start=1)]
    rows = _sharing(dialect, entries.name).rows(connection, said=either.join(pairs), most=most + 1)
    return None if len(rows) > most else [row.id for row in rows]


def nearest(
    connection: Connection, entries: Table, weights: Mapping[str, float], *, limit: int, least: int = 1
) -> list[tuple[int, float]]:
    """Return the ids of up to ``limit`` entries, each with the sum of the weights of its words, the greatest sum first.

    Each has ``least`` of the words or more. ``word*`` stands for all words that begin so. Of a word that stands in more
    than 50,000 entries, only the newest count.
    """
    dialect = connection.dialect.name
    said = {asking_for(dialect, _starred(word)): weight for word, weight in weights.items()}
    rows = _having(dialect, entries.name).rows(connection, said=orjson.dumps(said).decode())
    # Grouped here: the databases would sort all the rows for it, which takes twice as long.
    numbers = Counter(chain.from_iterable(row.ids for row in rows))
    sums = dict.fromkeys((entry_id for entry_id, number in numbers.items() if number >= least), 0.0)
    for row in rows:
        for entry_id in sums.keys() & row.ids:
            sums[entry_id] += row.weight
    return nsmallest(limit, sums.items(), key=lambda each: (-each[1], each[0]))


def _starred(word: str) -> Phrase:
    return Phrase((word.removesuffix("*"),), is_prefix=word.endswith("*"))


@cache
def _sharing(dialect: str, name: str) -> Prepared:
    """Select the ids of the entries that answer a question."""
    return Prepared(text(_SHARING[dialect].format(name=name)).columns(column("id")))


@cache
def _having(dialect: str, name: str) -> Prepared:
    """Select each word's weight and the ids of the entries that have it."""
    found = text(_HAVING[dialect].format(name=name, most=_MOST_HAVING))
    return Prepared(found.columns(column("weight", Float()), column("ids", Json)))
