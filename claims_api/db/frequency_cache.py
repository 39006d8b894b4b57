"""Cache for five minutes in how many entries of search each word stands: counting costs more than using the numbers."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

# Known of fewer entries are read each time: they soon change, and cost nothing.
_WORTH_KEEPING = 1_000
# A number holds for so many seconds, while there are about as many entries as there were; of so many words.
_SECONDS = 300.0
_GROWTH = 0.1
_MOST_REMEMBERED = 50_000


class Known(NamedTuple):
    """What Postgres knows of a table: how many rows there are, in which part words stand, and those words in order."""

    total: float
    parts: Mapping[str, float]
    words: Sequence[str]


class Told:
    """The statistics of a table, as they were read a while ago; Postgres makes them anew now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: tuple[Known, float] | None = None

    def of(self, read: Callable[[], Known]) -> Known:
        """Return the statistics, read anew where they are too old."""
        now = self._clock()
        if self._known is None or now - self._known[1] >= _SECONDS or self._known[0].total < _WORTH_KEEPING:
            self._known = read(), now
        return self._known[0]


class Numbers:
    """In how many entries words stand, as they were counted a while ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, float, float]] = {}

    def of(
        self, words: Iterable[str], total: float, count: Callable[[list[str]], Mapping[str, float]]
    ) -> dict[str, float]:
        """Return the numbers of words, of ``total`` entries; those that are not known, or no more, are counted."""
        wanted, now = list(words), self._clock()
        found = {word: known[0] for word in wanted if (known := self._known.get(word)) and _holds(known, total, now)}
        missing = [word for word in wanted if word not in found]
        if missing:
            counted = count(missing)
            if len(self._known) > _MOST_REMEMBERED:
                self._known.clear()
            for word in missing:
                found[word] = counted.get(word, 0.0)
                self._known[word] = found[word], total, now
        return found


def _holds(known: tuple[float, float, float], total: float, now: float) -> bool:
    _, total_then, counted = known
    return now - counted < _SECONDS and abs(total - total_then) <= total_then * _GROWTH
