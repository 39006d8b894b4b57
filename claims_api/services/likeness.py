"""Measure how alike two statements are, and choose the words that tell most about one."""

import math
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from claims_api.db import Frequencies

_LEAST_WORDS = 3
MOST_WORDS = 40


def telling(frequencies: Frequencies, words: Iterable[str], *, room: float, most: int = MOST_WORDS) -> dict[str, float]:
    """Return the rarest words, ``most`` of them at most, each with its weight: the inverse document frequency.

    Together they stand in no more than ``room`` entries, all that a search by them looks at; but the three rarest are
    taken however common they are.
    """
    rising = sorted(dict.fromkeys(words), key=lambda word: frequencies.numbers.get(word, 0.0))[:most]
    chosen: dict[str, float] = {}
    for word in rising:
        number = frequencies.numbers.get(word, 0.0)
        room -= number
        if room < 0 and len(chosen) >= _LEAST_WORDS:
            break
        chosen[word] = math.log(1 + frequencies.total / (1 + number))
    return chosen


def likeness(one: Sequence[str], other: Sequence[str], *, least: float = 0.0) -> float:
    """Return how similar two statements, given as words, are: from 0 to 1, where they differ in their order at most.

    Half of it is the similarity of their letters (normalized indel), in their order or sorted, whichever is greater;
    half, the part of the words that they share (Dice). Where that cannot reach ``least``, letters are not compared,
    and it is 0.
    """
    if not one or not other:
        return 0.0
    mine, theirs = set(one), set(other)
    shared = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    if round((1 + shared) / 2, 4) < least:
        return 0.0
    in_order = fuzz.ratio(" ".join(one), " ".join(other))
    in_any = fuzz.ratio(" ".join(sorted(one)), " ".join(sorted(other)))
    return round((max(in_order, in_any) / 100 + shared) / 2, 4)
