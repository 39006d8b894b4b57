"""Read by statements that are made once.

What SQLAlchemy works out for a statement, its SQL and the types of what goes in and comes out, is the same each time;
to ask it again costs more than most reads cost the database. It is kept here, and the driver is asked.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NoReturn

from sqlalchemy import Connection, Dialect, Enum, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import ExpandedState

Process = Callable[[Any], Any] | None
Sends = Callable[[Mapping[str, Any]], Any]
AnySelect = Select[*tuple[Any, ...]]
# More than the service has; those that somebody makes anew each time must not stay.
_KEPT = 2048


class _Prepared:
    """A statement for one dialect: ``sends`` makes its parameters, ``makes`` a row of what comes."""

    def __init__(self, statement: AnySelect, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        given = frozenset(name for name, bind in compiled.binds.items() if bind.required)
        whole = compiled.construct_expanded_state(dict.fromkeys(given))
        processes = {name: _writing(bind.type, dialect) for name, bind in compiled.binds.items()}
        self.sql: str = whole.statement
        # Those of the members of lists come last: they are only then known.
        self.sends = _sending(whole, {**processes, **whole.processors}, given)
        self._columns = [(column.key or "", column.type) for column in statement.selected_columns]
        self._dialect = dialect
        self._makes: Callable[[Sequence[Any]], Any] | None = None

    def makes(self, cursor: Any) -> Callable[[Sequence[Any]], Any]:
        """Return what makes rows of what a cursor gives, whose types the driver tells; they are the same each time."""
        if self._makes is None:
            codes = [column[1] for column in cursor.description]
            kinds = [kind for _, kind in self._columns]
            reads = [_reading(kind, self._dialect, code) for kind, code in zip(kinds, codes, strict=True)]
            self._makes = _making(_row(tuple(name for name, _ in self._columns)), reads)
        return self._makes


def fetched(connection: Connection, statement: AnySelect, values: Mapping[str, Any]) -> list[Any]:
    """Return all rows of a statement that was made once; each is read as a ``Row`` is, by place or by name.

    Its parameters are bound by name, and none of them stands for a list (``among`` takes one).
    """
    prepared = _prepared(statement, connection.dialect)
    if not connection.in_transaction():
        connection.begin()
    cursor = connection.connection.cursor()
    try:
        _send(connection, cursor, prepared.sql, prepared.sends(values))
        return list(map(prepared.makes(cursor), cursor.fetchall()))
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, cursor, prepared.sql, error)
    finally:
        cursor.close()


def _send(connection: Connection, cursor: Any, sql: str, sent: Any) -> None:
    """Send a statement; who listens to the engine hears of it as of any other."""
    context = SimpleNamespace()
    connection.dispatch.before_cursor_execute(connection, cursor, sql, sent, context, False)
    cursor.execute(sql, sent)
    connection.dispatch.after_cursor_execute(connection, cursor, sql, sent, context, False)


def _fail(connection: Connection, cursor: Any, sql: str, error: Exception) -> NoReturn:
    """Raise what SQLAlchemy raises."""
    dialect: Any = connection.dialect
    if dialect.is_disconnect(error, connection.connection.driver_connection, cursor):
        # It fails at once, and takes all connections of its age out of the pool.
        connection.exec_driver_sql("SELECT 1")
    raise DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    ) from error


@lru_cache(_KEPT)
def _prepared(statement: AnySelect, dialect: Dialect) -> _Prepared:
    return _Prepared(statement, dialect)


def _reading(kind: Any, dialect: Dialect, code: Any) -> Process:
    if isinstance(kind, Enum):
        return None  # its words are texts, and as good as its members to all who read
    found: Process = kind.dialect_impl(dialect).result_processor(dialect, code)
    return found


def _writing(kind: Any, dialect: Dialect) -> Process:
    found: Process = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _sending(whole: ExpandedState, processes: Mapping[str, Process], given: Set[str]) -> Sends:
    """Return what makes parameters of the values that are given; those that are fixed stand in the statement."""
    asked = [(name, processes.get(name)) for name in whole.parameters if name in given]
    fixed = {name: value for name, value in whole.parameters.items() if name not in given}
    known = {name: _done(processes.get(name), value) for name, value in fixed.items()}
    in_order = whole.positiontup

    def send(values: Mapping[str, Any]) -> Any:
        sent = {**known, **{name: _done(process, values[name]) for name, process in asked}}
        return sent if in_order is None else [sent[name] for name in in_order]

    return send


def _done(process: Process, value: Any) -> Any:
    return value if process is None else process(value)


def _making(row: Any, reads: Sequence[Process]) -> Callable[[Sequence[Any]], Any]:
    make = row._make
    processed = [(place, process) for place, process in enumerate(reads) if process is not None]

    def run(values: Sequence[Any]) -> Any:
        found = list(values)
        for place, process in processed:
            if found[place] is not None:
                found[place] = process(found[place])
        return make(found)

    return run if processed else make


@lru_cache(_KEPT)
def _row(names: tuple[str, ...]) -> Any:
    # The same class for the same columns: answers are shaped by plans that are kept by it.
    return namedtuple("Row", names, rename=True)
