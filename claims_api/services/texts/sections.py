"""Cut a text into sentences, and into sections of some sentences each. Offsets are code points, half-open."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from claims_api.terms import Term

# Enough to say what a stretch is about, and few enough for a reader to see at once why it was found.
_FULL = 120
# A list or a table has no sentences, and few words may stand among many signs: sections must end all the same.
_LONGEST_SENTENCE = 600
_LONGEST_SECTION = 3_000

# A sentence ends at its marks with what closes it, or at a line's end; behind an initial or a title it goes on, unless
# there are several marks. Nothing is looked at twice, however many marks, quotes or spaces stand in a row.
_MARKS = r"[.!?\u2026\u061f\u06d4\u0964]"
_END = re.compile(
    rf"""(?<!{_MARKS})
    (?:(?={_MARKS}{{2}})
      |(?<!\b[A-Z])(?<!\b(?:Dr|Jr|Lt|Mr|Ms|Sr|St|vs))(?<!\b(?:Col|Gen|Gov|Inc|Ltd|Mrs|Rep|Rev|Sen)))
    {_MARKS}++["'\u2019\u201d\u00bb)\]]*+(?=\s++[^\sa-z])
    |[\u3002\uff01\uff1f]++[\u201d\u2019\u300d\u300f]*+
    |\n""",
    re.VERBOSE,
)


# Where an end can begin: searching that alone is far quicker than the whole pattern.
_MAY_END = re.compile(f"{_MARKS}|[\\u3002\\uff01\\uff1f\\n]")


class Section(NamedTuple):
    """A stretch of a text, ``text[start:end]``, and its words."""

    start: int
    end: int
    words: list[str]


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text's sentences, without white space around them; none exceeds 600 code points."""
    edges = [0, *_ends(text), len(text)]
    trimmed = (_trimmed(text, *span) for span in pairwise(edges))
    return [short for start, end in trimmed if start < end for short in _shortened(text, start, end)]


def sections(text: str, terms: Sequence[Term]) -> Iterator[Section]:
    """Cut a text into sections of whole sentences, of about 120 terms or 3,000 code points.

    ``terms`` are those of the text, in its order; each begins in exactly one section.
    """
    first = last = start = end = 0
    for begin, end in sentences(text):
        if first == last:  # what holds no words is in no section
            start = begin
        last = _behind(terms, last, end)
        if last - first >= _FULL or (last > first and end - start >= _LONGEST_SECTION):
            yield Section(start, end, [term.word for term in terms[first:last]])
            first = last
    if first < last:
        yield Section(start, end, [term.word for term in terms[first:last]])


def _ends(text: str) -> Iterator[int]:
    end = 0
    for sign in _MAY_END.finditer(text):
        match = _END.match(text, sign.start()) if sign.start() >= end else None
        if match is not None:
            end = match.end()
            yield end


def _behind(terms: Sequence[Term], first: int, end: int) -> int:
    place = first
    while place < len(terms) and terms[place].start < end:
        place += 1
    return place


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    sentence = text[start:end]
    return start + len(sentence) - len(sentence.lstrip()), end - len(sentence) + len(sentence.rstrip())


def _shortened(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST_SENTENCE:
        space = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
        cut = space if space > 0 else start + _LONGEST_SENTENCE
        yield _trimmed(text, start, cut)
        start, _ = _trimmed(text, cut, end)
    if start < end:
        yield start, end
