"""Find the places of many quotes at once, and the passages that are kept there."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select

from claims_api import db, metrics
from claims_api.errors import Failure
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.services import passages
from claims_api.services.anchoring import Quote
from claims_api.services.imports.bulk import Bulk, Row

Columns = dict[str, Any]
Place = tuple[Any, ...]


class AskedQuote(NamedTuple):
    """A quote, and the id of the existing source that it is from."""

    source_id: str
    quote: Quote


class Newest(NamedTuple):
    """The newest text of a source, and the id of its version."""

    id: str
    text: str


def places(bulk: Bulk, asked: Sequence[AskedQuote]) -> list[Columns | Failure]:
    """Return, for each quote in turn, the columns of a passage at its place, or the failure that says why it has none.

    Those failures, which ``passages.columns`` raises, are returned and not raised: each refuses one record alone.
    """
    found: dict[int, Columns | Failure] = {}
    by_source: dict[str, list[int]] = defaultdict(list)
    for index, each in enumerate(asked):
        by_source[each.source_id].append(index)
    for source_id, newest in _newest(bulk, by_source):
        for index in by_source[source_id]:
            found[index] = _place(source_id, newest, asked[index].quote)
    placed = [found[index] for index in range(len(asked))]
    for result, number in Counter(map(passages.result_of, placed)).items():
        if result is not None:
            metrics.count_anchoring(result, number)
    return placed


def standing(bulk: Bulk, wanted: Iterable[Row]) -> dict[Place, str]:
    """Return the ids of the live passages that stand at the places of these columns already, by ``place_of``."""
    spans = {place_of(each) for each in wanted if each.get("source_version_id") is not None}
    words = {place_of(each) for each in wanted if each.get("source_version_id") is None}
    return {**_at_spans(bulk, spans), **_by_words(bulk, words)}


def place_of(columns: Row) -> Place:
    """Return the key that is equal for equal passages: version and span, or without a text source and quoted words."""
    if columns.get("source_version_id") is None:
        return columns["source_id"], columns["exact"], columns["prefix"], columns["suffix"]
    return columns["source_version_id"], columns["start"], columns["end"]


def _place(source_id: str, newest: Newest | None, quote: Quote) -> Columns | Failure:
    try:
        return passages.columns(source_id, newest, quote)
    except Failure as failure:
        return failure


def _newest(bulk: Bulk, source_ids: Iterable[str]) -> Iterator[tuple[str, Newest | None]]:
    """Give the newest texts of sources, few at a time."""
    newest = (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version)
    lengths = select(Source.id, func.coalesce(SourceVersion.length, 0).label("length")).outerjoin(SourceVersion, newest)
    texts = select(Source.id, SourceVersion.id.label("version_id"), SourceVersion.text).outerjoin(SourceVersion, newest)
    for part in db.by_length(bulk.connection.execute(lengths.where(db.among(Source.id, source_ids)))):
        for row in bulk.connection.execute(texts.where(db.among(Source.id, part))):
            yield row.id, None if row.version_id is None else Newest(row.version_id, row.text)


def _at_spans(bulk: Bulk, spans: set[Place]) -> dict[Place, str]:
    if not spans:
        return {}
    columns = Passage.source_version_id, Passage.start, Passage.end
    live = select(Passage.id, *columns).where(Passage.deleted_at.is_(None), db.among_rows(columns, sorted(spans)))
    rows = db.fetch_locked(bulk.connection, live, of=Passage, most=len(spans))
    return {(row.source_version_id, row.start, row.end): row.id for row in rows}


def _by_words(bulk: Bulk, words: set[Place]) -> dict[Place, str]:
    if not words:
        return {}
    columns = Passage.source_id, Passage.exact, Passage.prefix, Passage.suffix
    live = select(Passage.id, *columns).where(Passage.deleted_at.is_(None), Passage.source_version_id.is_(None))
    # No index holds quotes of any length: passages are found by their source, and the quotes compared.
    those = db.among(Passage.source_id, {each[0] for each in words}), db.among_rows(columns, sorted(words))
    rows = db.fetch_locked(bulk.connection, live.where(*those), of=Passage, most=len(words))
    return {(row.source_id, row.exact, row.prefix, row.suffix): row.id for row in rows}
