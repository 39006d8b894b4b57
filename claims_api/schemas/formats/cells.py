"""Cells of CSV, with CSV injection prevented: no spreadsheet may take a text for a formula.

Programs that open CSV run what looks like a formula. An apostrophe before it makes it a text, and reading takes
that one off again. What begins with apostrophes before something so dangerous gets one more, so that any text comes
back as it was; what begins with an apostrophe before anything else stays as it is, both ways.
"""

import re
from collections.abc import Iterable

from claims_api.text import UNSEEN

# What some programs strip before a formula's sign. Full-width signs, of Chinese and Japanese keyboards, run as well.
_BEFORE = rf"[\s{UNSEEN}]*"
_DANGEROUS = re.compile(rf"'*(?:{_BEFORE}[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_LISTED = re.compile(r"(?:\\.|[^;\\]|\\\Z)+", re.DOTALL)
_BARE = re.compile(r"\s*((?:\\.|[^\\]|\\\Z)*?)\s*", re.DOTALL)


def harmless(text: str) -> str:
    """Return the cell that holds a text: with an apostrophe before what a program could take for a formula."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def literal(cell: str) -> str:
    """Return the text that a cell holds: the inverse of ``harmless``."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell) else cell


def listed(texts: Iterable[str]) -> str:
    r"""Return texts as one cell lists them: `one; another`, with a backslash before what would part them."""
    return "; ".join(re.sub(r"[;\\]|\A\s|\s\Z", lambda found: "\\" + found[0], text) for text in texts)


def parted(cell: str) -> list[str]:
    """Return the texts that a cell lists; white space around them is not theirs, unless a backslash says so."""
    bare = (_BARE.fullmatch(part) for part in _LISTED.findall(cell))
    found = (re.sub(r"\\([;\\\s])", r"\1", part[1]) for part in bare if part)
    return [text for text in found if text]
