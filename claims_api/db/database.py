"""The ``Database``: connections for a single statement, for a read-only snapshot, and for a transaction that writes."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from claims_api.db.advisory_locks import database_now, wait_for_holders
from claims_api.db.breaker import Breaker
from claims_api.db.commit_watch import Watch
from claims_api.db.options import UNLIMITED
from claims_api.db.sqlite_file import SqliteFile
from claims_api.db.transaction_session import TransactionSession
from claims_api.db.writer_turns import at_once
from claims_api.errors import Unavailable


@dataclass(frozen=True)
class Database:
    """One engine seen four ways: asking (one statement), reading (a snapshot), writing (a transaction), and noting."""

    engine: Engine
    readers: Engine
    askers: Engine
    breaker: Breaker = field(default_factory=Breaker)
    # Waits for the turn to write, and gives options for the connection; nothing to wait for on Postgres.
    waiting: Callable[[], AbstractContextManager[Mapping[str, Any]]] = lambda: nullcontext({})
    # None for a database in memory.
    watch: Watch | None = None
    # None for a database in memory, and for Postgres.
    file: SqliteFile | None = None

    @property
    def is_within(self) -> bool:
        """Whether the database works within this process (SQLite), and is no server."""
        return self.engine.dialect.name == "sqlite"

    def asking(self) -> AbstractContextManager[Connection]:
        """Give a connection for a single statement; that is a snapshot by itself, so no BEGIN is sent.

        Raises ``Unavailable`` at once where the database is known not to answer.
        """
        return _Asking(self.askers, self.breaker)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a read-only snapshot: all its statements see the same state.

        Raises ``Unavailable`` at once where the database is known not to answer.
        """
        with self.breaker, self.readers.connect() as connection:
            self.breaker.answered()
            yield connection
            # Commit: after a rollback psycopg would forget its prepared statements.
            if connection.dialect.name == "postgresql" and not connection.invalidated:
                _let_go(connection)
            # Others may have found no connection free meanwhile: it was slow, and is there.
            self.breaker.answered()

    @contextmanager
    def writing(self, *, takes_its_time: bool = False) -> Iterator[Session]:
        """Give a session that commits when the block ends, and rolls back on any exception.

        Its statements have a time limit unless it ``takes_its_time``. Raises ``Unavailable`` where too many wait to
        write (SQLite), or where the database is known not to answer.
        """
        with (
            self.waiting() as options,
            self.breaker,
            self.engine.connect() as connection,
            TransactionSession(connection) as work,
        ):
            connection.execution_options(**options, **{UNLIMITED: takes_its_time})
            # Begun now: on SQLite a writer holds the write lock from its first statement on.
            connection.begin()
            if takes_its_time and connection.dialect.name == "postgresql":
                _lift_limits(connection)
            self.breaker.answered()
            try:
                yield work
                work.end()
                self.breaker.answered()
            except BaseException:
                # Also after a COMMIT that failed: SQLite would keep the transaction open.
                work.rollback()
                raise

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """Give a transaction for what may be lost: it waits for no other transaction, nor for Postgres's disk.

        Where it would have to wait, it raises ``Unavailable`` or an error that ``is_passing``; on Postgres the caller
        must select rows with ``skip_locked``.
        """
        if isinstance(self.engine.pool, QueuePool) and self.engine.pool.checkedout() >= self.engine.pool.size():
            raise Unavailable("Others have all connections.")
        # Behind the breaker, or a request would wait for a database that is away here, and then once more.
        with self.breaker, self.engine.execution_options(**at_once()).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL synchronous_commit = off"))
            self.breaker.answered()
            yield connection

    def commits(self) -> Hashable | None:
        """Return a value that changes with each commit, by whichever process.

        None where it cannot be told: for a database in memory, for a standby, where no connection is free, and where
        the database does not answer.
        """
        if self.watch is None:
            return None
        if self.is_within:
            return self.watch.commits()  # there is no server that might not answer
        try:
            with self.breaker:
                found = self.watch.commits()
        except (SQLAlchemyError, Unavailable):
            return None  # the request's own statement will fail, at once
        self.breaker.answered()
        return found

    def require_in_place(self) -> None:
        """Raise ``Unavailable`` where SQLite's file was moved or replaced since it was opened."""
        if self.file is not None:
            self.file.require_in_place()

    def settle(self, name: str) -> dt.datetime:
        """Wait until every transaction that holds the lock of this name has ended; return that moment (aware, UTC).

        What they did is seen from then on, and what others do is later. Raises ``Unavailable`` as ``writing`` does.
        """
        with self.writing() as session:
            wait_for_holders(session, name)
            return database_now(session)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self.watch is not None:
            self.watch.close()


class _Asking(AbstractContextManager[Connection]):
    """A connection for a single statement; a class, since every request uses it, and a generator costs more."""

    def __init__(self, askers: Engine, breaker: Breaker) -> None:
        self._askers, self._breaker = askers, breaker

    def __enter__(self) -> Connection:
        with self._breaker:
            self._connection = self._askers.connect()
        self._breaker.answered()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._breaker.answered()
        try:
            self._connection.close()
        finally:
            self._breaker.see(error)


def _let_go(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        # What was read has been read.
        if not error.connection_invalidated:
            raise


def _lift_limits(connection: Connection) -> None:
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    driver: Any = connection.connection.driver_connection
    driver.patience = None  # until it goes back to the pool
