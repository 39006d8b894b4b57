"""Cut a text wherever a passage begins or ends, so that a client can draw it without cutting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection

from claims_api.errors import Invalid
from claims_api.queries import annotated as queries
from claims_api.queries import evidence, sources, versions
from claims_api.queries.rows import AnyRow

# Each segment repeats the passages that cover it: where many overlap, the answer grows with their square. It is bounded
# to so many characters; estimated are those of a passage, and of a link beside the words of its claim.
_MOST = 20_000_000
_PASSAGE = 100
_LINK = 250


@dataclass(frozen=True)
class Mark:
    """A passage's span in code points, half-open; ``weight`` is about how many characters it takes in the answer."""

    passage_id: str
    start: int
    end: int
    weight: int = _PASSAGE


@dataclass(frozen=True)
class Segment:
    """A stretch of a text, in code points, half-open, and the passages that cover it.

    Those that begin first come first, of these the longest.
    """

    start: int
    end: int
    passage_ids: Sequence[str]


@dataclass(frozen=True)
class Annotated:
    """A version of a source, cut; a source without a text has no version, and nothing to cut.

    ``passages`` are by id, ``links`` by the passage's id.
    """

    source: AnyRow
    version: AnyRow | None
    segments: Sequence[Segment]
    passages: Mapping[str, AnyRow]
    links: Mapping[str, Sequence[AnyRow]]


def annotate(connection: Connection, source_id: str, *, number: int | None = None) -> Annotated:
    """Cut a version of a source, the newest if none is named.

    Raises ``NotFound`` for an unknown source or version, and ``Invalid`` where far too many passages overlap.
    """
    source = sources.one(connection, source_id)
    number = number or source.current_version_number
    if number is None:
        return Annotated(source, None, (), {}, {})
    version = versions.one(connection, source_id, number)
    passages = {row.id: row for row in queries.passages(connection, source_id, number)}
    links = evidence.upon(connection, source_id)
    marks = [Mark(row.id, row.start, row.end, _weight(links.get(row.id, ()))) for row in passages.values()]
    return Annotated(source, version, list(segments(len(version.text), marks)), passages, links)


def segments(length: int, marks: Iterable[Mark], *, most: int = _MOST) -> Iterator[Segment]:
    """Cut a text of ``length`` code points where a passage begins or ends; the segments, in order, cover all of it.

    Raises ``Invalid`` where telling the passages of each segment would take more than ``most`` characters.
    """
    # Spans outside of the text are corrupt: `claims-api verify` reports them.
    inside = [mark for mark in marks if 0 <= mark.start < mark.end <= length]
    in_order = sorted(inside, key=lambda mark: (mark.start, -mark.end, mark.passage_id))
    edges = sorted({0, length, *(mark.start for mark in in_order), *(mark.end for mark in in_order)})
    covering: dict[str, Mark] = {}
    told, place = 0, 0
    for start, end in pairwise(edges):
        covering = {each: mark for each, mark in covering.items() if mark.end > start}
        while place < len(in_order) and in_order[place].start == start:
            covering[in_order[place].passage_id] = in_order[place]
            place += 1
        told += sum(mark.weight for mark in covering.values())
        if told > most:
            raise Invalid("Too many passages overlap to tell each on all its segments; its source tells each once.")
        yield Segment(start, end, list(covering))


def _weight(links: Sequence[AnyRow]) -> int:
    return _PASSAGE + sum(_LINK + len(link.text) for link in links)
