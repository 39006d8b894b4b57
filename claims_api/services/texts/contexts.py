"""Compare what is said to stand around a quote, its prefix and suffix, with what stands around places in a text."""

from functools import cached_property

from claims_api.services.texts.finding import Place, TooOften
from claims_api.services.texts.folding import Folded, fold, fold_once

# Code points before and after a passage that are kept with it.
CONTEXT = 32
# So many contexts of one quote are folded one by one.
_MOST_FOLDED = 10_000


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """Return up to 32 code points before and after a span."""
    return text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]


class Surroundings:
    """The prefix and the suffix of one quote, beside one text; what is not said stands everywhere."""

    def __init__(self, text: str, prefix: str | None, suffix: str | None) -> None:
        self._text, self._prefix, self._suffix = text, prefix or "", suffix or ""
        self._left = _MOST_FOLDED

    def __bool__(self) -> bool:
        """Tell whether anything is said."""
        return bool(self._prefix or self._suffix)

    def are_exactly_at(self, place: Place) -> bool:
        """Tell whether both stand around a place, letter for letter."""
        return self._text.endswith(self._prefix, 0, place.start) and self._text.startswith(self._suffix, place.end)

    def are_at(self, place: Place) -> bool:
        """Tell whether both stand around a place, but for their typography; folds what is around it, and no more."""
        before = self._text[max(0, place.start - 4 * CONTEXT - len(self._prefix)) : place.start]
        after = self._text[place.end : place.end + 4 * CONTEXT + len(self._suffix)]
        return _ends(before, self._prefix) and _starts(after, self._suffix)

    def are_at_one_of_many(self, place: Place) -> bool:
        """Tell what ``are_at`` tells, at less cost for many places: the whole text is folded, once.

        Raises ``TooOften`` where too many places can only be compared one by one.
        """
        folded = self._folded
        start, end = folded.folded_at(place.start), folded.folded_at(place.end)
        if start is None or end is None:
            return self._are_at_cut(place)
        before, after = folded.text[start - 1 : start].isspace(), folded.text[end : end + 1].isspace()
        prefix, suffix = self._both_folded
        return (not prefix or folded.text.endswith(prefix, 0, start - before)) and (
            not suffix or folded.text.startswith(suffix, end + after)
        )

    def _are_at_cut(self, place: Place) -> bool:
        # The place cuts a run of dashes, say, that is folded as a whole.
        self._left -= 1
        if self._left < 0:
            raise TooOften
        return self.are_at(place)

    @cached_property
    def _folded(self) -> Folded:
        return fold(self._text)

    @cached_property
    def _both_folded(self) -> tuple[str, str]:
        return fold(self._prefix).text.strip(), fold(self._suffix).text.strip()


def _ends(before: str, prefix: str) -> bool:
    return not prefix or fold_once(before).text.rstrip().endswith(fold_once(prefix).text.strip())


def _starts(after: str, suffix: str) -> bool:
    return not suffix or fold_once(after).text.lstrip().startswith(fold_once(suffix).text.strip())
