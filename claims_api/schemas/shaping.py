"""Make answers from rows, shaped by the very fields that are declared for the contract.

A schema is turned once, for the columns that a statement gives, into one expression of Python: a dictionary of
columns, parts of the same kind, or calls of functions. Compiled, it costs a small fraction of what dumping through
marshmallow does, and a third of what it would cost to look at the plan for each row.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, TypeVar

from marshmallow import Schema, fields
from sqlalchemy import Row

Make = Callable[[Row[Any]], Any]
_HOW = "shape"
AnyField = TypeVar("AnyField", bound=fields.Field[Any])


def computed(field: AnyField, by: Callable[..., Any], *columns: str) -> AnyField:
    """Declare a field whose value is what ``by`` returns for these columns of the row, in their order."""
    return _marked(field, "computed", by, columns)


def part(schema: type[Schema], *, present: str = "id", **kwargs: Any) -> fields.Nested:
    """Declare a nested object whose columns stand in the same row, as ``<field>_<name>`` or as ``<name>``.

    It is null where its column ``present`` is.
    """
    return _marked(fields.Nested(schema, required=True, **kwargs), "part", present)


def added(field: AnyField) -> AnyField:
    """Declare a field that no column holds: the view adds it, from a statement of its own."""
    return _marked(field, "added")


def listed(field: AnyField) -> AnyField:
    """Declare a list of objects whose rows stand in a column of the same name (``db.nested``), null for none.

    Where the statement does not read that column, the field is left out, unless it is required.
    """
    return _marked(field, "listed")


def unless_null(field: AnyField) -> AnyField:
    """Declare a field that is left out where its column is null."""
    return _marked(field, "unless_null")


def _marked(field: AnyField, *how: Any) -> AnyField:
    field.metadata = {**field.metadata, _HOW: how}
    return field


def shape(schema: type[Schema], rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Return one object for each row; ``LookupError`` where the rows lack the column of a declared field."""
    if not rows:
        return []
    make = _made(schema, rows[0]._fields)
    return [make(row) for row in rows]


def shape_one(schema: type[Schema], row: Row[Any]) -> dict[str, Any]:
    """Return the object of a single row, as ``shape`` does."""
    return shape(schema, [row])[0]


@cache
def _made(schema: type[Schema], columns: tuple[str, ...]) -> Make:
    """Return what makes an object of a row of these columns."""
    functions: dict[str, Callable[..., Any]] = {}
    source = f"lambda row: {_Written(columns, functions).whole(schema)}"
    # Of names that are declared, and places: nothing of it is anybody's input.
    make: Make = eval(source, {"__builtins__": {}, **functions})  # noqa: S307
    return make


class _Written:
    """Expressions for rows of some columns; what they call is put into ``functions``."""

    def __init__(self, columns: tuple[str, ...], functions: dict[str, Callable[..., Any]]) -> None:
        self.columns, self.functions = columns, functions

    def whole(self, schema: type[Schema], owner: str = "") -> str:
        """Return the expression of an object; ``owner`` is the name of the field that it stands in."""
        return "{" + ", ".join(self._members(schema, owner)) + "}"

    def _members(self, schema: type[Schema], owner: str) -> Iterator[str]:
        last = []
        for name, field in schema._declared_fields.items():
            how, *of = field.metadata.get(_HOW, ("column",))
            if how == "unless_null":
                last.append(self._unless_null(name, owner))
            elif how != "added" and not (how == "listed" and not field.required and name not in self.columns):
                yield f"{name!r}: {self._value(field, name, owner, how, of)}"
        yield from last

    def _value(self, field: fields.Field[Any], name: str, owner: str, how: str, of: list[Any]) -> str:
        if how == "computed":
            return self._call(of[0], of[1], owner)
        if how == "listed" and isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            return self._named(partial(shape, type(field.inner.schema)), f"{self._at(name, owner)} or ()")
        if how == "part" and isinstance(field, fields.Nested):
            return f"None if {self._at(of[0], name)} is None else {self.whole(type(field.schema), name)}"
        return self._at(name, owner)

    def _call(self, by: Callable[..., Any], of: tuple[str, ...], owner: str) -> str:
        return self._named(by, ", ".join(self._at(each, owner) for each in of))

    def _named(self, by: Callable[..., Any], given: str) -> str:
        name = f"by_{len(self.functions)}"
        self.functions[name] = by
        return f"{name}({given})"

    def _unless_null(self, name: str, owner: str) -> str:
        value = self._at(name, owner)
        return f"**({{}} if {value} is None else {{{name!r}: {value}}})"

    def _at(self, name: str, owner: str) -> str:
        # An id is never borrowed from the object around.
        candidates = [name] if not owner else [f"{owner}_{name}"] if name == "id" else [f"{owner}_{name}", name]
        for candidate in candidates:
            if candidate in self.columns:
                return f"row[{self.columns.index(candidate)}]"
        raise LookupError(f"no column for the declared field {owner}.{name}")
