"""The longest common subsequence of two lists, within bounds that are counted in comparisons and not timed."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

# Each pair of items costs a bit and a sixty-fourth of a step: at most 16 MB and 0.05 s for one gap, and 0.4 s for
# all gaps of one comparison.
_LARGEST_GAP = 2**27
_LARGEST_SUM = 2**30
# Shingles of so many items, which stand once in each list, anchor the comparison of larger gaps.
_SHINGLE = 4
# Of so many items every second shingle is looked at, of twice as many every third, and so on.
_SPARSE = 2**15


class Run(NamedTuple):
    """Equal consecutive items: their index in the old list, in the new list, and their number."""

    old: int
    new: int
    length: int


class Gap(NamedTuple):
    """The stretch between two runs, half-open in both lists."""

    old: int
    old_end: int
    new: int
    new_end: int


class Allowance:
    """A budget of comparisons, in pairs of items: 2^27 for one gap, and 2^30 in all."""

    def __init__(self) -> None:
        self._left = _LARGEST_SUM

    def spend(self, size: int) -> bool:
        """Tell whether ``size`` pairs of items may still be compared; if so they are subtracted."""
        if size > min(_LARGEST_GAP, self._left):
            return False
        self._left -= size
        return True


def common(old: Sequence[int], new: Sequence[int], allowance: Allowance, *, shingle: int = _SHINGLE) -> list[Run]:
    """Return a longest common subsequence as runs, or a shorter one where finding that exceeds the allowance.

    ``shingle`` is how many consecutive items, which stand once in each list, anchor the comparison of larger gaps.
    """
    head = _same_head(old, new)
    gap = Gap(head, len(old), head, len(new))
    return joined([Run(0, 0, head), *_within(old, new, gap, allowance, shingle)])


def filled(runs: Iterable[Run], gap: Gap, fill: Callable[[Gap], Iterable[Run]]) -> list[Run]:
    """Return the runs within a gap, with what ``fill`` finds in the gaps between them."""
    found: list[Run] = []
    old, new = gap.old, gap.new
    for run in (*runs, Run(gap.old_end, gap.new_end, 0)):
        if old < run.old and new < run.new:
            found += fill(Gap(old, run.old, new, run.new))
        found.append(run)
        old, new = run.old + run.length, run.new + run.length
    return joined(found)


def joined(runs: Iterable[Run]) -> list[Run]:
    """Join runs that are adjacent in both lists, and drop empty ones."""
    found: list[Run] = []
    for run in runs:
        if found and (found[-1].old + found[-1].length, found[-1].new + found[-1].length) == run[:2]:
            found[-1] = found[-1]._replace(length=found[-1].length + run.length)
        elif run.length:
            found.append(run)
    return found


def _same_head(old: Sequence[int], new: Sequence[int]) -> int:
    """Return the length of the common prefix."""
    same, step = 0, 1
    while step:
        if old[same : same + step] == new[same : same + step] and same + step <= min(len(old), len(new)):
            same, step = same + step, step * 2
        else:
            step //= 2
    return same


def _within(old: Sequence[int], new: Sequence[int], gap: Gap, allowance: Allowance, shingle: int) -> list[Run]:
    if allowance.spend((gap.old_end - gap.old) * (gap.new_end - gap.new)):
        return list(_longest(old, new, gap))
    tail = _same_head(old[gap.old :][::-1], new[gap.new :][::-1])
    gap = gap._replace(old_end=gap.old_end - tail, new_end=gap.new_end - tail)

    def fill(smaller: Gap) -> list[Run]:
        fits = allowance.spend((smaller.old_end - smaller.old) * (smaller.new_end - smaller.new))
        return list(_longest(old, new, smaller)) if fits else []

    return [*filled(_singular(old, new, gap, shingle), gap, fill), Run(gap.old_end, gap.new_end, tail)]


def _longest(old: Sequence[int], new: Sequence[int], gap: Gap) -> Iterator[Run]:
    olds, news = old[gap.old : gap.old_end], new[gap.new : gap.new_end]
    if olds == news:
        yield Run(gap.old, gap.new, len(olds))
        return
    # The library pairs a common suffix first; different items at the end prevent that, so that what could be paired in
    # several ways is paired as early as possible.
    for step in Indel.opcodes([*olds, -1], [*news, -2]):
        if step.tag == "equal":
            yield Run(gap.old + step.src_start, gap.new + step.dest_start, step.src_end - step.src_start)


def _singular(old: Sequence[int], new: Sequence[int], gap: Gap, shingle: int) -> list[Run]:
    """Return the shingles that stand once in both lists, and in the same order (as in patience diff)."""
    sparse = 1 + min(gap.old_end - gap.old, gap.new_end - gap.new) // _SPARSE if shingle > 1 else 1
    places = _once(old[gap.old : gap.old_end], shingle, sparse)
    others = _once(new[gap.new : gap.new_end], shingle, sparse)
    runs: list[Run] = []
    old_end = new_end = 0
    for place, other in _rising([(place, others[item]) for item, place in places.items() if item in others]):
        # Shingles that overlap the last one are left to the gap behind it.
        if place >= old_end and other >= new_end:
            runs.append(Run(gap.old + place, gap.new + other, shingle))
            old_end, new_end = place + shingle, other + shingle
    return runs


def _once(items: Sequence[int], shingle: int, sparse: int) -> dict[Hashable, int]:
    """Return the shingles that stand once, with their places; of many only those that begin with some of the items."""
    places: dict[Hashable, int] = {}
    some = range(len(items)) if sparse == 1 else [place for place, item in enumerate(items) if not item % sparse]
    for place in some:
        item = tuple(items[place : place + shingle])
        places[item] = -1 if item in places or len(item) < shingle else place
    return {item: place for item, place in places.items() if place >= 0}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence of the pairs, sorted by the first, that is increasing in the second, too."""
    tails: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for index, (_, other) in enumerate(pairs):
        length = bisect_left(tails, other)
        tails[length : length + 1] = [other]
        last[length : length + 1] = [index]
        previous.append(last[length - 1] if length else -1)
    chain, index = [], last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]
