"""What all reads of a single row share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Result, Row, Select, and_, bindparam, or_

from claims_api import db, errors
from claims_api.models.base import Recorded

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
_AT_ONCE = 500


def one(connection: Connection, statement: AnySelect, what: str, **parameters: Any) -> AnyRow:
    """Read the one row of a statement that was made once; ``NotFound`` where there is none."""
    found = db.fetched(connection, statement, parameters)
    if not found:
        raise errors.NotFound(f"There is no such {what}, or it was deleted.")
    row: AnyRow = found[0]
    return row


@contextmanager
def streamed(connection: Connection, *statements: AnySelect, at_once: int = 500) -> Iterator[list[Result[Any]]]:
    """Stream the rows of statements by server-side cursors, ``at_once`` at a time: more than fit into memory may come.

    Cursors that are not read to their end are closed.
    """
    results: list[Result[Any]] = []
    try:
        results.extend(connection.execute(each, execution_options={"yield_per": at_once}) for each in statements)
        yield results
    finally:
        # After an interruption there may be no connection any more to close them on.
        for result in () if connection.invalidated else results:
            result.close()


def by_id(
    connection: Connection, statement: AnySelect, identity: Any, values: Mapping[str, Any]
) -> Iterator[Sequence[AnyRow]]:
    """Yield all rows of a statement, which must have an ``id``, in the order of ``identity``, in batches of 500.

    Each batch is a statement that goes on where the one before ended: a single one could exceed the time limit.
    """
    statement = statement.order_by(identity).limit(_AT_ONCE)
    further = statement.where(identity > bindparam("after_id", type_=db.Id()))
    found = connection.execute(statement, values).all()
    while found:
        yield found
        found = connection.execute(further, {**values, "after_id": found[-1].id}).all()


def together(owner: type[Recorded], owned: type[Recorded]) -> ColumnElement[bool]:
    """Return the condition that something is live, and so its owner, or was deleted together with its owner."""
    both_live = and_(owned.deleted_at.is_(None), owner.deleted_at.is_(None))
    return or_(both_live, owned.deleted_at == owner.deleted_at)
