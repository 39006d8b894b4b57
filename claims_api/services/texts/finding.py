"""Find where the words of a quote stand in a text: exactly so, or but for their typography.

Offsets are Unicode code points, half-open; all of them are of the text as it is, never of its folded form.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from claims_api.models.words import Match
from claims_api.services.texts.folding import fold

# A quote in more places than these is not worth listing: no person would find the right one.
MOST_PLACES = 1000
# So many places are looked at, or so many characters of them.
_MOST_OCCURRENCES, _MOST_COMPARED = 200_000, 100_000_000


class TooOften(Exception):  # it is never shown
    """Words stand so often that telling their places apart would take too long."""


@dataclass(frozen=True)
class Place:
    """A span of the source's text, with how the quote was matched to it."""

    start: int
    end: int
    match: Match


def find(text: str, exact: str) -> list[Place]:
    """Return every place of the quote (at most ``MOST_PLACES``): the exact ones, or else the folded ones.

    Raises ``TooOften`` where that takes too long.
    """
    exactly = list(islice(exact_places(text, exact), MOST_PLACES))
    return exactly or list(islice(folded_places(text, exact), MOST_PLACES))


def is_blank(words: str) -> bool:
    """Tell whether words have nothing that a reader sees."""
    return not (words if words.isascii() else fold(words).text).strip()


def exact_places(text: str, exact: str) -> Iterator[Place]:
    """Yield the places where the very words stand, also where they overlap; raises ``TooOften`` beyond 200,000."""
    return (Place(start, start + len(exact), Match.EXACT) for start in _occurrences(text, exact))


def _occurrences(text: str, needle: str) -> Iterator[int]:
    """Yield where a needle stands; raise ``TooOften`` beyond what can be compared in a fraction of a second."""
    most = max(MOST_PLACES, min(_MOST_OCCURRENCES, _MOST_COMPARED // len(needle)))
    start, number = text.find(needle), 0
    while start >= 0:
        if number > most:
            raise TooOften
        yield start
        start, number = text.find(needle, start + 1), number + 1


def folded_places(text: str, exact: str) -> Iterator[Place]:
    """Yield the places where the words stand but for their typography; raises ``TooOften`` beyond 200,000."""
    folded, needle = fold(text), fold(exact).text.strip()
    if not needle:
        return
    for start in _occurrences(folded.text, needle):
        span = folded.source_span(start, start + len(needle))
        if span is not None:
            yield Place(*span, Match.FOLDED)
