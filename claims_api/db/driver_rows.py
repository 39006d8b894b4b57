"""Make the tuples that a driver returns into named tuples with the values of the columns' types."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Enum

Process = Callable[[Any], Any] | None
Makes = Callable[[Sequence[Any]], Any]
# More than the service has; those that somebody makes anew each time must not stay.
KEPT = 2048


def reading(kind: Any, dialect: Dialect, code: Any) -> Process:
    """Return what makes a value of a column's type of what comes; None where it is that already."""
    if isinstance(kind, Enum) and kind.enum_class is not None:
        # As its own does, without a look at each whether it may be a name.
        return {str(member.value): member for member in kind.enum_class}.__getitem__
    found: Process = kind.dialect_impl(dialect).result_processor(dialect, code)
    return found


def making(names: tuple[str, ...], reads: Sequence[Process]) -> Makes:
    """Return what makes a named tuple of the values of one row."""
    make: Makes = _row(names)._make
    processed = [(place, process) for place, process in enumerate(reads) if process is not None]

    def run(values: Sequence[Any]) -> Any:
        found = list(values)
        for place, process in processed:
            if found[place] is not None:
                found[place] = process(found[place])
        return make(found)

    return run if processed else make


@lru_cache(KEPT)
def _row(names: tuple[str, ...]) -> Any:
    # The same class for the same columns: answers are shaped by plans that are kept by it.
    return namedtuple("Row", names, rename=True)
