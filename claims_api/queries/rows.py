"""What every single read shares."""

from typing import Any

from sqlalchemy import Connection, Row, Select

from claims_api import errors

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def one(connection: Connection, statement: AnySelect, what: str, **parameters: Any) -> AnyRow:
    """Read the one row of a statement; ``NotFound`` where there is none.

    The statement is made once, with bound parameters: SQLAlchemy then need not fit its result to a new one each time.
    """
    row = connection.execute(statement, parameters).first()
    if row is None:
        raise errors.NotFound(f"There is no such {what}, or it was deleted.")
    return row
