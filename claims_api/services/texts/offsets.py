"""Convert offsets between Unicode code points (ours), UTF-16 code units (JavaScript) and UTF-8 bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

# A ruler measures from the nearest mark, and has one after so many code points.
_BLOCK = 1024


@dataclass(frozen=True)
class Offsets:
    """A half-open span in one unit: code points, UTF-16 code units or UTF-8 bytes, counted from 0."""

    start: int
    end: int


def in_utf16(text: str, start: int, end: int) -> Offsets:
    """Return the span of ``text[start:end]`` in UTF-16 code units, of which a character beyond U+FFFF takes two."""
    if text.isascii():  # which is known of every text, at no cost
        return Offsets(start, end)
    before = _utf16_length(text[:start])
    return Offsets(before, before + _utf16_length(text[start:end]))


def in_utf8(text: str, start: int, end: int) -> Offsets:
    """Return the span of ``text[start:end]`` in the bytes of the UTF-8 encoded text."""
    if text.isascii():
        return Offsets(start, end)
    before = len(text[:start].encode())
    return Offsets(before, before + len(text[start:end].encode()))


class Ruler:
    """Converts many spans of one text: each costs the same, however far into the text it lies."""

    def __init__(self, text: str) -> None:
        self._text = text
        blocks = [text[start : start + _BLOCK] for start in range(0, len(text), _BLOCK)]
        self._utf16 = [0, *accumulate(map(_utf16_length, blocks))]
        self._utf8 = [0, *accumulate(map(_utf8_length, blocks))]

    def in_utf16(self, start: int, end: int) -> Offsets:
        """Return a span of code points, which must lie within the text, in UTF-16 code units."""
        return Offsets(*(self._measured(place, self._utf16, _utf16_length) for place in (start, end)))

    def in_utf8(self, start: int, end: int) -> Offsets:
        """Return a span of code points, which must lie within the text, in UTF-8 bytes."""
        return Offsets(*(self._measured(place, self._utf8, _utf8_length) for place in (start, end)))

    def _measured(self, place: int, marks: list[int], length: Callable[[str], int]) -> int:
        block = place // _BLOCK
        return marks[block] + length(self._text[block * _BLOCK : place])


def from_utf16(text: str, start: int, end: int) -> str:
    """Return the text at offsets in UTF-16 code units; empty where they cut a character in two or lie outside."""
    return _slice(text.encode("utf-16-le"), start * 2, end * 2, "utf-16-le")


def from_utf8(text: str, start: int, end: int) -> str:
    """Return the text at offsets in UTF-8 bytes; empty where they cut a character in two or lie outside."""
    return _slice(text.encode(), start, end, "utf-8")


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _utf8_length(text: str) -> int:
    return len(text.encode())


def _slice(encoded: bytes, start: int, end: int, encoding: str) -> str:
    if end > len(encoded):
        return ""
    try:
        return encoded[start:end].decode(encoding)
    except UnicodeDecodeError:
        return ""
