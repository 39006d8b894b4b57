"""Cut many ids or rows into batches: by number for one statement, by length of text for memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
_BATCH = 500
# Code points of texts that are read at once.
_LONGEST = 2_000_000


def batches(many: Iterable[T]) -> Iterator[list[T]]:
    """Yield batches of up to 500, for one statement each: a database takes only so many parameters."""
    rest = iter(many)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def by_length(rows: Iterable[Any]) -> Iterator[list[str]]:
    """Yield the ids of texts in batches that fit into memory: 2,000,000 code points together, or one longer text.

    ``rows`` have an ``id`` and a ``length`` in code points.
    """
    part, length = list[str](), 0
    for row in rows:
        if part and length + row.length > _LONGEST:
            yield part
            part, length = [], 0
        part.append(row.id)
        length += row.length
    if part:
        yield part
