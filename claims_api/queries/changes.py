"""Reading the ledger."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, cast, func, or_, select
from sqlalchemy.orm import aliased

from claims_api import db, errors
from claims_api.models.changes import Change
from claims_api.models.evidence import Evidence
from claims_api.models.words import EntityKind
from claims_api.queries.claims import COUNTS
from claims_api.queries.rows import AnyRow, AnySelect

COLUMNS = (
    Change.seq,
    Change.at,
    Change.actor,
    Change.entity,
    Change.entity_id,
    Change.action,
    Change.version,
    Change.state,
)
CHANGES = select(*COLUMNS)

# The change of the same entity before this one.
_Earlier = aliased(Change)
_Other = aliased(Change)
_EARLIER_SEQ = (
    select(func.max(_Other.seq))
    .where(_Other.entity_id == Change.entity_id, _Other.seq < Change.seq)
    .correlate(Change)
    .scalar_subquery()
)

# Entities are looked up by id; the kind is only checked.
_KIND = db.unindexed(Change.entity)
_OF_ONE = (Change.entity_id == bindparam("entity_id")) & (bindparam("entity") == _KIND)
_EVIDENCE = select(Evidence.id).where(Evidence.claim_id == bindparam("entity_id"))
_OF_ITS_EVIDENCE = (Change.entity_id.in_(_EVIDENCE)) & (_KIND == EntityKind.EVIDENCE)

FEED = CHANGES.where(Change.seq > bindparam("after")).order_by(Change.seq).limit(bindparam("row_limit"))
NEWEST = select(func.max(Change.seq))
FEED_OF_ONE_KIND = FEED.where(Change.entity == bindparam("entity"))

# Seqs are counted in 64 bits.
BEYOND = 2**63 - 1


def history(
    connection: Connection,
    entity: EntityKind,
    entity_id: str,
    *,
    limit: int,
    before: int = BEYOND,
    include: str | None = None,
) -> tuple[Sequence[AnyRow], int | None]:
    """Read a page of one entity's changes, newest first, each with the state before it; and the next ``before``.

    That is the last ``seq`` of the page, None where it ends the history. With ``include`` the changes of a claim's
    evidence are among them. Deleting does not end a history. Raises ``NotFound`` where nothing was ever recorded.
    """
    statement = HISTORY if include is None else HISTORY_WITH_EVIDENCE
    return _newest(connection, statement, limit, entity=entity, entity_id=entity_id, before=before)


def assessments(
    connection: Connection, claim_id: str, *, limit: int, before: int = BEYOND
) -> tuple[Sequence[AnyRow], int | None]:
    """Read a page of the changes of a claim that altered its counts, newest first; and the next ``before``.

    As for ``history``. Raises ``NotFound`` where there never was such a claim.
    """
    return _newest(connection, ASSESSMENTS, limit, entity=EntityKind.CLAIM, entity_id=claim_id, before=before)


def causes(
    connection: Connection, claim_id: str, moments: Sequence[dt.datetime]
) -> Mapping[dt.datetime, Sequence[AnyRow]]:
    """Read the changes of a claim's evidence at these moments (aware, UTC), by moment, in the order of the ledger."""
    found: dict[dt.datetime, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(CAUSES, {"entity_id": claim_id, "moments": moments}):
        found[row.at].append(row)
    return found


def feed(connection: Connection, *, after: int, limit: int, entity: EntityKind | None = None) -> Sequence[AnyRow]:
    """Read changes behind the ``seq`` in ``after``, in the order in which they were committed.

    Raises ``Invalid`` for an ``after`` that was never given: the database is another one, or an older copy of it.
    """
    statement = FEED if entity is None else FEED_OF_ONE_KIND
    found = connection.execute(statement, {"after": after, "row_limit": limit, "entity": entity}).all()
    if not found and after > (connection.execute(NEWEST).scalar() or 0):
        detail = "There is no such change yet. Was the database restored from a copy? Then begin anew with 0."
        raise errors.Invalid(detail, parameter="after")
    return found


def _newest(connection: Connection, statement: AnySelect, limit: int, **of: Any) -> tuple[Sequence[AnyRow], int | None]:
    rows = connection.execute(statement, {**of, "row_limit": limit + 1}).all()
    if not rows and of["before"] == BEYOND:
        raise errors.NotFound(f"There never was such a {of['entity']}.")
    return rows[:limit], rows[limit - 1].seq if len(rows) > limit else None


def _with_earlier(statement: AnySelect, which: ColumnElement[bool]) -> AnySelect:
    joined = statement.outerjoin(_Earlier, _Earlier.seq == _EARLIER_SEQ).where(which, Change.seq < bindparam("before"))
    return joined.order_by(Change.seq.desc()).limit(bindparam("row_limit"))


def _count(change: Any, name: str) -> ColumnElement[int]:
    return cast(change.state[name].as_string(), Integer)


HISTORY = _with_earlier(CHANGES.add_columns(_Earlier.state.label("earlier")), _OF_ONE)
HISTORY_WITH_EVIDENCE = _with_earlier(
    CHANGES.add_columns(_Earlier.state.label("earlier")), or_(_OF_ONE, _OF_ITS_EVIDENCE)
)

_ALTERED = or_(_Earlier.seq.is_(None), *(_count(Change, name) != _count(_Earlier, name) for name in COUNTS))
ASSESSMENTS = _with_earlier(
    select(
        Change.seq,
        Change.at,
        Change.actor,
        Change.entity,
        Change.entity_id,
        Change.action,
        *(_count(Change, name).label(name) for name in COUNTS),
    ),
    _OF_ONE & _ALTERED,
)

CAUSES = (
    select(Change.seq, Change.at, Change.entity, Change.entity_id, Change.action)
    .where(_OF_ITS_EVIDENCE, Change.at.in_(bindparam("moments", expanding=True)))
    .order_by(Change.seq)
)
