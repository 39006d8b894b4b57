"""SQL expressions that SQLite and Postgres write differently, compiled for each."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, cast, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from claims_api.db.types import SortedText


def lowered(text: Any) -> ColumnElement[str]:
    """Return an expression for a text in lower case by the rules of ASCII, whatever the database's language is."""
    return func.lower(cast(text, SortedText))


class json_array_of(FunctionElement[list[Any]]):  # noqa: N801  # reads as SQL does
    """Aggregate a column into one JSON array, in no order: SQLite learned to order it only in 3.44."""

    type = JSON()
    inherit_cache = True
    name = "json_array_of"


@compiles(json_array_of, "sqlite")
def _sqlite_array(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(json_array_of, "postgresql")
def _postgres_array(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **kw)})"


class json_items(FunctionElement[Any]):  # noqa: N801  # reads as SQL does
    """The members of one JSON array of strings, as rows of one column ``value``."""

    inherit_cache = True
    name = "json_items"


@compiles(json_items, "sqlite")
def _sqlite_items(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(json_items, "postgresql")
def _postgres_items(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses, **kw)})"


class unindexed(FunctionElement[Any]):  # noqa: N801  # reads as SQL does
    """A column whose index SQLite must not use: it knows too little of the values to choose well."""

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unindexed, "sqlite")
def _sqlite_unindexed(element: Any, compiler: Any, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


@compiles(unindexed, "postgresql")
def _postgres_indexed(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


class moment_text(FunctionElement[str]):  # noqa: N801  # reads as SQL does
    """A moment as text that sorts as moments do: ``YYYY-MM-DD HH:MM:SS.ffffff``, in UTC."""

    type = Text()
    inherit_cache = True
    name = "moment_text"


@compiles(moment_text, "sqlite")
def _sqlite_moment(element: Any, compiler: Any, **kw: Any) -> str:
    # Moments are kept as such text.
    return str(compiler.process(element.clauses, **kw))


@compiles(moment_text, "postgresql")
def _postgres_moment(element: Any, compiler: Any, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
