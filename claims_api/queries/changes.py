"""Reading the ledger."""

from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, bindparam, select

from claims_api import errors
from claims_api.models.changes import Change
from claims_api.models.words import EntityKind
from claims_api.queries.rows import AnyRow

CHANGES = select(
    Change.seq,
    Change.at,
    Change.actor,
    Change.entity,
    Change.entity_id,
    Change.action,
    Change.version,
    Change.state,
)

HISTORY = (
    CHANGES.where(
        Change.entity_id == bindparam("entity_id"),
        Change.entity == bindparam("entity"),
        Change.seq < bindparam("before"),
    )
    .order_by(Change.seq.desc())
    .limit(bindparam("row_limit"))
)

FEED = CHANGES.where(Change.seq > bindparam("after")).order_by(Change.seq).limit(bindparam("row_limit"))
FEED_OF_ONE_KIND = FEED.where(Change.entity == bindparam("entity"))

# Seqs are counted in 64 bits.
BEYOND = 2**63 - 1


def history(
    connection: Connection, entity: EntityKind, entity_id: str, *, before: int, limit: int
) -> tuple[list[tuple[AnyRow, dict[str, Any]]], int | None]:
    """Read changes of one entity, newest first, each with the state before it; and where to go on.

    Raises ``NotFound`` where nothing was ever recorded of it. Deleting does not end a history.
    """
    parameters = {"entity": entity, "entity_id": entity_id, "before": before, "row_limit": limit + 1}
    rows = list(connection.execute(HISTORY, parameters))
    if not rows and before == BEYOND:
        raise errors.NotFound(f"There never was such a {entity}.")
    with_earlier = [(later, earlier.state) for later, earlier in pairwise(rows)]
    if len(rows) <= limit and rows:
        with_earlier.append((rows[-1], {}))
    return with_earlier[:limit], rows[limit - 1].seq if len(rows) > limit else None


def feed(connection: Connection, *, after: int, limit: int, entity: EntityKind | None = None) -> list[AnyRow]:
    """Read changes in the order in which they were committed."""
    statement = FEED if entity is None else FEED_OF_ONE_KIND
    return list(connection.execute(statement, {"after": after, "row_limit": limit, "entity": entity}))
