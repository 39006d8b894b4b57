"""Rights that only one transaction has at a time, beside those that rows give."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Table, column, text
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.db.prepared import Prepared

# The right to make speakers and topics that are told apart by their names.
NAMES = "names"
# The right to relate claims to one another.
RELATIONS = "relations"
# The right to import.
IMPORTS = "imports"
# The right to number and date changes.
LEDGER = "ledger"


def one_at_a_time(session: Session, name: str) -> None:
    """Let nobody else pass this point under the same name until the transaction ends.

    For "find it, else make it" where no unique index can decide. SQLite has one writer anyway.
    """
    if not has_one_writer(session):
        _TAKING.run(session.connection(), {"name": name})


def after_all(session: Session, name: str) -> None:
    """Wait until everybody who has the right of this name has ended; those who wait so do not wait for each other."""
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


_TAKING = Prepared(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"))
_PRESENT = Prepared(text("SELECT clock_timestamp() AS now").columns(column("now")))
