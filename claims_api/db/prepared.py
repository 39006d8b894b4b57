"""Statements that SQLAlchemy compiles once, and that are then sent straight to the driver.

Compiling and processing anew costs more than most statements cost the database. Engine events are fired and errors
wrapped as SQLAlchemy does it.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, Dialect, Select, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import ExpandedState

from claims_api.db.among import among
from claims_api.db.driver_rows import KEPT, Makes, Process, making, reading
from claims_api.db.faults import as_told
from claims_api.db.options import SINGLE

T = TypeVar("T")
Sends = Callable[[Mapping[str, Any]], Any]


def fetched(connection: Connection, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> list[Any]:
    """Return all rows, as named tuples, of a statement object that is reused: it is prepared on first use."""
    return _known(statement).fetched(connection, values)


class Prepared:
    """A statement compiled once for each dialect; parameters are bound by name, those that have a value keep it.

    ``among`` takes a list as one parameter. ``names`` are the columns of an INSERT that are given. Failures are raised
    as SQLAlchemy raises them: as its ``DBAPIError``.
    """

    def __init__(self, statement: Any, *, names: Sequence[str] | None = None) -> None:
        self._statement, self._names = statement, names
        self._plans: dict[str, _Plan] = {}

    def rows(self, connection: Connection, **given: Any) -> list[Any]:
        """Return the rows, as named tuples."""
        return self.fetched(connection, given)

    def first(self, connection: Connection, **given: Any) -> Any | None:
        """Return the first row, or None."""
        found = self.fetched(connection, given)
        return found[0] if found else None

    def fetched(self, connection: Connection, given: Mapping[str, Any]) -> list[Any]:
        """Return the rows, as named tuples; values that the statement does not use are ignored."""
        plan = self._plan(connection.dialect)
        return _sent(connection, plan.sql, plan.sends(given), plan.read)

    def run(self, connection: Connection, *given: Mapping[str, Any]) -> int:
        """Execute a statement that changes rows, once for each set of values; return how many rows it changed."""
        plan = self._plan(connection.dialect)
        sent = plan.sends(given[0]) if len(given) == 1 else list(map(plan.sends, given))
        return _sent(connection, plan.sql, sent, _number, is_many=len(given) > 1)

    def _plan(self, dialect: Dialect) -> "_Plan":
        found = self._plans.get(dialect.name)
        if found is None:
            found = self._plans[dialect.name] = _Plan(self._statement, self._names, dialect)
        return found


class ByIds:
    """A SELECT of the rows whose column is one of some ids.

    One id uses ``=``, several a list: Postgres replans lists each time.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], column: Any) -> None:
        self._of_one = Prepared(statement.where(column == bindparam("id")))
        self._of_many = Prepared(statement.where(among(column, parameter="ids")))

    def rows(self, connection: Connection, ids: Sequence[str]) -> list[Any]:
        """Return the rows, as named tuples, of these ids, which may be as many as one statement takes (``batches``)."""
        if len(ids) == 1:
            return self._of_one.rows(connection, id=ids[0])
        return self._of_many.rows(connection, ids=ids)


class _Plan:
    """A statement compiled for one dialect: ``sends`` makes the driver's parameters, ``read`` its rows."""

    def __init__(self, statement: Any, names: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        given = frozenset(name for name, bind in compiled.binds.items() if bind.required)
        whole = compiled.construct_expanded_state(dict.fromkeys(given))
        processes = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self.sql: str = whole.statement
        # Processors of expanded lists are only known after the expansion, and override.
        self.sends = _sending(whole, {**processes, **whole.processors}, given)
        self._statement, self._dialect = statement, dialect
        self._makes: Makes | None = None

    def read(self, cursor: Any) -> list[Any]:
        """Return all rows of a cursor; how to read them is found out from its description once."""
        if self._makes is None:
            columns = list(self._statement.selected_columns)
            codes = [told[1] for told in cursor.description]
            reads = [reading(column.type, self._dialect, code) for column, code in zip(columns, codes, strict=True)]
            self._makes = making(tuple(column.key or "" for column in columns), reads)
        return list(map(self._makes, cursor.fetchall()))


@lru_cache(KEPT)
def _known(statement: Select[*tuple[Any, ...]]) -> Prepared:
    return Prepared(statement)


def _sent(connection: Connection, sql: str, sent: Any, take: Callable[[Any], T], *, is_many: bool = False) -> T:
    """Send a statement and take what comes; listeners may alter it, and keep their state in ``context``."""
    if not connection.in_transaction() and SINGLE not in connection.get_execution_options():
        connection.begin()
    context = SimpleNamespace(executemany=is_many)
    # The engine's listeners: a connection's own would be collected anew for each, and there are none.
    listening: Any = connection.engine.dispatch
    cursor: Any = None
    try:
        cursor = connection.connection.cursor()
        for tell in listening.before_cursor_execute:
            sql, sent = tell(connection, cursor, sql, sent, context, is_many)
        (cursor.executemany if is_many else cursor.execute)(sql, sent)
        for tell in listening.after_cursor_execute:
            tell(connection, cursor, sql, sent, context, is_many)
        return take(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, cursor, sql, error, context)
    finally:
        if cursor is not None:
            cursor.close()


def _number(cursor: Any) -> int:
    number: int = cursor.rowcount
    return number


def _fail(connection: Connection, cursor: Any, sql: str, error: Exception, context: Any) -> NoReturn:
    """Tell the listeners, then raise what SQLAlchemy would."""
    dialect: Any = connection.dialect
    for tell in dialect.dispatch.handle_error:
        tell(SimpleNamespace(execution_context=context, original_exception=error, statement=sql))
    has_ended = dialect.is_disconnect(error, connection.connection.driver_connection, cursor)
    if has_ended:
        with suppress(DBAPIError):
            # It fails at once, and SQLAlchemy then invalidates all connections of that age in the pool.
            connection.exec_driver_sql("SELECT 1")
    raise as_told(error, sql, dialect, has_ended=has_ended) from error


def _sending(whole: ExpandedState, processes: Mapping[str, Process], given: Set[str]) -> Sends:
    """Return the function that makes the driver's parameters of given values; fixed ones are added."""
    known = {name: _done(processes.get(name), whole.parameters[name]) for name in whole.parameters.keys() - given}
    asked = [(name, processes.get(name)) for name in whole.parameters if name in given]

    def by_name(values: Mapping[str, Any]) -> Any:
        sent = {name: values[name] if process is None else process(values[name]) for name, process in asked}
        return sent | known if known else sent

    in_order = whole.positiontup
    if in_order is None:
        return by_name
    return lambda values: list(map(by_name(values).__getitem__, in_order))


def _done(process: Process, value: Any) -> Any:
    return value if process is None else process(value)
