"""Connections: for reading a snapshot, for writing a transaction."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from claims_api.db.rights import one_at_a_time


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


def open_database(url: str, *, pool_size: int = 8, statement_seconds: int = 30) -> Database:
    """Open the database behind a SQLAlchemy URL; nothing is connected before the first use.

    A statement that takes longer than ``statement_seconds`` is broken off.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url, pool_size, statement_seconds)
    return _open_postgres(url, pool_size, statement_seconds)


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


# So many seconds somebody waits for a connection that others use: the server has more threads than there are
# connections, and those without one must soon be free for what needs none.
_POOL_SECONDS = 1


def _open_sqlite(url: str, pool_size: int, statement_seconds: int) -> Database:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args={"timeout": 10},
    )
    writers = engine.execution_options(writes=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _limit_statements(engine, statement_seconds)
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


# SQLite asks after so many of its steps, some milliseconds' worth, whether it is to go on.
_STEPS = 500_000


def _limit_statements(engine: Engine, seconds: int) -> None:
    def watch(connection: Any, record: Any) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > record.info.get("ends", math.inf), _STEPS)

    def begin(connection: Connection, *_: Any) -> None:
        connection.info["ends"] = time.monotonic() + seconds

    event.listen(engine, "connect", watch)
    event.listen(engine, "before_cursor_execute", begin)


# A network that swallows everything is noticed within 2 seconds while sending, within 4 while waiting.
_NETWORK = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}


def _open_postgres(url: str, pool_size: int, statement_seconds: int) -> Database:
    if make_url(url).get_backend_name() != "postgresql":
        raise ArgumentError("The database is SQLite (sqlite:///file) or Postgres (postgresql+psycopg://...).")
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args={"options": f"-c timezone=UTC -c statement_timeout={statement_seconds}s", **_NETWORK},
    )
    readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(engine, readers=readers, writers=engine)
