"""Read a file of JSON-LD documents: one on each line, or a single one over any number of lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import orjson

from claims_api.errors import Failure, Malformed, TooLarge
from claims_api.schemas.formats.lines import MARK
from claims_api.schemas.strict import parse_line, refuse_many_values
from claims_api.services.imports.incoming import Record, Unreadable

# A document is read whole, and takes several times its length in memory.
LONGEST = 64 * 1024 * 1024
MOST_VALUES = 2_000_000
_DEEPEST = 40
Lines = Iterable[tuple[int, bytes]]


class Document(NamedTuple):
    """One document, and the line it stands on; None where it is a whole file."""

    value: Any
    line: int | None


def documents(lines: Lines) -> Iterator[Document | Unreadable]:
    """Read documents: line by line where lines hold whole ones, so that a file of any size goes through.

    An empty file holds none: that is how no reviews, or no annotations, are exported. What is no document is
    ``Unreadable``, and so is one of over 64 MiB that spans lines.
    """
    written = ((number, line.removeprefix(MARK)) for number, line in lines if line.strip())
    begun = list(islice(written, 2))
    if _is_by_lines([line for _, line in begun]):
        for number, line in chain(begun, written):
            yield _document(line, number)
    elif begun:
        yield from _single(chain(begun, written))


def records_of(lines: Lines, read: Callable[[Document], Iterable[Record]]) -> Iterator[Record]:
    """Yield the records that ``read`` makes of each document, and as it is the ``Unreadable`` of what is none."""
    for document in documents(lines):
        if isinstance(document, Unreadable):
            yield document
        else:
            yield from read(document)


def refuse_deep(value: Any) -> None:
    """Raise ``Malformed`` for a value that is nested more than 40 levels deep."""
    level = [value]
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [inner for each in level for inner in _inner(each)]
    raise Malformed("It is nested too deeply.", remedy=f"Nest it no more than {_DEEPEST} levels deep.")


def _is_by_lines(begun: Sequence[bytes]) -> bool:
    """Return whether each line is a document, as the first two tell; of those the first may be broken."""
    if not begun:
        return True
    first = begun[0].strip()
    return _is_whole(first) or (first[-1:] not in b"[{,:" and begun[1:] != [] and _is_whole(begun[1]))


def _is_whole(line: bytes) -> bool:
    try:
        refuse_many_values(line, most=MOST_VALUES)
        orjson.loads(line)
    except Malformed:
        return True  # and refused when it is read
    except ValueError:
        return False
    return True


def _single(lines: Lines) -> Iterator[Document | Unreadable]:
    whole = bytearray()
    for _, line in lines:
        whole += line if line.endswith(b"\n") else line + b"\n"
        if len(whole) > LONGEST:
            detail = f"One document may have at most {LONGEST} bytes: give each of its items a line of its own."
            yield Unreadable(TooLarge(detail))
            return
    yield _document(bytes(whole), None)


def _document(text: bytes, line: int | None) -> Document | Unreadable:
    try:
        value = parse_line(text, most=MOST_VALUES)
        refuse_deep(value)
    except Failure as failure:
        return Unreadable(failure, line=line)
    return Document(value, line)


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
