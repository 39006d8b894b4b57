"""``IN`` lists as one bound parameter: an array on Postgres, JSON on SQLite.

SQLAlchemy would write a list of a thousand out as a thousand parameters, and the database would plan it anew each time.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator

# Typed as a boolean it would be written as `... = 1` for SQLite, which then uses no index.
_CONDITION: Any = NullType()

# Postgres expects so many values of a list that it does not know. It would plan anew each time for a shorter one, which
# it takes for cheaper: so its first value is repeated.
_EXPECTED = 10


class _Listed(TypeDecorator[list[str] | list[int]]):
    """The type of a list that is one parameter: an array on Postgres, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the native type where there is one."""
        return dialect.type_descriptor(ARRAY(self.kind) if dialect.name == "postgresql" else Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Write the values as the database takes them."""
        # Written here: the driver would look at the type of each value, and take several times as long.
        return _array if dialect.name == "postgresql" else _json


def _array(values: list[str] | list[int]) -> str:
    if 0 < len(values) < _EXPECTED:
        values = [*values, *[values[0]] * (_EXPECTED - len(values))]
    return "{" + ",".join([f'"{text}"' for text in map(_escaped, map(str, values))]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _json(values: list[str] | list[int]) -> str:
    return orjson.dumps(values).decode()


class among(FunctionElement[bool]):  # noqa: N801  # reads as SQL does
    """The condition that a column has one of ``values`` (texts, ids or whole numbers), or of those in a parameter."""

    inherit_cache = True
    name = "among"
    type = _CONDITION

    def __init__(self, column: Any, values: Iterable[Any] = (), *, parameter: str | None = None) -> None:
        kind = _Listed(column.type)
        given = bindparam(parameter, type_=kind) if parameter else bindparam(None, list(values), type_=kind)
        super().__init__(column, given)


@compiles(among, "sqlite")
def _sqlite_among(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # compiled parts


@compiles(among, "postgresql")
def _postgres_among(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY ({values})"


class among_rows(FunctionElement[bool]):  # noqa: N801  # reads as SQL does
    """The condition that some columns together have the values of one of ``rows``, given in the columns' order."""

    inherit_cache = True
    name = "among_rows"
    type = _CONDITION

    def __init__(self, columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
        written = orjson.dumps([list(row) for row in rows]).decode()
        super().__init__(*columns, bindparam(None, written, type_=Text()))


@compiles(among_rows, "sqlite")
def _sqlite_among_rows(element: Any, compiler: Any, **kw: Any) -> str:
    *columns, rows = (compiler.process(each, **kw) for each in element.clauses)
    members = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    return f"({', '.join(columns)}) IN (SELECT {members} FROM json_each({rows}))"  # noqa: S608  # compiled parts


@compiles(among_rows, "postgresql")
def _postgres_among_rows(element: Any, compiler: Any, **kw: Any) -> str:
    *columns, rows = (compiler.process(each, **kw) for each in element.clauses)
    kinds = [compiler.dialect.type_compiler_instance.process(each.type) for each in list(element.clauses)[:-1]]
    members = ", ".join(f"CAST(value ->> {place} AS {kind})" for place, kind in enumerate(kinds))
    return f"({', '.join(columns)}) IN (SELECT {members} FROM json_array_elements(CAST({rows} AS json)))"  # noqa: S608  # compiled parts
