"""How common words are, remembered for a while: counting takes longer than all that is done with the numbers."""

import time
from collections.abc import Callable, Iterable, Mapping

# A number holds for so many seconds, while there are about as many entries as there were; of so many words.
_SECONDS = 300.0
_GROWTH = 0.1
_MOST_REMEMBERED = 50_000


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
