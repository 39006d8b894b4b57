"""Compare two texts line by line, as a unified diff that ``patch`` applies."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from claims_api.services.texts.subsequences import Allowance, Run, common

# So many unchanged lines are shown around a change.
_CONTEXT = 3
# Only \n ends a line in such diffs.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNENDED = "\n\\ No newline at end of file\n"


class _Change(NamedTuple):
    """Lines of the old text that became lines of the new one, both half-open."""

    old: int
    old_end: int
    new: int
    new_end: int


def unified(old: str, new: str, *, names: tuple[str, str]) -> str:
    """Return a unified diff of two texts, in the format of POSIX's ``diff -u``, without times; "" for the same text.

    ``names`` stand in its header, for the old and the new text. Time and memory are bounded: for texts of very many
    lines the diff may be larger than needed.
    """
    olds, news = _LINE.findall(old), _LINE.findall(new)
    numbers: dict[str, int] = {}
    old_keys, new_keys = ([numbers.setdefault(line, len(numbers)) for line in lines] for lines in (olds, news))
    runs = common(old_keys, new_keys, Allowance())
    hunks = [_hunk(olds, news, each) for each in _grouped(_changes(runs, len(olds), len(news)))]
    return "".join([f"--- {names[0]}\n+++ {names[1]}\n", *hunks]) if hunks else ""


def _changes(runs: Iterable[Run], olds: int, news: int) -> Iterator[_Change]:
    for before, after in pairwise([Run(0, 0, 0), *runs, Run(olds, news, 0)]):
        change = _Change(before.old + before.length, after.old, before.new + before.length, after.new)
        if change.old < change.old_end or change.new < change.new_end:
            yield change


def _grouped(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Group changes whose context lines would overlap."""
    group: list[_Change] = []
    for change in changes:
        if group and change.old - group[-1].old_end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(olds: Sequence[str], news: Sequence[str], changes: Sequence[_Change]) -> str:
    first, last = changes[0], changes[-1]
    before = min(_CONTEXT, first.old)
    after = min(_CONTEXT, len(olds) - last.old_end)
    place = _range(first.old - before, last.old_end + after), _range(first.new - before, last.new_end + after)
    parts = [f"@@ -{place[0]} +{place[1]} @@\n"]
    at = first.old - before
    for change in changes:
        parts += [_written(" ", olds[at : change.old]), _written("-", olds[change.old : change.old_end])]
        parts.append(_written("+", news[change.new : change.new_end]))
        at = change.old_end
    return "".join([*parts, _written(" ", olds[at : at + after])])


def _range(start: int, end: int) -> str:
    # Lines are counted from 1; where there are none, the line before is named.
    length = end - start
    return str(start + 1) if length == 1 else f"{start + (length > 0)},{length}"


def _written(sign: str, lines: Iterable[str]) -> str:
    return "".join(f"{sign}{line}{'' if line.endswith(chr(10)) else _UNENDED}" for line in lines)
