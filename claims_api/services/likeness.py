"""Measure how alike two statements are, and choose the words that tell most about one."""

import math
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from claims_api.db import Frequencies

_LEAST_WORDS = 3
MOST_WORDS = 40


def telling(frequencies: Frequencies, words: Iterable[str], *, room: float, most: int = MOST_WORDS) -> dict[str, float]:
    """Return the rarest words, each with its weight: the rarer, the heavier (inverse document frequency).

    In all they stand in no more entries than there is ``room`` for, which are those that a search by them looks at.
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
    """Return how alike two statements are, by their words, from 0 to 1; 1 where only their order differs or nothing.

    Half of it is how alike they are spelled, in their order or sorted, whichever is more; half, how many they share.
    Where the words shared cannot make ``least``, spelling is not compared, and it is 0.
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
