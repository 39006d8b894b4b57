"""Cache for five minutes in how many entries of search each word stands: counting costs more than using the numbers."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

# The statistics of fewer entries than these are read each time: they soon change, and cost nothing to read.
_WORTH_KEEPING = 1_000
# A number is valid for so many seconds, unless the number of entries has changed by this part; of so many words.
_SECONDS = 300.0
_GROWTH = 0.1
_MOST_REMEMBERED = 50_000


class Known(NamedTuple):
    """Postgres's statistics of a table: its rows, the part of them (0 to 1) that has each common word; words sorted."""

    total: float
    parts: Mapping[str, float]
    words: Sequence[str]


class Told:
    """A cache of a table's statistics, which Postgres updates now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: tuple[Known, float] | None = None

    def of(self, read: Callable[[], Known]) -> Known:
        """Return the statistics, read anew where they are 300 seconds old, or of fewer than 1,000 rows."""
        now = self._clock()
        if self._known is None or now - self._known[1] >= _SECONDS or self._known[0].total < _WORTH_KEEPING:
            self._known = read(), now
        return self._known[0]


class Numbers:
    """A cache of the numbers of entries in which words stand."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, float, float]] = {}

    def of(
        self, words: Iterable[str], total: float, count: Callable[[list[str]], Mapping[str, float]]
    ) -> dict[str, float]:
        """Return in how many of ``total`` entries each word stands; ``count`` gives what is not cached, or is outdated.

        A number is outdated after 300 seconds, or where ``total`` has changed by more than a tenth.
        """
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
