"""Pages by key: where a page ends is said by the last row's sort value and id, never by a count."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, tuple_

from claims_api import errors
from claims_api.db import Id, Instant
from claims_api.queries.rows import AnyRow, AnySelect

Position = tuple[str | int, str]


@dataclass(frozen=True)
class Sort:
    """An order of a listing: by ``column``, then by id, so that equal values cannot hide a row."""

    column: ColumnElement[Any]
    id: ColumnElement[str]
    descending: bool = False

    def after(self, position: Position) -> ColumnElement[bool]:
        """Return the condition that leaves what stands behind ``position``."""
        here = tuple_(self.column, self.id)
        value = literal(_read(self.column, position[0]), self.column.type)
        there = tuple_(value, literal(position[1], Id()))
        return here < there if self.descending else here > there

    def order(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Return what to order by."""
        if self.descending:
            return self.column.desc(), self.id.desc()
        return self.column.asc(), self.id.asc()


@dataclass(frozen=True)
class Window:
    """Which page is wanted: the order by name, how many rows, and behind which place (None: from the start)."""

    sort: str
    limit: int
    position: Position | None = None


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the place behind which the next one begins (None: there is none)."""

    rows: Sequence[AnyRow]
    next: Position | None


def sorts(identity: Any, **columns: Any) -> dict[str, Sort]:
    """Return the closed list of orders of a listing: each column, rising and falling (``-name``).

    Mapped attributes and expressions are taken alike, which SQLAlchemy's types do not say in one word.
    """
    rising = {name: Sort(column, identity) for name, column in columns.items()}
    falling = {f"-{name}": Sort(column, identity, descending=True) for name, column in columns.items()}
    return {"-created_at": falling.pop("-created_at"), **rising, **falling}


def page(connection: Connection, statement: AnySelect, orders: Mapping[str, Sort], window: Window) -> Page:
    """Read one page, with one row more to see whether another follows."""
    sort = orders[window.sort]
    if window.position is not None:
        statement = statement.where(sort.after(window.position))
    statement = statement.add_columns(sort.column.label("sort_key")).order_by(*sort.order())
    rows = connection.execute(statement.limit(window.limit + 1)).all()
    if len(rows) <= window.limit:
        return Page(rows, None)
    last = rows[window.limit - 1]
    return Page(rows[: window.limit], (_write(last.sort_key), last.id))


def _write(value: Any) -> str | int:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _read(column: ColumnElement[Any], value: str | int) -> Any:
    if not isinstance(column.type, Instant):
        return value
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise errors.Malformed("The cursor does not belong to this listing.") from None
