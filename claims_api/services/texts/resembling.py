"""Fuzzy search: find what resembles a passage in a newer text, where it stood or wherever that text is new."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from claims_api.services.texts.alignment import Alignment, Pair
from claims_api.services.texts.folding import fold_once
from claims_api.services.texts.subsequences import Allowance, Run, common
from claims_api.services.texts.wording import Keys, Wording, worded

# Longer wordings are compared by words instead of letters.
_MOST_LETTERS = 4_000
# Longer passages are only searched where they stood.
_MOST_WORDS = 1_000
# Pairs of neighbouring words in more places than these tell nothing; so many pairs of a passage are enough.
_MOST_PLACES, _MOST_NEIGHBOURS = 32, 40
_MOST_WINDOWS = 3
# So many words are examined to find where a wording begins or ends.
_MOST_AT_EDGE = 24
# A less similar stretch may be too long; so few letters at its edge may belong to something else.
_CLOSE, _STRAY = 0.85, 3


@dataclass(frozen=True)
class Likeness:
    """Words of the new text, by index (half-open), and how similar they are to those of the passage, from 0 to 1."""

    first: int
    last: int
    similarity: float


def similarity(old: str, new: str) -> float:
    """Return how similar two wordings are, from 0 to 1; 1 only if they differ in nothing but typography.

    Of more than 4,000 code points, folded, it is the share of words that both have, in whatever order: comparing
    letters takes time by the square of the length. What has no words, as a sequence of DNA, is cut every 64 letters.
    """
    folded, other = fold_once(old).text.strip(), fold_once(new).text.strip()
    if folded == other:
        return 1.0
    if max(len(folded), len(other)) > _MOST_LETTERS:
        keys = Keys()
        return _below_1(_shared(worded(folded, keys).keys, worded(other, keys).keys))
    return _below_1(fuzz.ratio(folded, other) / 100)


def _shared(old: Sequence[int], new: Sequence[int]) -> float:
    """Return the share of words, given by their keys, that both have: as often as both have them."""
    return 2 * (Counter(old) & Counter(new)).total() / (len(old) + len(new))


def _below_1(similarity: float) -> float:
    return min(0.999, round(similarity, 3))


class Resembling:
    """Searches for passages whose words do not stand in the new text as they were; ``lost`` are their words, by index.

    Passages of more than 1,000 words are searched only where they stood.
    """

    def __init__(self, alignment: Alignment, lost: Iterable[tuple[int, int]]) -> None:
        self._old, self._new = alignment.old, alignment.new
        self._pairing = alignment.forwards
        short = [(first, last) for first, last in lost if last - first <= _MOST_WORDS]
        wanted = {both for first, last in short for both in pairwise(self._old.keys[first:last])}
        self._places = self._neighbours(wanted) if wanted else {}

    def _neighbours(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
        """Index the sought pairs of neighbouring words, wherever the text is new."""
        places: dict[tuple[int, int], list[int]] = defaultdict(list)
        for first, last in self._fresh():
            for place, both in enumerate(pairwise(self._new.keys[first:last]), start=first):
                if both in wanted and len(places[both]) <= _MOST_PLACES:
                    places[both].append(place)
        return {both: found for both, found in places.items() if len(found) <= _MOST_PLACES}

    def _fresh(self) -> Iterable[tuple[int, int]]:
        """Return the stretches of the new text that were not in the old one, with a word on either side."""
        end, count = 0, len(self._new.keys)
        for run in (*self._pairing.runs, Run(0, count, 0)):
            if run.new > end:
                yield max(0, end - 1), min(count, run.new + 1)
            end = run.new + run.length

    # Where they stood

    def in_place(self, first: int, last: int) -> Likeness | None:
        """Return what stands between the nearest words around the passage that are still there; None for nothing."""
        before, after = self._pairing.before(first), self._pairing.after(last)
        low, high = before.new + 1, after.new
        if low >= high:
            return None
        core = self._core(list(self._pairing.of_old(first, last)))
        if not core:
            return self._replaced(before, first, last, after)
        found = self._around(before, first, core, last, after)
        if found.similarity >= _CLOSE:
            return found
        return max([found, *self._narrower(before, first, core, last, after)], key=lambda one: one.similarity)

    def _narrower(self, before: Pair, first: int, core: list[Run], last: int, after: Pair) -> Iterator[Likeness]:
        """Cut off what was inserted at the edges of a passage, with a stray mark there or without.

        A full stop, say, may stand behind a clause that was added.
        """
        without_head = core[1:] if self._is_stray(core[0]) else core
        without_tail = core[:-1] if self._is_stray(core[-1]) else core
        without_both = [run for run in without_head if run in without_tail]
        for runs in (core, without_head, without_tail, without_both):
            if runs:
                start = runs[0].new - (runs[0].old - first)
                stop = runs[-1].new + last - runs[-1].old
                start, stop = max(before.new + 1, start), min(after.new, stop)
                if start < stop:
                    yield self._estimated(first, last, start, stop)

    def _is_stray(self, run: Run) -> bool:
        return self._letters(self._new, run.new, run.new + run.length) <= _STRAY

    def _around(self, before: Pair, first: int, core: list[Run], last: int, after: Pair) -> Likeness:
        """Return the stretch of a passage of which some words are still there, between its nearest neighbours."""
        end = core[-1].length - 1
        start = self._start(before, first, Pair(core[0].old, core[0].new))
        stop = self._end(Pair(core[-1].old + end, core[-1].new + end), last, after)
        return self._estimated(first, last, start, stop)

    def _estimated(self, first: int, last: int, start: int, stop: int) -> Likeness:
        """Return how alike two stretches are, as ``similarity`` does, which would tokenize long ones again."""
        if max(self._letters(self._old, first, last), self._letters(self._new, start, stop)) <= _MOST_LETTERS:
            return self._likeness(first, last, start, stop)
        return Likeness(start, stop, _below_1(_shared(self._old.keys[first:last], self._new.keys[start:stop])))

    def _letters(self, words: Wording, first: int, last: int) -> int:
        start, end = words.span(first, last)
        return end - start

    def _start(self, before: Pair, first: int, inner: Pair) -> int:
        """Return where a passage begins whose first words may have changed."""
        if inner.old == first:
            return inner.new
        gone = self._old.written(max(before.old + 1, first - _MOST_AT_EDGE), first)
        head = self._old.written(first, min(inner.old, first + _MOST_AT_EDGE))
        low = max(before.new + 1, inner.new - _MOST_AT_EDGE)
        cuts = range(inner.new, low - 1, -1)
        return self._best(cuts, [self._shared(gone, low, cut) + self._shared(head, cut, inner.new) for cut in cuts])

    def _end(self, inner: Pair, last: int, after: Pair) -> int:
        """Return where a passage ends whose last words may have changed."""
        if inner.old == last - 1:
            return inner.new + 1
        gone = self._old.written(last, min(after.old, last + _MOST_AT_EDGE))
        tail = self._old.written(max(inner.old + 1, last - _MOST_AT_EDGE), last)
        high = min(after.new, inner.new + 1 + _MOST_AT_EDGE)
        cuts = range(inner.new + 1, high + 1)
        return self._best(
            cuts, [self._shared(tail, inner.new + 1, cut) + self._shared(gone, cut, high) for cut in cuts]
        )

    def _replaced(self, before: Pair, first: int, last: int, after: Pair) -> Likeness | None:
        """Return which part of a replacement replaces these words, where others were replaced with them."""
        low, high = before.new + 1, after.new
        if max(high - low, after.old - before.old) > _MOST_AT_EDGE:
            return None
        left, words = self._old.written(before.old + 1, first), self._old.written(first, last)
        right = self._old.written(last, after.old)
        cuts = [(start, end) for start in range(low, high) for end in range(start + 1, high + 1)]
        shared = [
            self._shared(left, low, start) + self._shared(words, start, end) + self._shared(right, end, high)
            for start, end in cuts
        ]
        return self._likeness(first, last, *cuts[shared.index(max(shared))])

    def _shared(self, old: str, first: int, last: int) -> float:
        """Return how many of the old letters are there, estimated by similarity: additional letters lower it."""
        return len(old) * fuzz.ratio(old, self._new.written(first, last)) / 100 if old else 0.0

    def _best(self, cuts: Sequence[int], shared: Sequence[float]) -> int:
        """Return the cut that shares most; of equal ones the narrowest, but rather one that takes any new words."""
        most = max(shared)
        best = shared.index(most)
        return cuts[shared.index(most, 1) if best == 0 and most in shared[1:] else best]

    # Anywhere

    def elsewhere(self, first: int, last: int, least: float) -> list[Likeness]:
        """Return stretches of at least this similarity, wherever the text is new: the best first, without overlaps."""
        if last - first > _MOST_WORDS:
            return []
        found = [likeness for window in self._windows(first, last) if (likeness := self._within(first, last, *window))]
        kept: list[Likeness] = []
        for likeness in sorted(found, key=lambda one: (-one.similarity, one.first)):
            apart = all(likeness.last <= other.first or likeness.first >= other.last for other in kept)
            if apart and likeness.similarity >= least and self._is_fresh(first, last, likeness):
                kept.append(likeness)
        return kept

    def _windows(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the stretches of the new text that have the most neighbours in common with the passage."""
        length = last - first
        width = length // 2 + 4
        neighbours = list(enumerate(pairwise(self._old.keys[first:last])))
        rare = sorted((len(self._places[both]), shift) for shift, both in neighbours if both in self._places)
        votes: Counter[int] = Counter()
        for _, shift in rare[:_MOST_NEIGHBOURS]:
            votes.update({(place - shift) // width for place in self._places[neighbours[shift][1]]})
        best = sorted(votes, key=lambda slot: (-votes[slot] - votes[slot + 1], slot))[:_MOST_WINDOWS]
        return [(max(0, (slot - 1) * width), min(len(self._new.keys), (slot + 2) * width + length)) for slot in best]

    def _within(self, first: int, last: int, low: int, high: int) -> Likeness | None:
        runs = common(self._old.keys[first:last], self._new.keys[low:high], Allowance())
        core = self._core([Run(first + run.old, low + run.new, run.length) for run in runs])
        if not core:
            return None
        # As many words as are missing at either end may have been replaced by twice as many.
        old_end, new_end = core[-1].old + core[-1].length, core[-1].new + core[-1].length
        before = Pair(first - 1, max(low, core[0].new - 2 * (core[0].old - first)) - 1)
        after = Pair(last, min(high, new_end + 2 * (last - old_end)))
        return self._around(before, first, core, last, after)

    def _core(self, runs: list[Run]) -> list[Run]:
        """Return the densest stretch of the runs: the most letters in them, the fewest between them."""
        best, best_sum = (0, 0), 0.0
        begin, total, end = 0, 0.0, 0
        for index, run in enumerate(runs):
            start, stop = self._new.span(run.new, run.new + run.length)
            total -= (start - end) / 2
            if total <= 0:
                begin, total = index, 0.0
            total, end = total + stop - start, stop
            if total > best_sum:
                best, best_sum = (begin, index + 1), total
        return runs[slice(*best)]

    def _is_fresh(self, first: int, last: int, likeness: Likeness) -> bool:
        """Tell whether most of it is not paired with words outside of the passage."""
        runs = self._pairing.of_new(likeness.first, likeness.last)
        others = sum(run.length for run in runs if not first <= run.old < last)
        return 2 * others <= likeness.last - likeness.first

    def _likeness(self, first: int, last: int, new_first: int, new_last: int) -> Likeness:
        old, new = self._old.written(first, last), self._new.written(new_first, new_last)
        return Likeness(new_first, new_last, similarity(old, new))
