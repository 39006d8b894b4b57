"""Normalize typography, with a map from each place in the folded text back to the original.

A quote typed on a keyboard and the same words as a newspaper sets them differ in quotation marks, dashes,
ellipses, kinds of space and invisible marks. Both are folded to one plain form; every place in that form leads
back to the true offsets, since what is stored is always the source's own text. Offsets are code points.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from claims_api.text import UNSEEN, plain, without_unseen

# First, one character for one (``text.plain``): no offset moves. Then what changes the length: runs of spaces, with
# what no reader sees; runs of dashes; the ellipsis; letters with marks, which are composed.
# Behind U+1E950 no letter has another form but the ideographs, whose other form is one character.
_LETTERS = range(0x300, 0x1E950)
# The last parts of what is composed; those of Hangul among them.
_LAST = {
    unicodedata.normalize("NFD", each)[-1]
    for each in map(chr, _LETTERS)
    if unicodedata.is_normalized("NFC", each) and not unicodedata.is_normalized("NFD", each)
}
# What a letter before it may be composed with: marks of every script, and letters that are such last parts.
_MARKS = "".join(
    each
    for each in map(chr, _LETTERS)
    if unicodedata.combining(first := unicodedata.normalize("NFD", each)[0]) or first in _LAST
)
# Letters with marks that composing takes apart: of Hindi, Bengali, Hebrew, Tibetan, and in music.
_APART = "".join(each for each in map(chr, _LETTERS) if len(unicodedata.normalize("NFC", each)) > 1)
_TYPOGRAPHIC = rf"(?:[{UNSEEN}]| (?=[ {UNSEEN}]))[ {UNSEEN}]*|-(?:[{UNSEEN}]*-)+|\u2026"


def _composing(marks: str, apart: str) -> re.Pattern[str]:
    letter = rf"[^ \-\u2026{UNSEEN}](?:[{UNSEEN}]{{0,8}}[{marks}]){{1,30}}|[{marks}{apart}]"
    return re.compile(f"{_TYPOGRAPHIC}|{letter}")


def _of_first_plane(characters: str) -> str:
    return "".join(each for each in characters if each <= "\uffff")


# Looking for marks at every letter costs five times the rest, and most texts have none. ``re`` compares characters
# beyond U+FFFF in a class one by one, at every letter: few texts have such marks.
_PLAINLY = re.compile(_TYPOGRAPHIC)
_OF_FIRST_PLANE = _composing(_of_first_plane(_MARKS), _of_first_plane(_APART))
_OF_ALL = _composing(_MARKS, _APART)
_MARK = re.compile(f"[{_of_first_plane(_MARKS + _APART)}]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_MARKS_BEYOND = set(_MARKS + _APART) - set(_of_first_plane(_MARKS + _APART))


@dataclass(frozen=True)
class Folded:
    """A folded text, cut into pieces, with a map back to the source.

    Piece ``i`` begins at ``here[i]`` and stands for the source from ``there[i]``, both in code points. Pieces are, in
    turn, plain text, where every character stands for itself, and variants: what folding replaced, to be taken whole
    or not at all.
    """

    text: str
    here: "array[int]"  # quoted: Python 3.11 cannot subscript an array
    there: "array[int]"

    def source_span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the source offsets of ``text[start:end]``; None where that would cut a variant in two."""
        first = bisect_right(self.here, start) - 1
        last = bisect_right(self.here, end - 1) - 1
        if _is_variant(first) and start != self.here[first]:
            return None
        if _is_variant(last) and end != self.here[last + 1]:
            return None
        source_end = self.there[last + 1] if _is_variant(last) else self.there[last] + end - self.here[last]
        return self.there[first] + start - self.here[first], source_end

    def folded_at(self, offset: int) -> int | None:
        """Return the offset in the folded text that a source offset has there; None within a variant."""
        piece = bisect_right(self.there, offset) - 1
        if not _is_variant(piece):
            return self.here[piece] + offset - self.there[piece]
        return self.here[piece] if offset == self.there[piece] else None

    def covering_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the source offsets of the least span that covers ``text[start:end]`` and cuts no variant."""
        first = bisect_right(self.here, start) - 1
        last = bisect_right(self.here, end - 1) - 1
        if _is_variant(last):
            end = self.here[last + 1]
        span = self.source_span(self.here[first] if _is_variant(first) else start, end)
        assert span is not None  # noqa: S101  # both ends stand on the edges of pieces
        return span


def _is_variant(piece: int) -> bool:
    return piece % 2 == 1


@lru_cache(maxsize=4)
def fold(text: str) -> Folded:
    """Fold a text; the last four are cached, since many quotes are looked for in one source."""
    return fold_once(text)


def fold_once(text: str) -> Folded:
    """Fold a text without caching it: one that will not be asked for again."""
    plainly = plain(text)
    parts: list[str] = []
    here, there, done, length = array("I", [0]), array("I", [0]), 0, 0
    for variant in _variants(plainly).finditer(plainly):
        start, end = variant.span()
        folded = _folded(variant.group())
        parts += plainly[done:start], folded
        length += start - done
        here.extend((length, length + len(folded)))
        there.extend((start, end))
        length, done = length + len(folded), end
    return Folded("".join([*parts, plainly[done:]]), here, there)


def _variants(text: str) -> re.Pattern[str]:
    """Return the pattern of the variants that a text may have."""
    if text.isascii():
        return _PLAINLY
    if not _MARKS_BEYOND.isdisjoint(_BEYOND.findall(text)):
        return _OF_ALL
    return _OF_FIRST_PLANE if _MARK.search(text) else _PLAINLY


def _folded(variant: str) -> str:
    if variant == "\u2026":
        return "..."
    if variant[0] == "-":
        return "-"
    seen = without_unseen(variant)
    return unicodedata.normalize("NFC", seen) if seen.strip() else seen[:1]
