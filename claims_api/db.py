"""Everything that differs between SQLite and Postgres: connections, column types, two SQL constructs."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    CHAR,
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError, TimeoutError  # noqa: A004  # the pool's
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

from claims_api import metrics
from claims_api.config import shipped

# Every constraint has a name, so that migrations can speak of it on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# Sorting by code point, on Postgres too, so that both databases list in one order.
SortedText = Text().with_variant(Text(collation="C"), "postgresql")


class Id(TypeDecorator[str]):
    """A UUID as canonical text: ``uuid`` on Postgres, 36 characters on SQLite."""

    impl = CHAR(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the native type where there is one."""
        native = postgresql.UUID(as_uuid=False) if dialect.name == "postgresql" else CHAR(36)
        return dialect.type_descriptor(native)


class Instant(TypeDecorator[dt.datetime]):
    """A moment, aware, in UTC; SQLite forgets zones, so it is told and asked in UTC only."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Take aware moments only."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give aware moments only."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=dt.UTC)


JsonList = JSON(none_as_null=True)


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
    """A column that no index is to be chosen for: SQLite knows too little of its values to choose well."""

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


@dataclass(frozen=True)
class Database:
    """One engine seen two ways: for reading (a snapshot) and for writing (a transaction)."""

    engine: Engine
    readers: Engine
    writers: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see one moment."""
        with self.readers.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that commits at the end, or not at all."""
        with Session(self.writers, expire_on_commit=False) as session, session.begin():
            yield session

    def settle(self, name: str) -> None:
        """Wait until everybody who has the right of this name has ended; what they did is seen from then on."""
        with self.writing() as session:
            session.connection()  # on SQLite to begin is to wait for the one writer
            one_at_a_time(session, name)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 8) -> Database:
    """Open the database behind a SQLAlchemy URL; nothing is connected before the first use."""
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url, pool_size)
    return _open_postgres(url, pool_size)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables of a database up to a revision; several at once wait for one another."""
    folder = Path(make_url(url).database or "").parent
    if make_url(url).get_backend_name() == "sqlite" and not folder.exists():
        folder.mkdir(parents=True)
    command.upgrade(migrations_of(url), revision)


def migrations_of(url: str) -> Config:
    """Return what Alembic needs to know to migrate a database."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(shipped("migrations")))
    return settings


# The right to make speakers and topics that are told apart by their names.
NAMES = "names"
# The right to number and date changes.
LEDGER = "ledger"


def one_at_a_time(session: Session, name: str) -> None:
    """Let nobody else pass this point under the same name until the transaction ends.

    For "find it, else make it" where no unique index can decide. SQLite has one writer anyway.
    """
    if not has_one_writer(session):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def has_one_writer(session: Session) -> bool:
    """Tell whether nobody else can have written since this transaction began."""
    return session.get_bind().dialect.name == "sqlite"


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _open_sqlite(url: str, pool_size: int) -> Database:
    engine = create_engine(
        url,
        pool_size=pool_size,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args={"timeout": 10},
    )
    writers = engine.execution_options(writes=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    metrics.watch(engine)
    return Database(engine, readers=engine, writers=writers)


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    # All that is joined has an index; SQLite would rather make one anew, for each statement, of the whole ledger.
    "automatic_index=OFF",
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that began as a reader cannot wait for another writer, it fails at once.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgres(url: str, pool_size: int) -> Database:
    if make_url(url).get_backend_name() != "postgresql":
        raise ArgumentError("The database is SQLite (sqlite:///file) or Postgres (postgresql+psycopg://...).")
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args={"options": "-c timezone=UTC -c statement_timeout=30s", "connect_timeout": 5},
    )
    metrics.watch(engine)
    readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(engine, readers=readers, writers=engine)


# Postgres: serialization failure and deadlock; the whole transaction may be run again.
_RETRIED = frozenset({"40001", "40P01"})
# Postgres: connection, resources, shutdown, cancelled statement, lock not available.
_PASSING = ("08", "53", "57P", "57014", "55P03", "40")

_PASSING_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")


def alone(session: Session, name: str) -> bool:
    """Tell whether nobody else is in a transaction under this name; from here to its end nobody else will be.

    SQLite lets others wait until this transaction has ended.
    """
    if has_one_writer(session):
        return True
    statement = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    return bool(session.scalar(statement, {"name": name}))


def must_be_retried(error: DBAPIError) -> bool:
    """Tell whether the database broke a transaction off only because of another one."""
    return getattr(error.orig, "sqlstate", None) in _RETRIED


def is_passing(error: SQLAlchemyError) -> bool:
    """Tell whether the same request may succeed later: the database is away, busy or full."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "").startswith(_PASSING_SQLITE)
    state = getattr(error.orig, "sqlstate", None)
    # No state at all: the connection could not be made, or broke off.
    return isinstance(error, OperationalError) if state is None else str(state).startswith(_PASSING)
