"""Advisory locks: on Postgres one transaction at a time holds a name; SQLite has one writer anyway.

They guard what no row lock or unique index can: "find it, else make it", and the numbering of the ledger.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, Text, bindparam, column, func, literal_column, select, text
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.db.prepared import Prepared
from claims_api.db.types import Instant

# The right to make speakers and topics that are told apart by their names.
NAMES = "names"
# The right to relate claims to one another.
RELATIONS = "relations"
# The right to import.
IMPORTS = "imports"
# The right to number and date changes.
LEDGER = "ledger"
# In a session's ``info``: those that its transaction has.
_HELD = "rights"


def one_at_a_time(session: Session, name: str) -> None:
    """Let nobody else pass this point under the same name until the transaction ends.

    For "find it, else make it" where no unique index can decide. SQLite has one writer anyway.
    """
    if not has_one_writer(session) and not has_right(session, name):
        _TAKING.run(session.connection(), {"name": name})
        _held(session).add(name)


def has_right(session: Session, name: str) -> bool:
    """Tell whether this transaction took a right by ``one_at_a_time``."""
    return name in _held(session)


def forget_right(session: Session, name: str) -> None:
    """Say that a right was given back with what was undone since it was taken."""
    _held(session).discard(name)


def _held(session: Session) -> set[str]:
    found: set[str] = session.info.setdefault(_HELD, set())
    return found


def taking(name: ColumnElement[str]) -> ColumnElement[Any]:
    """Return what takes, on Postgres, the right that a row names, as ``one_at_a_time`` does."""
    return func.pg_advisory_xact_lock(func.hashtextextended(name, literal_column("0")))


def after_all(session: Session, name: str) -> None:
    """Wait until every transaction that holds this lock has ended; those that wait so do not wait for each other."""
    if not has_one_writer(session):
        session.execute(text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": name})


def alone_with(session: Session, tables: Sequence[Table]) -> None:
    """Wait until nobody else is changing these tables, and let nobody until the transaction ends; they can be read."""
    if not has_one_writer(session):
        names = ", ".join(table.name for table in tables)
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def present(session: Session) -> dt.datetime:
    """Return the present instant by the clock that all writers share: that of Postgres, or of SQLite's machine."""
    if has_one_writer(session):
        return clock.utcnow()
    moment: dt.datetime = _PRESENT.rows(session.connection())[0].now
    return moment


def has_one_writer(session: Session) -> bool:
    """Tell whether nobody else can have written since this transaction began."""
    return session.get_bind().dialect.name == "sqlite"


def alone(session: Session, name: str) -> bool:
    """Tell whether nobody else is in a transaction under this name; from here to its end nobody else will be.

    SQLite lets others wait until this transaction has ended.
    """
    if has_one_writer(session):
        return True
    statement = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    return bool(session.scalar(statement, {"name": name}))


def place_in_ledger(session: Session) -> Any:
    """Take the right to the ledger of Postgres; return its last ``seq`` and ``at``, which may be None, and ``now``.

    Others write at the same time: a moment from before it was taken may be earlier than theirs.
    """
    return _PLACING.rows(session.connection(), name=LEDGER)[0]


_PLACING = Prepared(
    text("SELECT seq, at, now FROM place_in_ledger(:name)").columns(
        column("seq", BigInteger()), column("at", Instant()), column("now", Instant())
    )
)
_TAKING = Prepared(select(taking(bindparam("name", type_=Text()))))
_PRESENT = Prepared(text("SELECT clock_timestamp() AS now").columns(column("now")))
