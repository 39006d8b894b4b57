"""One place in three units: Unicode code points (ours), UTF-16 units (JavaScript) and UTF-8 bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Offsets:
    """A half-open span in one unit."""

    start: int
    end: int


def in_utf16(text: str, start: int, end: int) -> Offsets:
    """Return where ``text[start:end]`` stands when characters beyond U+FFFF count twice."""
    before = _utf16_length(text[:start])
    return Offsets(before, before + _utf16_length(text[start:end]))


def in_utf8(text: str, start: int, end: int) -> Offsets:
    """Return where ``text[start:end]`` stands in the bytes of the UTF-8 encoded text."""
    before = len(text[:start].encode())
    return Offsets(before, before + len(text[start:end].encode()))


def from_utf16(text: str, start: int, end: int) -> str:
    """Return what stands at UTF-16 offsets; empty where they cut a character in two or lie outside."""
    return _slice(text.encode("utf-16-le"), start * 2, end * 2, "utf-16-le")


def from_utf8(text: str, start: int, end: int) -> str:
    """Return what stands at UTF-8 offsets; empty where they cut a character in two or lie outside."""
    return _slice(text.encode(), start, end, "utf-8")


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _slice(encoded: bytes, start: int, end: int, encoding: str) -> str:
    if end > len(encoded):
        return ""
    try:
        return encoded[start:end].decode(encoding)
    except UnicodeDecodeError:
        return ""
