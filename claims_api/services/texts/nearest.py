"""Find the place that comes closest to a quote that is not in a text: shown in the refusal, never stored."""

from dataclasses import dataclass

from rapidfuzz import fuzz

from claims_api.services.texts.folding import Folded, fold

# A fuzzy search costs about the product of both lengths: 64 code points against the largest text that we take cost
# 0.1 to 0.3 s, the more the more letters both have in common; 200, up to 1.7 s.
_LONGEST_NEEDLE = 200
_MOST_COMPARED = 64_000_000
# Not every script puts spaces between words.
_LONGEST_WORD = 30


@dataclass(frozen=True)
class Nearest:
    """The closest place: ``exact`` is ``text[start:end]`` of the source, in code points; ``score`` is from 0 to 1."""

    start: int
    end: int
    exact: str
    score: float


def nearest(text: str, quote: str) -> Nearest | None:
    """Return the place that resembles the quote most, widened to whole words; None where either is empty.

    Of a long quote only the beginning is compared: up to 200 code points, and fewer in a very long text.
    """
    folded = fold(text)
    if not folded.text:
        return None
    needle = fold(quote).text.strip()[: min(_LONGEST_NEEDLE, _MOST_COMPARED // len(folded.text))]
    if not needle:
        return None
    start, end, score = _closest(folded, needle)
    span = folded.covering_span(start, end)
    return Nearest(*span, text[slice(*span)], round(score / 100, 3))


def _closest(folded: Folded, needle: str) -> tuple[int, int, float]:
    # With a needle longer than the text, the library would search the text in the needle instead.
    if len(needle) >= len(folded.text):
        return 0, len(folded.text), fuzz.ratio(needle, folded.text)
    found = fuzz.partial_ratio_alignment(needle, folded.text)
    if found is None:
        return 0, len(needle), 0.0
    start = _word_start(folded.text, min(found.dest_start, len(folded.text) - 1))
    return start, max(_word_end(folded.text, found.dest_end), start + 1), found.score


def _word_start(text: str, place: int) -> int:
    if text[place] == " ":
        return place + 1 if place + 1 < len(text) else place
    space = text.rfind(" ", max(0, place - _LONGEST_WORD), place)
    return space + 1 if space >= 0 else place


def _word_end(text: str, place: int) -> int:
    space = text.find(" ", max(0, place - 1), place + _LONGEST_WORD)
    return space if space >= 0 else place
