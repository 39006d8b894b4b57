"""What the checks of ``claims-api verify`` share: their results, and whoever watches them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """The result of a check: what must hold, for how many that was checked, and the ids (or numbers) where it does not.

    ``beside`` counts what is not wrong, and still worth telling.
    """

    what: str
    number: int
    wrong: list[str]
    beside: Counter[str] = field(default_factory=Counter)


class Observer:
    """Observes the progress of the checks; this base class ignores it."""

    def begins(self, what: str) -> None:
        """Note which check comes next."""

    def seen(self, rows: Iterable[T], number: int) -> Iterable[T]:  # noqa: ARG002  # for those that count
        """Pass on the rows that are checked, of which there are ``number``."""
        return rows


Check = Callable[[Connection, Observer], Finding]


def number_of(connection: Connection, identity: Any) -> int:
    """Count the rows of the table that has this column."""
    return connection.execute(select(func.count(identity))).scalar_one()
