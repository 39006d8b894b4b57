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

# Making speakers and topics, which are told apart by their names.
NAMES = "names"
# Relating claims to one another.
RELATIONS = "relations"
# Importing.
IMPORTS = "imports"
# Numbering and dating changes.
LEDGER = "ledger"
# In a session's ``info``: the locks that its transaction holds.
_HELD = "locks"


def lock_name(session: Session, name: str) -> None:
    """Hold the lock of this name until the transaction ends; a lock that it holds already costs nothing.

    Raises SQLAlchemy's ``DBAPIError``, which ``is_passing``, where others hold it longer than ``lock_timeout``.
    """
    if not holds_lock(session, name):
        _TAKING.run(session.connection(), {"name": name})
        _held(session).add(name)


def holds_lock(session: Session, name: str) -> bool:
    """Tell whether this transaction holds the lock of this name; SQLite's one writer holds all of them."""
    return has_one_writer(session) or name in _held(session)


def forget_lock(session: Session, name: str) -> None:
    """Note that a lock was released, by the rollback to a savepoint before it."""
    _held(session).discard(name)


def _held(session: Session) -> set[str]:
    found: set[str] = session.info.setdefault(_HELD, set())
    return found


def lock_name_sql(name: ColumnElement[str]) -> ColumnElement[Any]:
    """Return the SQL expression that takes, on Postgres, the lock whose name a row gives."""
    return func.pg_advisory_xact_lock(func.hashtextextended(name, literal_column("0")))


def wait_for_holders(session: Session, name: str) -> None:
    """Wait until every transaction that holds this lock has ended, by taking it shared: those who wait share it."""
    if not has_one_writer(session):
        session.execute(text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": name})


def lock_tables(session: Session, tables: Sequence[Table]) -> None:
    """Lock tables against all other writers until the transaction ends; they can be read."""
    if not has_one_writer(session):
        names = ", ".join(table.name for table in tables)
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def database_now(session: Session) -> dt.datetime:
    """Return the present instant, aware, in UTC, by the clock that all writers share: Postgres's, or the machine's."""
    if has_one_writer(session):
        return clock.utcnow()
    moment: dt.datetime = _PRESENT.rows(session.connection())[0].now
    return moment


def has_one_writer(session: Session) -> bool:
    """Tell whether the database has one writer at a time, so that no locks are needed (SQLite)."""
    return session.get_bind().dialect.name == "sqlite"


def try_lock_name(session: Session, name: str) -> bool:
    """Take the lock of this name if it is free, and tell whether the transaction holds it now."""
    if not holds_lock(session, name):
        statement = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
        if not session.scalar(statement, {"name": name}):
            return False
        _held(session).add(name)
    return True


def place_in_ledger(session: Session) -> Any:
    """Lock the ledger on Postgres; return a row of its last ``seq`` and ``at`` (None where it is empty), and ``now``.

    Instants are aware, in UTC. One that was read before the lock was taken may be earlier than what others have written
    meanwhile.
    """
    return _PLACING.rows(session.connection(), name=LEDGER)[0]


_PLACING = Prepared(
    text("SELECT seq, at, now FROM place_in_ledger(:name)").columns(
        column("seq", BigInteger()), column("at", Instant()), column("now", Instant())
    )
)
_TAKING = Prepared(select(lock_name_sql(bindparam("name", type_=Text()))))
_PRESENT = Prepared(text("SELECT clock_timestamp() AS now").columns(column("now")))
