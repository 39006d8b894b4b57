"""Nested rows: a column that holds, as JSON, all rows that belong to the row around it.

So one statement reads an entity with what belongs to it, from one snapshot and in one round trip.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import JSON, Dialect, Float, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import TypeDecorator

from claims_api.db.driver_rows import Process, making, reading
from claims_api.db.types import Instant


def nested(statement: Select[*tuple[Any, ...]], *, by: Sequence[str], falling: bool = False) -> ColumnElement[Any]:
    """Return a column that has all rows of a statement, as a list of named tuples in the order of the columns ``by``.

    The order is descending if ``falling``. The statement must be correlated with the row around it; its own order is
    ignored.
    """
    columns = tuple(statement.selected_columns)
    kind = _Rows([column.key or "" for column in columns], [column.type for column in columns], by, falling=falling)
    return statement.with_only_columns(_rows_of(kind, *columns)).scalar_subquery()


class _Rows(TypeDecorator[list[Any]]):
    """A list of rows, which comes as JSON: a list of lists."""

    impl = JSON
    cache_ok = False  # statements with it are made once, by ``Prepared``

    def __init__(self, names: Sequence[str], kinds: Sequence[Any], by: Sequence[str], *, falling: bool) -> None:
        super().__init__()
        self.names, self.kinds, self.by, self.falling = tuple(names), tuple(kinds), tuple(by), falling

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], list[Any]]:
        """Make the same named tuples as if each row had been selected by itself."""
        # Some drivers have parsed the JSON already.
        loads: Callable[[Any], Any] = JSON().dialect_impl(dialect).result_processor(dialect, coltype) or _same
        make = making(self.names, [_reading_member(kind, dialect) for kind in self.kinds])
        key, falling = attrgetter(*self.by), self.falling

        def process(value: Any) -> list[Any]:
            return sorted(map(make, loads(value)), key=key, reverse=falling)

        return process


def _same(value: Any) -> Any:
    return value


def _reading_member(kind: Any, dialect: Dialect) -> Process:
    # Types that JSON does not have come as text.
    if isinstance(kind, Instant) and dialect.name == "postgresql":
        return dt.datetime.fromisoformat
    if isinstance(kind, Float):
        return float
    return reading(kind, dialect, None)


class _rows_of(FunctionElement[Any]):  # noqa: N801  # reads as SQL does
    """Aggregate rows into one JSON array of arrays."""

    inherit_cache = False
    name = "rows_of"

    def __init__(self, kind: _Rows, *columns: Any) -> None:
        super().__init__(*columns)
        self.type = kind


@compiles(_rows_of, "sqlite")
def _sqlite_rows(element: Any, compiler: Any, **kw: Any) -> str:
    members = (_sqlite_member(column, compiler.process(column, **kw)) for column in element.clauses)
    return f"json_group_array(json_array({', '.join(members)}))"


def _sqlite_member(column: Any, written: str) -> str:
    # SQLite writes floats as 15 digits, which some do not survive.
    return f"iif({written} IS NULL, NULL, printf('%!.17g', {written}))" if isinstance(column.type, Float) else written


@compiles(_rows_of, "postgresql")
def _postgres_rows(element: Any, compiler: Any, **kw: Any) -> str:
    return f"coalesce(json_agg(json_build_array({compiler.process(element.clauses, **kw)})), '[]')"
