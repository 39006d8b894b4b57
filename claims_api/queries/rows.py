"""What every listing and every single read shares."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select
from sqlalchemy.orm import InstrumentedAttribute

from claims_api import errors

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def one(connection: Connection, statement: AnySelect, what: str) -> AnyRow:
    """Read the one row of a statement; ``NotFound`` where there is none."""
    row = connection.execute(statement).first()
    if row is None:
        raise errors.NotFound(f"There is no such {what}, or it was deleted.")
    return row


def narrowed(statement: AnySelect, *conditions: ColumnElement[bool] | None) -> AnySelect:
    """Keep the rows that meet every condition given."""
    return statement.where(*(each for each in conditions if each is not None))


def equals(column: InstrumentedAttribute[Any], value: Any) -> ColumnElement[bool] | None:
    """Return the condition of a filter, or None where the caller did not set it."""
    return None if value is None else column == value


def since(column: InstrumentedAttribute[Any], value: Any) -> ColumnElement[bool] | None:
    """Return the condition "at or after", or None where the caller did not set it."""
    return None if value is None else column >= value
