"""Make the tuples that a driver returns into named tuples with the values of the columns' types."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Enum

Process = Callable[[Any], Any] | None
Makes = Callable[[Sequence[Any]], Any]
# More statements than the service has; bounded, so that statements made anew each time do not fill memory.
KEPT = 2048


def reading(kind: Any, dialect: Dialect, code: Any) -> Process:
    """Return the function that turns a driver's value into a column type's; None where none is needed."""
    if isinstance(kind, Enum) and kind.enum_class is not None:
        # As SQLAlchemy's does, without checking each value for being a member's name.
        return {str(member.value): member for member in kind.enum_class}.__getitem__
    found: Process = kind.dialect_impl(dialect).result_processor(dialect, code)
    return found


def making(names: tuple[str, ...], reads: Sequence[Process]) -> Makes:
    """Return the function that makes a named tuple of one row's values."""
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
    # The same class for the same columns: ``schemas.shaping`` caches its plans by class.
    return namedtuple("Row", names, rename=True)
