"""Find sentences of stored sources that may be evidence for or against a claim; which of the two, people decide."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from claims_api import db
from claims_api.models.base import table_of
from claims_api.models.search import SectionEntry
from claims_api.queries import similar as queries
from claims_api.queries.rows import AnyRow
from claims_api.services.likeness import telling
from claims_api.services.texts.sections import sentences
from claims_api.terms import Term, terms, words

_POOL, _ENTRIES = 100, 1000
# Longer words are compared by their beginnings, as a crude stemming.
_STEM = 6
_OF_SENTENCE = 0.4
# The score's factor for each further sentence of a source, so that one source does not crowd out the others.
_FURTHER = 0.7

Places = Mapping[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class Candidate:
    """A sentence of a source, ``text[start:end]`` in code points, and how much it shares with a claim.

    ``score`` is the part of the claim's words, weighted by how rare they are, that stands in the sentence or around it,
    from 0 to 1; less for further sentences of one source.
    """

    source_id: str
    title: str
    start: int
    end: int
    exact: str
    score: float


def find(connection: Connection, claim_id: str, text: str, *, limit: int) -> list[Candidate]:
    """Return the sentences that may bear on a claim and are not linked to it yet, the likeliest first."""
    stems = [_stem(word) for word in dict.fromkeys(words(text))]
    entries = table_of(SectionEntry)
    weights = telling(db.frequencies(connection, entries, stems), stems, room=_ENTRIES)
    pool = db.nearest(connection, entries, weights, limit=_POOL)
    rows = queries.sections(connection, [entry_id for entry_id, _ in pool]) if pool else ()
    taken = _places(queries.linked(connection, claim_id))
    found = [each for same in _by_source(rows) for each in _of_source(same, weights) if not _is_taken(each, taken)]
    return _spread_out(found)[:limit]


def _stem(word: str) -> str:
    return f"{word[:_STEM]}*" if len(word) > _STEM else word


def _by_source(rows: Iterable[AnyRow]) -> Iterable[list[AnyRow]]:
    sources: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        sources[row.source_id].append(row)
    return sources.values()


def _of_source(rows: Sequence[AnyRow], weights: Mapping[str, float]) -> Iterator[Candidate]:
    said = [_stems(terms(row.text)) for row in rows]
    title = {stem for stem, _ in _stems(terms(rows[0].source_title))}
    around = _share({stem for each in said for stem, _ in each} | title, weights) * (1 - _OF_SENTENCE)
    for row, stems in zip(rows, said, strict=True):
        for start, end in sentences(row.text):
            here = {stem for stem, place in stems if start <= place < end}
            score = around + _share(here, weights) * _OF_SENTENCE
            place = row.start + start, row.start + end
            yield Candidate(row.source_id, row.source_title, *place, row.text[start:end], score)


def _stems(found: Iterable[Term]) -> list[tuple[str, int]]:
    return [(_stem(term.word), term.start) for term in found]


def _share(stems: Set[str], weights: Mapping[str, float]) -> float:
    return sum(weight for stem, weight in weights.items() if stem in stems) / sum(weights.values())


def _places(rows: Iterable[AnyRow]) -> Places:
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        places[row.source_id].append((row.start, row.end))
    return places


def _is_taken(candidate: Candidate, taken: Places) -> bool:
    spans = taken.get(candidate.source_id, ())
    return any(start < candidate.end and candidate.start < end for start, end in spans)


def _spread_out(found: Iterable[Candidate]) -> list[Candidate]:
    seen: Counter[str] = Counter()
    discounted = []
    for each in sorted(found, key=_rank):
        discounted.append(replace(each, score=round(each.score * _FURTHER ** seen[each.source_id], 4)))
        seen[each.source_id] += 1
    return sorted(discounted, key=_rank)


def _rank(candidate: Candidate) -> tuple[float, str, int]:
    return -candidate.score, candidate.source_id, candidate.start
