"""Many things at a time, and not too many for one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_BATCH = 500


def batches(many: Iterable[T]) -> Iterator[list[T]]:
    """Yield as many at a time as one statement is given: a database takes only so many parameters."""
    rest = iter(many)
    while batch := list(islice(rest, _BATCH)):
        yield batch
