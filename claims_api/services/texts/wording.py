"""Tokenize a text for comparing: words and marks in turn, each with a key that typography does not change.

A word never ends within a letter with its accents, nor within an emoji of several; a letter of a script without spaces
is a word of its own, and so is a mark, a run of dots or of dashes. Offsets are Unicode code points, half-open.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from claims_api.services.texts.folding import fold_once
from claims_api.text import ACCENTS, UNSEEN, plain

# Signs that stand by themselves. Those of the category So, which holds the emoji, are left to the words.
_OF_SIGNS = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk"}
_SIGNS = "".join(
    re.escape(sign)
    for sign in map(chr, range(0x20, 0x10000))
    if unicodedata.category(sign) in _OF_SIGNS and sign != "_"
)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f"
)
_LETTER = rf"[^ {UNSEEN}{_UNSPACED}{_SIGNS}]"
# Longer words are cut: comparing takes time by the square of the length.
_LONGEST = 64
_TAIL = rf"(?:[{ACCENTS}{UNSEEN}]*[{ACCENTS}])?"
_WORD = re.compile(
    # A plain word first: most are, and the large classes are slow.
    rf"[ {UNSEEN}]*(?:[A-Za-z0-9]{{1,{_LONGEST}}}(?=[ ,.])|\.{{2,}}|-(?:[{UNSEEN}]*-)+|[{_UNSPACED}{_SIGNS}]{_TAIL}"
    rf"|{_LETTER}{{1,{_LONGEST}}}(?:[{UNSEEN}]{{1,8}}{_LETTER}{{1,{_LONGEST}}}){{0,8}}{_TAIL}|\Z)"
)
_LEAD = re.compile(f"[ {UNSEEN}]*")
# Where a sentence, or a line, is over.
_CLOSE = re.compile(r"[\n\r\u2028\u2029]+|(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*")


class Keys(dict[str, int]):
    """Maps each token (a word with the white space before it) to a number, which typography does not change."""

    def __init__(self) -> None:
        super().__init__()
        self.leads = _Leads()
        self._numbers: dict[str, int] = {}

    def __missing__(self, token: str) -> int:
        word = token[self.leads[token] :]
        folded = word if word.isascii() and word[0].isalnum() else fold_once(word).text
        number = self[token] = self._numbers.setdefault(folded, len(self._numbers))
        return number


class _Leads(dict[str, int]):
    def __missing__(self, token: str) -> int:
        match = _LEAD.match(token)
        assert match is not None  # noqa: S101  # it matches nothing, too
        length = self[token] = match.end()
        return length


@dataclass(frozen=True)
class Wording:
    """The words of a text: their keys, and the offsets at which each begins and ends.

    ``cuts`` are the indexes of the words that begin a sentence.
    """

    text: str
    keys: list[int]
    starts: list[int]
    ends: list[int]
    cuts: list[int]

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """Return the indexes of the words that a span of the text touches, half-open."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the span in the text of these words, given by their indexes (half-open, at least one)."""
        return self.starts[first], self.ends[last - 1]

    def written(self, first: int, last: int) -> str:
        """Return the text of these words, given by their indexes (half-open); "" for none."""
        return self.text[slice(*self.span(first, last))] if first < last else ""


def worded(text: str, keys: Keys) -> Wording:
    """Tokenize a text; texts that are to be compared share their ``keys``."""
    tokens = _WORD.findall(plain(text))
    while tokens and not _LEAD.sub("", tokens[-1]):
        tokens.pop()
    ends = list(accumulate(map(len, tokens)))
    begins = [0, *ends[:-1]]
    numbers = [keys[token] for token in tokens]
    leads = keys.leads
    starts = [begin + leads[token] for begin, token in zip(begins, tokens, strict=False)]
    return Wording(text, numbers, starts, ends, _cuts(text, starts))


def _cuts(text: str, starts: list[int]) -> list[int]:
    cuts, count = [0], len(starts)
    for close in _CLOSE.finditer(text):
        cut = bisect_left(starts, close.end(), cuts[-1])
        if cut < count and cut != cuts[-1]:
            cuts.append(cut)
    return cuts if count else []
