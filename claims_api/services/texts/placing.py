"""Find the place of a passage again in a newer text of its source, or say why there is none.

The steps:

1. Where all the words still stand in their place among the others (``alignment``), they are there: ``exact`` at the
   same offsets, ``moved`` at others, ``changed`` where only the typography differs.
2. Else the same words are looked for, byte for byte, where they are not those of another place of the old text. One
   place is the place if the words are many, or if what stands around agrees; several are decided by what stands around.
3. Else what resembles the words is looked for (``resembling``): where they stood, then wherever the text is new. What
   is found so is ``changed``, for a person to confirm.

A place that cannot be told from another one is none. Offsets are Unicode code points, half-open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from claims_api.models.words import AnchorState, OrphanedBecause
from claims_api.services.texts.alignment import Alignment, Pairing, align
from claims_api.services.texts.resembling import Likeness, Resembling, similarity
from claims_api.services.texts.wording import Wording

# Words in more places than these are not told apart by their context.
_MOST_PLACES = 100
_MOST_LOOKED_AT = 1_000
_MOST_CANDIDATES = 10
# So many words and letters are hardly the same by chance.
_MANY_WORDS, _MANY_LETTERS = 4, 20
# So many equal words and letters on one side decide where a short passage belongs.
_AROUND_WORDS, _AROUND_LETTERS = 2, 6
_MOST_AROUND = 12
_MANY_UNSPACED = 10
# The least similarity where the words stood, and anywhere else; short passages need the latter everywhere.
_LEAST_HERE, _LEAST_ELSEWHERE = 0.75, 0.85
_FEW_WORDS = 2
# By how much the best place must be better than the next one.
_CLEARLY = 0.05


@dataclass(frozen=True)
class Placed:
    """Where a passage stands in the newer text, and how similar its words are (from 0 to 1).

    Without a place it is orphaned, for a reason; ``candidates`` are the spans, ten at most, that it may stand at.
    """

    state: AnchorState
    start: int | None = None
    end: int | None = None
    similarity: float = 0.0
    reason: OrphanedBecause | None = None
    candidates: tuple[tuple[int, int], ...] = ()


GONE = Placed(AnchorState.ORPHANED, reason=OrphanedBecause.GONE)


def place_all(old: str, new: str, spans: Sequence[tuple[int, int]]) -> list[Placed]:
    """Return for each span of the old text, in the order given, its place in the new one."""
    return Placing(align(old, new)).places(spans)


@dataclass(frozen=True)
class _Words:
    """A passage: its span, and the words that it touches."""

    start: int
    end: int
    first: int
    last: int


class Placing:
    """Finds passages of one version of a text in a newer one; what is computed for both texts is computed once."""

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment
        self.old, self.new = alignment.old, alignment.new

    def places(self, spans: Sequence[tuple[int, int]]) -> list[Placed]:
        """Return the place in the new text of each span of the old one, in the order given."""
        asked = [_Words(*span, *self.old.covering(*span)) for span in spans]
        found = [self._in_line(words) or self._elsewhere(words) for words in asked]
        lost = [(words.first, words.last) for words, placed in zip(asked, found, strict=True) if placed is None]
        alike = Resembling(self.alignment, lost)
        return [placed or self._alike(alike, words) for words, placed in zip(asked, found, strict=True)]

    # 1. In its place among the others

    def _in_line(self, words: _Words) -> Placed | None:
        if words.first >= words.last:
            return GONE
        firsts = {pairing.new_of(words.first, words.last) for pairing in self._pairings}
        if len(firsts) > 1 or None in firsts:
            return None
        return self._at(words, firsts.pop() or 0)

    @property
    def _pairings(self) -> tuple[Pairing, Pairing]:
        return self.alignment.forwards, self.alignment.backwards

    def _at(self, words: _Words, first: int) -> Placed:
        """Return the place that begins with this new word and has the same words as the passage."""
        last = first + words.last - words.first
        start = self.new.starts[first] + words.start - self.old.starts[words.first]
        if start >= 0 and self._exactly(words, start):
            return self._same(words, start)
        start, end = self.new.span(first, last)
        quote, found = self.old.text[words.start : words.end], self.new.text[start:end]
        return Placed(AnchorState.CHANGED, start, end, similarity(quote, found))

    def _exactly(self, words: _Words, start: int) -> bool:
        return self.new.text.startswith(self.old.text[words.start : words.end], start)

    def _same(self, words: _Words, start: int) -> Placed:
        state = AnchorState.EXACT if start == words.start else AnchorState.MOVED
        return Placed(state, start, start + words.end - words.start, 1.0)

    # 2. The same words elsewhere

    def _elsewhere(self, words: _Words) -> Placed | None:
        starts = self._starts(self.new, words)
        if len(starts) > _MOST_PLACES:
            return self._ambiguous(words, starts)
        owners = {start: self._owners(words, start) for start in starts}
        mine = [owning for owning in owners.values() if words.first in owning]
        if len(mine) > 1 or any(len(owning) > 1 for owning in mine):
            return self._twin(words, starts)
        return self._chosen(words, [start for start in starts if owners[start] <= {words.first}])

    def _owners(self, words: _Words, start: int) -> set[int]:
        """Return which places of the old text have become this one, in either direction."""
        first, last = self.new.covering(start, start + words.end - words.start)
        return {old for pairing in self._pairings if (old := pairing.old_of(first, last)) is not None}

    def _twin(self, words: _Words, starts: list[int]) -> Placed:
        """Return the same offsets if twins were only added behind them; none if a twin went: which one is unknown."""
        before = slice(0, words.start)
        grown = len(starts) >= len(self._starts(self.old, words))
        if grown and words.start in starts and self.old.text[before] == self.new.text[before]:
            return self._same(words, words.start)
        return self._ambiguous(words, starts)

    def _chosen(self, words: _Words, starts: list[int]) -> Placed | None:
        """Return the one place, if the passage is long enough or the context agrees, and best there."""
        if not starts:
            return None
        rivals = self._rivals(words)
        ranked = sorted(((self._around(words.first, words.last, start), -start) for start in starts), reverse=True)
        best, start = ranked[0][0], -ranked[0][1]
        others = [around for around, _ in ranked[1:]]
        others += [self._around(first, last, start) for first, last in rivals]
        if best.agrees and all(best.letters >= 2 * other.letters for other in others):
            return self._same(words, start)
        if not others and self._is_long(words):
            return self._same(words, start)
        return None

    def _rivals(self, words: _Words) -> list[tuple[int, int]]:
        """Return the other places of the same words in the old text that are not in the new one where they were."""
        starts = self._starts(self.old, words)
        spans = [self.old.covering(start, start + words.end - words.start) for start in starts if start != words.start]
        return [span for span in spans if all(pairing.new_of(*span) is None for pairing in self._pairings)]

    def _around(self, first: int, last: int, start: int) -> "_Around":
        """Return how much of the context of these old words is also around a place in the new text."""
        length = self.old.ends[last - 1] - self.old.starts[first]
        new_first, new_last = self.new.covering(start, start + length)
        before = _alike_from(self.old, first - 1, self.new, new_first - 1, -1)
        after = _alike_from(self.old, last, self.new, new_last, 1)
        return _Around(sum(letters for _, letters in (before, after)), any(map(_is_enough, (before, after))))

    def _is_long(self, words: _Words) -> bool:
        count = words.last - words.first
        return count >= _MANY_UNSPACED or (count >= _MANY_WORDS and words.end - words.start >= _MANY_LETTERS)

    def _starts(self, wording: Wording, words: _Words) -> list[int]:
        """Return where the same words stand, without places that cut words which the passage does not cut."""
        quote = self.old.text[words.start : words.end]
        cuts = _cuts(self.old, words.start, words.end)
        places = list(islice(_occurrences(wording.text, quote), _MOST_LOOKED_AT + 1))
        if len(places) > _MOST_LOOKED_AT:
            return places[: _MOST_PLACES + 1]  # too many to tell one from the other
        starts = (start for start in places if _cuts(wording, start, start + len(quote)) <= cuts)
        return list(islice(starts, _MOST_PLACES + 1))

    def _ambiguous(self, words: _Words, starts: Sequence[int]) -> Placed:
        length = words.end - words.start
        candidates = tuple((start, start + length) for start in starts[:_MOST_CANDIDATES])
        return Placed(AnchorState.ORPHANED, reason=OrphanedBecause.AMBIGUOUS, candidates=candidates)

    # 3. What resembles the words

    def _alike(self, alike: Resembling, words: _Words) -> Placed:
        """Return a similar enough place; where the words stood, a lower similarity is enough than elsewhere."""
        least = _LEAST_HERE if words.last - words.first > _FEW_WORDS else _LEAST_ELSEWHERE
        same = [start for start in self._starts(self.new, words) if not self._owners(words, start)]
        here = alike.in_place(words.first, words.last)
        if here is not None and here.similarity >= _LEAST_ELSEWHERE:
            # The same words may stand in several places, of which this is only one.
            several = here.similarity == 1 and len(same) > 1
            return self._ambiguous(words, same) if several else self._changed(here)
        if len(same) > 1 or (same and self._rivals(words)):
            return self._ambiguous(words, same)
        there = alike.elsewhere(words.first, words.last, _LEAST_ELSEWHERE)
        if there and (len(there) == 1 or there[0].similarity - there[1].similarity >= _CLEARLY):
            return self._changed(there[0])
        if here is not None and here.similarity >= least:
            return self._changed(here)
        spans = [self.new.span(found.first, found.last) for found in there[:_MOST_CANDIDATES]]
        if spans:
            return Placed(AnchorState.ORPHANED, reason=OrphanedBecause.AMBIGUOUS, candidates=tuple(spans))
        return self._ambiguous(words, same) if same else GONE

    def _changed(self, found: Likeness) -> Placed:
        return Placed(AnchorState.CHANGED, *self.new.span(found.first, found.last), found.similarity)


class _Around(NamedTuple):
    letters: int
    agrees: bool


def _occurrences(text: str, quote: str) -> Iterator[int]:
    start = text.find(quote)
    while start >= 0:
        yield start
        start = text.find(quote, start + 1)


def _cuts(wording: Wording, start: int, end: int) -> set[str]:
    """Return at which of its ends a span cuts a word in two."""
    first, last = wording.covering(start, end)
    cut = {"start"} if first < last and wording.starts[first] < start else set()
    return cut | {"end"} if first < last and wording.ends[last - 1] > end else cut


def _alike_from(old: Wording, old_word: int, new: Wording, new_word: int, step: int) -> tuple[int, int]:
    """Return how many words, and letters, are equal from here on."""
    count = letters = 0
    while count < _MOST_AROUND and 0 <= old_word < len(old.keys) and 0 <= new_word < len(new.keys):
        if old.keys[old_word] != new.keys[new_word]:
            break
        count, letters = count + 1, letters + old.ends[old_word] - old.starts[old_word]
        old_word, new_word = old_word + step, new_word + step
    return count, letters


def _is_enough(side: tuple[int, int]) -> bool:
    return side[0] >= _AROUND_WORDS and side[1] >= _AROUND_LETTERS
