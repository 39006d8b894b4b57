"""Full-text search over claims, sources and passages: the statements for a page of hits.

A source is found where all words stand anywhere in it, and each phrase within one section; a claim by its text and the
names of its speaker, a passage by its quote.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from claims_api import db, errors
from claims_api.models.base import table_of
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.search import ClaimEntry, Entry, PassageEntry, SectionEntry, SourceEntry
from claims_api.models.sources import Source
from claims_api.models.words import Findable
from claims_api.queries import claims, hits
from claims_api.queries.paging import Page, Window, moment_in, sorts, written
from claims_api.queries.rows import AnySelect
from claims_api.terms import Asked, Phrase
from claims_api.text import name_key

RELEVANCE = "relevance"
ORDERS = (RELEVANCE, "-created_at")
# Bounds the cache: clients can ask questions of any number of shapes.
MOST_STATEMENTS = 200
_PAGE: tuple[Any, Any] = bindparam("row_limit"), bindparam("row_offset")
# The key of a statement: the database, the kinds, the filters, and the shape of the question.
What = tuple[str, tuple[Findable, ...], frozenset[str], tuple[int, int]]

_ENTRIES: dict[Findable, type[Entry]] = {
    Findable.CLAIM: ClaimEntry,
    Findable.SOURCE: SourceEntry,
    Findable.PASSAGE: PassageEntry,
}
_OF_CLAIMS = {
    name: claims.FILTERS[name] for name in ("speaker_id", "speaker", "topic", "is_supported", "is_contradicted")
}
_PUBLISHER = {"publisher": Source.publisher == bindparam("publisher")}

_NEWEST = {
    kind: sorts(entity.id, created_at=entity.created_at)["-created_at"]
    for kind, entity in ((Findable.CLAIM, Claim), (Findable.SOURCE, Source), (Findable.PASSAGE, Passage))
}


def _year(date: Any) -> dict[str, ColumnElement[bool]]:
    return {"year": func.substr(date, 1, 4) == bindparam("year")}


# The filters of each kind; a kind that lacks a given filter is not searched.
_FILTERS: dict[Findable, Mapping[str, ColumnElement[bool]]] = {
    Findable.CLAIM: {**_OF_CLAIMS, **_year(Claim.claim_date)},
    Findable.SOURCE: {**_PUBLISHER, **_year(Source.published_at)},
    Findable.PASSAGE: {**_PUBLISHER, **_year(Source.published_at)},
}


def page(connection: Connection, asked: Asked, *, kind: Findable | None, window: Window, **filters: Any) -> Page:
    """Read a page of what answers a question, best first or newest first: its kind, id, score, and what is shown of it.

    Equal scores are ordered by when they were last indexed, the latest first. Raises ``Malformed`` for a cursor of an
    older version.
    """
    kinds, values = narrowed(kind, filters)
    if not asked.all_of or not kinds:
        return Page([], None)
    what = connection.dialect.name, kinds, frozenset(values), shape_of(asked)
    behind = _behind(window)
    statement = _statement(what, window.sort, is_further="after_id" in behind)
    reach = {"row_limit": window.limit + 1, "row_reach": behind["row_offset"] + window.limit + 1}
    found = db.fetched(connection, statement, {**values, **questions(connection, asked), **behind, **reach})
    if len(found) <= window.limit:
        return Page(found, None)
    last = found[window.limit - 1]
    ends = (behind["row_offset"] + window.limit, "") if window.sort == RELEVANCE else (written(last.sort_key), last.id)
    return Page(found[: window.limit], ends)


def _behind(window: Window) -> dict[str, Any]:
    """Return the parameters of a page's beginning.

    By relevance that is an offset: scores change with every write, but most hits keep their order.
    """
    if window.position is None:
        return {"row_offset": 0}
    value, place = window.position
    if window.sort != RELEVANCE:
        return {"row_offset": 0, "after_value": moment_in(value), "after_id": place}
    if place:
        raise errors.Malformed("The cursor was made by an older version of this service.")
    return {"row_offset": value}


def narrowed(kind: Findable | None, filters: Mapping[str, Any]) -> tuple[tuple[Findable, ...], dict[str, Any]]:
    """Return the kinds that these filters apply to, and the values that are given, names as ``text.name_key``."""
    values = {name: value for name, value in filters.items() if value is not None}
    for name in values.keys() & {"speaker", "topic"}:
        values[name] = name_key(values[name])
    kinds = tuple(each for each in Findable if kind in {None, each} and values.keys() <= _FILTERS[each].keys())
    return kinds, values


def shape_of(asked: Asked) -> tuple[int, int]:
    """Return how many phrases of several words are asked for and excluded: one statement serves all such queries."""
    return len(_phrases(asked.all_of)), len(_phrases(asked.none_of))


def _phrases(of: Iterable[Phrase]) -> list[Phrase]:
    return [phrase for phrase in of if len(phrase.words) > 1]


def _single(of: Iterable[Phrase]) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in of if len(phrase.words) == 1)


def questions(connection: Connection, asked: Asked) -> dict[str, str]:
    """Return a query's parameters, in the database's syntax, for the statement of its shape."""
    each = [
        Phrase((word,))
        for phrase in _phrases(asked.all_of)
        for word in phrase.words[: -1 if phrase.is_prefix else None]
    ]
    last = [Phrase(phrase.words[-1:], is_prefix=True) for phrase in _phrases(asked.all_of) if phrase.is_prefix]
    anywhere = Asked((*_single(asked.all_of), *each, *last), _single(asked.none_of))
    alone = {
        f"{name}_{place}": Asked((phrase,))
        for name, of in (("phrase", asked.all_of), ("without", asked.none_of))
        for place, phrase in enumerate(_phrases(of))
    }
    return db.questions(connection, whole=asked, anywhere=anywhere, **alone)


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(what: What, order: str, *, is_further: bool) -> AnySelect:
    dialect, kinds, chosen, shape = what
    # With several kinds, all of the page and of those before it may be of a single kind.
    reach = _PAGE if len(kinds) == 1 else (bindparam("row_reach"), literal_column("0"))
    if order == RELEVANCE:
        parts = [_best(dialect, kind, chosen, shape, reach=reach) for kind in kinds]
    else:
        parts = [_newest(dialect, kind, chosen, shape, reach=reach, is_further=is_further) for kind in kinds]
    if len(parts) == 1:
        # It has only the page's rows: without a subquery SQLite does not sort them a second time.
        shown = hits.shown(parts[0], kinds, parts[0].selected_columns.id)
        return shown.order_by(literal_column("sort_key").desc(), literal_column("place").desc())
    every = union_all(*parts).subquery()
    limit, offset = _PAGE
    best = select(every).order_by(every.c.sort_key.desc(), every.c.place.desc()).limit(limit).offset(offset).subquery()
    return hits.shown(select(best), kinds, best.c.id).order_by(best.c.sort_key.desc(), best.c.place.desc())


def _best(
    dialect: str, kind: Findable, chosen: frozenset[str], shape: tuple[int, int], *, reach: tuple[Any, Any]
) -> Select[Any]:
    """Select the best hits of one kind; where the index alone can rank them, the entries of only these are joined."""
    entries = table_of(_ENTRIES[kind])
    is_narrowed = chosen or (kind is Findable.SOURCE and any(shape))
    matching = _matching(dialect, kind, chosen, shape) if is_narrowed else db.ranked(dialect, entries, _asked_as(kind))
    columns = matching.selected_columns
    first = matching.order_by(columns.score.desc(), columns.id.desc()).limit(reach[0]).offset(reach[1]).subquery()
    return _shown(kind, entries, first, first.c.score, _place(first.c.id, kind))


def _newest(
    dialect: str,
    kind: Findable,
    chosen: frozenset[str],
    shape: tuple[int, int],
    *,
    reach: tuple[Any, Any],
    is_further: bool,
) -> Select[Any]:
    """Select the hits of one kind that were made last."""
    entries, sort = table_of(_ENTRIES[kind]), _NEWEST[kind]
    matching = _matching(dialect, kind, chosen, shape, is_joined=True).add_columns(sort.column.label("made"))
    if is_further:
        matching = matching.where(sort.after())
    first = matching.order_by(*sort.order()).limit(reach[0]).offset(reach[1]).subquery()
    return _shown(kind, entries, first, first.c.made, entries.c.entity_id)


def _shown(kind: Findable, entries: Any, first: Any, key: ColumnElement[Any], place: ColumnElement[Any]) -> Select[Any]:
    named = literal(kind.value, Text()).label("kind"), entries.c.entity_id.label("id")
    columns = *named, first.c.score, key.label("sort_key"), place.label("place")
    return select(*columns).join(entries, entries.c.id == first.c.id)


def _place(entry_id: Any, kind: Findable) -> ColumnElement[int]:
    """Return a number that is unique among the entries of all kinds."""
    return cast(entry_id, BigInteger()) * len(Findable) + list(Findable).index(kind)


def found(dialect: str, kinds: Iterable[Findable], chosen: frozenset[str], shape: tuple[int, int]) -> Any:
    """Select the ids of all that matches queries of a shape (``shape_of``) under the filters that are ``chosen``."""
    matching = [_matching(dialect, kind, chosen, shape) for kind in kinds]
    parts = [each.with_only_columns(each.selected_columns.entity_id.label("id")) for each in matching]
    return parts[0] if len(parts) == 1 else union_all(*parts)


def _asked_as(kind: Findable) -> str:
    return "anywhere" if kind is Findable.SOURCE else "whole"


def _matching(
    dialect: str, kind: Findable, chosen: frozenset[str], shape: tuple[int, int], *, is_joined: bool = False
) -> Select[Any]:
    entries = table_of(_ENTRIES[kind])
    statement = db.found(dialect, entries, _asked_as(kind))
    if kind is Findable.SOURCE:
        statement = statement.where(*_with_phrases(dialect, entries, shape))
    if not chosen and not is_joined:
        return statement
    return _joined(statement, kind, entries).where(*(_FILTERS[kind][name] for name in sorted(chosen)))


def _with_phrases(dialect: str, entries: Any, shape: tuple[int, int]) -> list[ColumnElement[bool]]:
    phrases, excluded = shape
    return [
        *(entries.c.entity_id.in_(_in_sections(dialect, f"phrase_{place}")) for place in range(phrases)),
        *(entries.c.entity_id.not_in(_in_sections(dialect, f"without_{place}")) for place in range(excluded)),
    ]


def _in_sections(dialect: str, parameter: str) -> AnySelect:
    sections = table_of(SectionEntry)
    return db.found(dialect, sections, parameter).with_only_columns(sections.c.entity_id)


def _joined(statement: Select[Any], kind: Findable, entries: Any) -> Select[Any]:
    if kind is Findable.CLAIM:
        return statement.join(Claim, Claim.id == entries.c.entity_id)
    if kind is Findable.SOURCE:
        return statement.join(Source, Source.id == entries.c.entity_id)
    passage = statement.join(Passage, Passage.id == entries.c.entity_id)
    return passage.join(Source, Source.id == Passage.source_id)
