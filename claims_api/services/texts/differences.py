"""Diff two texts: by words for versions of a source, by letters for wordings of a quote. Offsets are code points."""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from rapidfuzz.distance import Indel

from claims_api.models.words import Edit
from claims_api.services.texts.alignment import pair
from claims_api.services.texts.subsequences import Run, joined
from claims_api.services.texts.wording import Keys, Wording, worded
from claims_api.text import ACCENTS, UNSEEN

# Longer wordings are compared by words: by letters, memory is a bit for each pair of them.
_MOST_LETTERS = 4_000
# A letter with its accents, and with what no reader sees, is not taken apart.
_LETTER = re.compile(rf".[{ACCENTS}{UNSEEN}]*", re.DOTALL)
# Equal stretches of fewer letters between two changes make a diff harder to read: they are dropped.
_ISLAND = 3


class Difference(NamedTuple):
    """What became of ``old[old_start:old_end]``: it is ``new[new_start:new_end]``."""

    op: Edit
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def differences(old: str, new: str) -> list[Difference]:
    """Compare two texts by words; the differences, in order, cover both texts without a gap."""
    keys = Keys()
    older, newer = worded(old, keys), worded(new, keys)
    equal = (same for run in pair(older, newer) for same in _same(older, newer, run))
    return list(_told(old, new, _without_islands(old, new, joined(_with_spaces(old, new, equal)))))


def letter_differences(old: str, new: str) -> list[Difference]:
    """Compare two wordings of a quote by letters, as ``differences`` does; ones of over 4,000 code points by words."""
    if max(len(old), len(new)) > _MOST_LETTERS:
        return differences(old, new)
    older, newer = _LETTER.findall(old), _LETTER.findall(new)
    old_ends, new_ends = [0, *accumulate(map(len, older))], [0, *accumulate(map(len, newer))]
    runs = [
        Run(old_ends[step.src_start], new_ends[step.dest_start], old_ends[step.src_end] - old_ends[step.src_start])
        for step in Indel.opcodes(older, newer)
        if step.tag == "equal"
    ]
    return list(_told(old, new, _without_islands(old, new, runs)))


def _same(old: Wording, new: Wording, run: Run) -> Iterator[Run]:
    """Return those parts of a run of equal words that are equal byte for byte, with their spaces; in code points."""
    start, end = old.span(run.old, run.old + run.length)
    new_start, new_end = new.span(run.new, run.new + run.length)
    if old.text[start:end] == new.text[new_start:new_end]:
        yield Run(start, new_start, end - start)
    elif run.length > 1:
        half = run.length // 2
        yield from _same(old, new, Run(run.old, run.new, half))
        yield from _same(old, new, Run(run.old + half, run.new + half, run.length - half))


def _with_spaces(old: str, new: str, runs: Iterable[Run]) -> Iterator[Run]:
    """Extend the runs by equal spaces around them."""
    old_end = new_end = 0
    for run in (*runs, Run(len(old), len(new), 0)):
        gaps = old[old_end : run.old], new[new_end : run.new]
        head = _spaces(*gaps)
        tail = _spaces(*(gap[head:][::-1] for gap in gaps))
        yield Run(old_end, new_end, head)
        yield Run(run.old - tail, run.new - tail, run.length + tail)
        old_end, new_end = run.old + run.length, run.new + run.length


def _spaces(old: str, new: str) -> int:
    """Return how many equal spaces two stretches begin with; their whole length if they are equal."""
    if old == new:
        return len(old)
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same] and old[same].isspace():
        same += 1
    return same


def _without_islands(old: str, new: str, runs: list[Run]) -> list[Run]:
    """Drop runs of a few letters between two changes that are equal by chance."""
    kept = [Run(0, 0, 0)]
    for run in (*runs, Run(len(old), len(new), 0)):
        while len(kept) > 1 and _is_island(kept[-2], kept[-1], run):
            kept.pop()
        kept.append(run)
    return kept[1:-1]


def _is_island(before: Run, run: Run, after: Run) -> bool:
    return run.length < _ISLAND and run.length <= min(_changed(before, run), _changed(run, after))


def _changed(before: Run, after: Run) -> int:
    return max(after.old - before.old, after.new - before.new) - before.length


def _told(old: str, new: str, runs: Iterable[Run]) -> Iterator[Difference]:
    """Return the runs as equal stretches, and the gaps between them as changes."""
    old_end = new_end = 0
    for run in (*joined(runs), Run(len(old), len(new), 0)):
        if (old_end, new_end) != (run.old, run.new):
            yield Difference(_between(old_end, run.old, new_end, run.new), old_end, run.old, new_end, run.new)
        old_end, new_end = run.old + run.length, run.new + run.length
        if run.length:
            yield Difference(Edit.EQUAL, run.old, old_end, run.new, new_end)


def _between(old_start: int, old_end: int, new_start: int, new_end: int) -> Edit:
    if old_start == old_end:
        return Edit.INSERT
    return Edit.DELETE if new_start == new_end else Edit.REPLACE
