"""Fold typographic variants away, and find the way back.

A quote typed on a keyboard and the same words as a newspaper sets them differ in quotation marks, dashes,
ellipses, kinds of space and invisible marks. Both are folded to one plain form; every place in that form leads
back to the true offsets, since what is stored is always the source's own text. Offsets are code points.
"""

import re
import sys
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_DOUBLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u2036\u301d\u301e\u301f\uff02"
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02bc\u00b4`\uff07"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
_SPACES = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))

# Step one, one character for one: no offset moves.
_PLAIN = str.maketrans(
    {**dict.fromkeys(_DOUBLE, '"'), **dict.fromkeys(_SINGLE, "'")}
    | {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SPACES, " ")}
)

# Step two, what changes the length. Zero width marks, joiners, the soft hyphen, the byte order mark and the
# directional marks are seen by no reader; a letter and its combining marks are composed into one.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
# What a letter before it may be composed with: marks of every script and the vowels and finals of Hangul.
_MARKS = "".join(
    mark
    for mark in map(chr, range(0x300, 0x1E950))
    if unicodedata.combining(mark) or "\u1161" <= mark <= "\u1175" or "\u11a8" <= mark <= "\u11c2"
)
_MARK = re.compile(f"[{_MARKS}]")
_TYPOGRAPHIC = rf"(?:[{_UNSEEN}]| (?=[ {_UNSEEN}]))[ {_UNSEEN}]*|-(?:[{_UNSEEN}]*-)+|\u2026"
_COMPOSED = rf"[^ \-\u2026{_UNSEEN}](?:[{_UNSEEN}]*[{_MARKS}])+|[{_MARKS}]"
# Looking for marks at every letter costs five times the rest, and most texts have none.
_VARIANT = {False: re.compile(_TYPOGRAPHIC), True: re.compile(f"{_TYPOGRAPHIC}|{_COMPOSED}")}
_NOT_SEEN = re.compile(f"[{_UNSEEN}]")


@dataclass(frozen=True)
class Folded:
    """A folded text, cut into pieces, with its way back to the source.

    Piece ``i`` begins at ``here[i]`` and stands for the source from ``there[i]``. Pieces are plain text, where
    every character stands for itself, and variants, which are taken whole or not at all, in turn.
    """

    text: str
    here: list[int]
    there: list[int]

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


@lru_cache(maxsize=16)
def fold(text: str) -> Folded:
    """Fold a text; the last few are remembered, since many quotes are looked for in one source."""
    plain = text.translate(_PLAIN)
    parts: list[str] = []
    here, there, done, length = [0], [0], 0, 0
    for variant in _VARIANT[_MARK.search(plain) is not None].finditer(plain):
        start, end = variant.span()
        folded = _folded(variant.group())
        parts += plain[done:start], folded
        length += start - done
        here += length, length + len(folded)
        there += start, end
        length, done = length + len(folded), end
    return Folded("".join([*parts, plain[done:]]), here, there)


def _folded(variant: str) -> str:
    if variant == "\u2026":
        return "..."
    if variant[0] == "-":
        return "-"
    if variant[-1] in _MARKS:
        return unicodedata.normalize("NFC", _NOT_SEEN.sub("", variant))
    return " " if " " in variant else ""
