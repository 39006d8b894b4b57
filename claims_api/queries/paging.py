"""Keyset pagination: a page begins behind the sort value and id of the last row before it, never at an offset."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, tuple_

from claims_api import db, errors
from claims_api.db import Id, Instant
from claims_api.queries import rows
from claims_api.queries.rows import AnyRow, AnySelect

# So many statements are cached for each listing.
_MOST_STATEMENTS = 200
Position = tuple[str | int, str]


@dataclass(frozen=True)
class Sort:
    """An order of a listing: by ``column``, then by id, so that equal values cannot hide a row."""

    column: ColumnElement[Any]
    id: ColumnElement[str]
    descending: bool = False

    def after(self) -> ColumnElement[bool]:
        """Return the condition for the rows behind a position, the parameters ``after_value`` and ``after_id``."""
        here = tuple_(self.column, self.id)
        there = tuple_(bindparam("after_value", type_=self.column.type), bindparam("after_id", type_=Id()))
        return here < there if self.descending else here > there

    def order(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Return the two expressions of ORDER BY."""
        if self.descending:
            return self.column.desc(), self.id.desc()
        return self.column.asc(), self.id.asc()


@dataclass(frozen=True)
class Window:
    """Which page is wanted: the order by name, how many rows, and behind which position (None: from the start)."""

    sort: str
    limit: int
    position: Position | None = None


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the position behind which the next one begins (None: there is none).

    A position is the last row's sort value, an instant in ISO 8601, and its id.
    """

    rows: Sequence[AnyRow]
    next: Position | None


def sorts(identity: Any, **columns: Any) -> dict[str, Sort]:
    """Return the orders of a listing by name: each column, ascending and descending (``-name``).

    ``Any``, since no type of SQLAlchemy covers both mapped attributes and expressions.
    """
    rising = {name: Sort(column, identity) for name, column in columns.items()}
    falling = {f"-{name}": Sort(column, identity, descending=True) for name, column in columns.items()}
    return {"-created_at": falling.pop("-created_at"), **rising, **falling}


class Listing:
    """What can be listed, in which orders, and narrowed by which filters.

    Each filter is a condition on a bound parameter of its own name. A statement is built once for each choice of
    filters and order, since building it costs more than the database's work. ``live`` is the condition that a row was
    not deleted; ``parameters`` are those of ``rows`` itself. With ``heavy`` rows the ids of a page are found first:
    SQLite would build whole rows for all that it has to sort.
    """

    def __init__(
        self,
        rows: AnySelect,
        orders: Mapping[str, Sort],
        filters: Mapping[str, ColumnElement[bool]],
        *,
        live: ColumnElement[bool],
        heavy: bool = False,
    ) -> None:
        self.rows, self.orders, self.filters, self.live, self.heavy = rows, orders, filters, live, heavy
        self.identity = next(iter(orders.values())).id
        # Bounded: there are millions of choices of filters, and a client may make any.
        self._statement = lru_cache(_MOST_STATEMENTS)(self._made)
        self._one = cache(self._made_for_one)

    def one(
        self, connection: Connection, what: str, identity: str, *, include_deleted: bool = False, **parameters: Any
    ) -> AnyRow:
        """Read the one row with this id; ``NotFound`` where there is none."""
        return rows.one(connection, self._one(include_deleted), what, id=identity, **parameters)

    def page(
        self,
        connection: Connection,
        window: Window,
        values: Mapping[str, Any],
        *,
        include_deleted: bool = False,
        **parameters: Any,
    ) -> Page:
        """Read one page of what meets every filter in ``values``; ``Malformed`` for a cursor of another listing."""
        given = {name: value for name, value in values.items() if value is not None}
        statement = self._statement(frozenset(given), window.sort, window.position is not None, include_deleted)
        place = {} if window.position is None else self._place(window.sort, window.position)
        # One row more than wanted tells whether another page follows.
        found = db.fetched(connection, statement, {**parameters, **given, **place, "row_limit": window.limit + 1})
        if len(found) <= window.limit:
            return Page(found, None)
        last = found[window.limit - 1]
        return Page(found[: window.limit], (written(last.sort_key), last.id))

    def _made_for_one(self, include_deleted: bool) -> AnySelect:
        statement = self.rows.where(self.identity == bindparam("id"))
        return statement if include_deleted else statement.where(self.live)

    def _made(self, chosen: frozenset[str], order: str, is_further: bool, include_deleted: bool) -> AnySelect:
        sort = self.orders[order]
        conditions = [self.filters[name] for name in sorted(chosen)]
        if not include_deleted:
            conditions.append(self.live)
        if is_further:
            conditions.append(sort.after())
        statement = self.rows.add_columns(sort.column.label("sort_key")).order_by(*sort.order())
        chosen_rows = statement.where(*conditions).limit(bindparam("row_limit"))
        if not self.heavy:
            return chosen_rows
        ids = chosen_rows.with_only_columns(self.identity, maintain_column_froms=True)
        return statement.where(self.identity.in_(ids.correlate(None)))

    def _place(self, order: str, position: Position) -> dict[str, Any]:
        value, identity = position
        if isinstance(self.orders[order].column.type, Instant):
            return {"after_value": moment_in(value), "after_id": identity}
        return {"after_value": value, "after_id": identity}


def written(value: Any) -> Any:
    """Return a sort value as a cursor holds it: a moment in ISO 8601, anything else as it is."""
    return value.isoformat() if isinstance(value, dt.datetime) else value


def moment_in(value: str | int) -> dt.datetime:
    """Return the moment that is a cursor's sort value; ``Malformed`` where it is none."""
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise errors.Malformed("The cursor does not belong to this listing.") from None
