"""Align two versions of a text: which words of the older one stand in the newer one.

Sentences are compared first, long ones before short ones, then the words in the gaps between those that stand in both.
Everything is done twice, forwards and backwards: where a stretch stands several times, the two show the first and the
last way to pair them, and where they differ nobody can say which was taken out, or put in.

Time and memory are bounded by the sizes of the gaps, not by a clock, so the same texts always give the same answer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple, Self

from claims_api.services.texts.subsequences import Allowance, Gap, Run, common, filled
from claims_api.services.texts.wording import Keys, Wording, worded

# Sentences of so many words are hardly in both texts by chance.
_LONG = 6
# Equal words between two changes are taken for chance if they are few and have fewer letters than either change.
_ISLAND_WORDS, _ISLAND_LETTERS = 6, 24


class Pair(NamedTuple):
    """A word of the old text and the same word in the new text, by their indexes."""

    old: int
    new: int


@dataclass(frozen=True)
class Pairing:
    """The equal words of two texts, paired in the order of both, as runs; ``counts`` are how many words they have."""

    runs: list[Run]
    counts: Pair

    @cached_property
    def _olds(self) -> list[int]:
        return [run.old for run in self.runs]

    @cached_property
    def _news(self) -> list[int]:
        return [run.new for run in self.runs]

    def new_of(self, first: int, last: int) -> int | None:
        """Return the index in the new text of these old words (half-open); None unless all are there without a gap."""
        index = bisect_right(self._olds, first) - 1
        if index < 0 or last > self.runs[index].old + self.runs[index].length:
            return None
        return self.runs[index].new + first - self.runs[index].old

    def old_of(self, first: int, last: int) -> int | None:
        """Return the index in the old text of these new words (half-open); None unless all are there without a gap."""
        index = bisect_right(self._news, first) - 1
        if index < 0 or last > self.runs[index].new + self.runs[index].length:
            return None
        return self.runs[index].old + first - self.runs[index].new

    def before(self, word: int) -> Pair:
        """Return the last pair before an old word; (-1, -1) if there is none."""
        index = bisect_left(self._olds, word) - 1
        if index < 0:
            return Pair(-1, -1)
        run = self.runs[index]
        steps = min(word - 1 - run.old, run.length - 1)
        return Pair(run.old + steps, run.new + steps)

    def after(self, word: int) -> Pair:
        """Return the first pair from an old word on; the numbers of words, ``counts``, if there is none."""
        new = self.new_of(word, word + 1)
        if new is not None:
            return Pair(word, new)
        index = bisect_left(self._olds, word)
        return Pair(self.runs[index].old, self.runs[index].new) if index < len(self.runs) else self.counts

    def of_old(self, first: int, last: int) -> Iterator[Run]:
        """Yield the parts of runs that hold these old words (half-open)."""
        for run in self.runs[max(0, bisect_right(self._olds, first) - 1) :]:
            if run.old >= last:
                return
            yield from _part(run, first - run.old, last - run.old)

    def of_new(self, first: int, last: int) -> Iterator[Run]:
        """Yield the parts of runs that hold these new words (half-open)."""
        for run in self.runs[max(0, bisect_right(self._news, first) - 1) :]:
            if run.new >= last:
                return
            yield from _part(run, first - run.new, last - run.new)


def _part(run: Run, first: int, last: int) -> Iterator[Run]:
    first, last = max(0, first), min(run.length, last)
    if first < last:
        yield Run(run.old + first, run.new + first, last - first)


@dataclass(frozen=True)
class Alignment:
    """Two tokenized texts, with their pairings forwards and backwards."""

    old: Wording
    new: Wording
    forwards: Pairing
    backwards: Pairing


def align(old: str, new: str) -> Alignment:
    """Pair the words of two texts, in both directions."""
    keys = Keys()
    older, newer = worded(old, keys), worded(new, keys)
    sides = _sides(older, newer)
    counts = Pair(len(older.keys), len(newer.keys))
    backwards = [
        Run(counts.old - run.old - run.length, counts.new - run.new - run.length, run.length)
        for run in reversed(_paired(*(side.turned() for side in sides)))
    ]
    return Alignment(older, newer, Pairing(_paired(*sides), counts), Pairing(backwards, counts))


def pair(old: Wording, new: Wording) -> list[Run]:
    """Pair, forwards, the words of two texts that were tokenized with the same ``Keys``; runs are of words."""
    return _paired(*_sides(old, new))


class _Side(NamedTuple):
    """The words of a text, in the order of one direction.

    ``begins`` are the words that begin a sentence, ``sentences`` their numbers, the same for the same sentences;
    ``ends`` only tell how many letters lie between two words.
    """

    keys: list[int]
    begins: list[int]
    sentences: list[int]
    ends: list[int]

    def turned(self) -> Self:
        count, length = len(self.keys), self.ends[-1] if self.ends else 0
        begins = [0, *(count - begin for begin in reversed(self.begins[1:]))] if self.begins else []
        ends = [*(length - end for end in reversed(self.ends[:-1])), length]
        return type(self)(self.keys[::-1], begins, self.sentences[::-1], ends)

    def letters(self, first: int, last: int) -> int:
        return self.ends[last - 1] - (self.ends[first - 1] if first else 0) if first < last else 0

    def listed(self, first: int, last: int, least: int) -> list[tuple[int, int, int]]:
        """Return the sentences of a stretch that have so many words at least: number, first word, number of words."""
        low, high = bisect_left(self.begins, first), bisect_left(self.begins, last)
        begins = self.begins[low:high]
        whole = zip(self.sentences[low:high], begins, [*begins[1:], last], strict=True)
        return [(number, begin, end - begin) for number, begin, end in whole if end - begin >= least]


def _sides(old: Wording, new: Wording) -> tuple[_Side, _Side]:
    numbers: dict[tuple[int, ...], int] = {}
    old_side, new_side = (_Side(words.keys, words.cuts, _numbered(words, numbers), words.ends) for words in (old, new))
    return old_side, new_side


def _numbered(words: Wording, numbers: dict[tuple[int, ...], int]) -> list[int]:
    ends = [*words.cuts[1:], len(words.keys)][: len(words.cuts)]
    sentences = [tuple(words.keys[begin:end]) for begin, end in zip(words.cuts, ends, strict=True)]
    return [numbers.setdefault(sentence, len(numbers)) for sentence in sentences]


def _paired(old: _Side, new: _Side) -> list[Run]:
    allowance = Allowance()
    whole = Gap(0, len(old.keys), 0, len(new.keys))
    runs: list[Run] = []
    for fill in (partial(_sentences, least=_LONG), partial(_sentences, least=1), _words):
        runs = filled(runs, whole, partial(fill, old, new, allowance))
    return runs


def _sentences(old: _Side, new: _Side, allowance: Allowance, gap: Gap, *, least: int) -> list[Run]:
    olds, news = old.listed(gap.old, gap.old_end, least), new.listed(gap.new, gap.new_end, least)
    both = {number for number, *_ in olds} & {number for number, *_ in news}
    olds, news = [item for item in olds if item[0] in both], [item for item in news if item[0] in both]
    old_numbers, new_numbers = ([number for number, *_ in items] for items in (olds, news))
    return [
        Run(olds[run.old + step][1], news[run.new + step][1], olds[run.old + step][2])
        for run in common(old_numbers, new_numbers, allowance, shingle=1)
        for step in range(run.length)
    ]


def _words(old: _Side, new: _Side, allowance: Allowance, gap: Gap) -> list[Run]:
    runs = common(old.keys[gap.old : gap.old_end], new.keys[gap.new : gap.new_end], allowance)
    found = [Run(gap.old + run.old, gap.new + run.new, run.length) for run in runs]
    return _without_islands(old, new, gap, found)


def _without_islands(old: _Side, new: _Side, gap: Gap, runs: list[Run]) -> list[Run]:
    """Drop runs of a few words between two changes that are equal by chance."""
    kept = [Run(gap.old, gap.new, 0)]
    for run in (*runs, Run(gap.old_end, gap.new_end, 0)):
        while len(kept) > 1 and _is_island(old, new, kept[-2], kept[-1], run):
            kept.pop()
        kept.append(run)
    return kept[1:-1]


def _is_island(old: _Side, new: _Side, before: Run, run: Run, after: Run) -> bool:
    letters = old.letters(run.old, run.old + run.length)
    if run.length >= _ISLAND_WORDS or letters >= _ISLAND_LETTERS:
        return False
    return letters <= _changed(old, new, before, run) and letters <= _changed(old, new, run, after)


def _changed(old: _Side, new: _Side, before: Run, after: Run) -> int:
    gone = old.letters(before.old + before.length, after.old)
    return max(gone, new.letters(before.new + before.length, after.new))
