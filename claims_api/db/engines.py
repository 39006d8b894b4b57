"""Open an SQLite or a Postgres database: the engine, its pool, its pragmas or options, and its time limits."""

import math
import time
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError

from claims_api import metrics
from claims_api.db.busy_pool import BusyPool
from claims_api.db.commit_watch import FileWatch, ServerWatch
from claims_api.db.database import Database
from claims_api.db.options import SINGLE, TURN, UNLIMITED
from claims_api.db.revisions import file_of
from claims_api.db.sqlite_file import SqliteFile
from claims_api.db.staging import SPENT
from claims_api.db.writer_turns import Turns, begin_writing

# SQLAlchemy imports the dialect only where the database is a Postgres.
POSTGRES = "postgresql+patient"
registry.register(POSTGRES.replace("+", "."), "claims_api.db.postgres_timeouts", "PatientDialect")


def open_database(
    url: str,
    *,
    pool_size: int = 8,
    statement_seconds: int | None = 30,
    turn_seconds: float = 10,
    still_seconds: float | None = None,
    lock_seconds: int = 8,
) -> Database:
    """Open the database behind a SQLAlchemy URL; nothing is connected before the first use.

    A statement that takes longer than ``statement_seconds`` is broken off; with None, none is. On SQLite a transaction
    waits ``turn_seconds`` to write, and no longer than ``still_seconds`` where no other writes meanwhile; on Postgres
    it waits ``lock_seconds`` for each lock. Raises SQLAlchemy's ``ArgumentError`` for any other kind of database.
    """
    if make_url(url).get_backend_name() == "sqlite":
        still = turn_seconds if still_seconds is None else still_seconds
        turns = Turns((pool_size + 1) // 2, most=turn_seconds, still=still)
        return _open_sqlite(url, pool_size, statement_seconds, turns)
    return _open_postgres(url, pool_size, statement_seconds, lock_seconds)


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


# Seconds to wait for a free connection: the server has more threads than connections, and a thread without one must
# soon be free for requests that need none.
_POOL_SECONDS = 0.5


def _open_sqlite(url: str, pool_size: int, statement_seconds: int | None, turns: Turns) -> Database:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        poolclass=BusyPool,
        pool_use_lifo=True,  # the one that was used last has the most in its caches
        pool_timeout=_POOL_SECONDS,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args={"timeout": turns.still},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    path = file_of(url)
    file, watch = (None, None) if path is None else (SqliteFile(path), FileWatch(path))
    if file is not None:
        file.guard(engine)
    event.listen(engine, "checkin", _close_spent)
    metrics.watch(engine)
    if statement_seconds is not None:
        _limit_statements(engine, statement_seconds)
    askers = engine.execution_options(**{SINGLE: True})
    return Database(engine, readers=engine, askers=askers, waiting=turns.waiting, watch=watch, file=file)


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # All that is joined has an index; SQLite would at times build one of the whole ledger for a single statement.
    "automatic_index=OFF",
    # Read pages from the system's cache, shared by all processes, without copying; this is SQLite's maximum.
    "mmap_size=2147418112",
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _close_spent(_connection: Any, record: Any) -> None:
    # The files of its temporary tables never get smaller.
    if record.info.pop(SPENT, False):
        record.invalidate()


def _begin_sqlite(connection: Connection) -> None:
    # BEGIN bypasses the events: without this the last statement's deadline would end it.
    connection.info.pop("ends", None)
    options = connection.get_execution_options()
    if options.get(SINGLE):
        return
    turn = options.get(TURN)
    if turn is None:
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
    else:
        begin_writing(connection, turn)


# SQLite calls the progress handler after so many of its steps, some milliseconds' worth.
_STEPS = 500_000


def _limit_statements(engine: Engine, seconds: int) -> None:
    def watch(connection: Any, record: Any) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > record.info.get("ends", math.inf), _STEPS)

    def begin(connection: Connection, *_: Any) -> None:
        is_limited = not connection.get_execution_options().get(UNLIMITED)
        connection.info["ends"] = time.monotonic() + seconds if is_limited else math.inf

    event.listen(engine, "connect", watch)
    event.listen(engine, "before_cursor_execute", begin)


# A network that drops all packets is noticed within 3 seconds; then reconnecting may take 2 more.
_NETWORK = {
    "connect_timeout": 2,
    "tcp_user_timeout": 1500,
    "keepalives": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}

# A live server answers a ping within so many seconds; a statement is given as many more than its own time limit.
_ANSWER_SECONDS = 2


def _open_postgres(url: str, pool_size: int, statement_seconds: int | None, lock_seconds: int) -> Database:
    if make_url(url).get_backend_name() != "postgresql":
        raise ArgumentError("The database is SQLite (sqlite:///file) or Postgres (postgresql+psycopg://...).")
    engine = create_engine(
        make_url(url).set(drivername=POSTGRES),
        pool_size=pool_size,
        max_overflow=0,
        poolclass=BusyPool,
        pool_use_lifo=True,  # the one that was used last has the most in its caches
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what people wrote stays out of the logs
        connect_args=_arguments(make_url(url), statement_seconds, lock_seconds),
    )
    event.listen(engine, "checkin", _leave_mode_to_server)
    _limit_answers(engine, statement_seconds)
    metrics.watch(engine)
    readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    askers = engine.execution_options(isolation_level="AUTOCOMMIT", **{SINGLE: True})
    return Database(engine, readers=readers, askers=askers, watch=ServerWatch(engine))


def _arguments(url: URL, statement_seconds: int | None, lock_seconds: int) -> dict[str, Any]:
    # The URL's network settings win over ours; its other options are added to ours.
    options = (
        # Where statements have no limit, waiting for locks has none.
        f"-c lock_timeout={lock_seconds if statement_seconds else 0}s",
        *url.normalized_query.get("options", ()),
        "-c timezone=UTC",
        f"-c statement_timeout={statement_seconds or 0}s",
    )
    network = {name: _NETWORK[name] for name in _NETWORK if name not in url.query}
    return {**network, "patience": _ANSWER_SECONDS, "options": " ".join(options)}


def _leave_mode_to_server(connection: Any, _record: Any) -> None:
    # After a reader SQLAlchemy leaves False here, for which psycopg sends BEGIN READ WRITE: a standby would refuse
    # that, and a server set to read-only would obey.
    if connection is not None:
        connection.read_only = None


def _limit_answers(engine: Engine, statement_seconds: int | None) -> None:
    patience = statement_seconds + _ANSWER_SECONDS if statement_seconds else None

    def check_out(connection: Any, *_: Any) -> None:
        connection.patience = patience

    def check_in(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.patience = _ANSWER_SECONDS  # the next thing it is sent is a ping

    event.listen(engine, "checkout", check_out)
    event.listen(engine, "checkin", check_in)
