"""Statements that are written once, and go to the driver as they are.

SQLAlchemy looks at each statement anew, and at each row: where little is asked for, that takes several times what the
database does. What listens to an engine is told of these statements as of any others, and their failures are the same.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect

Process = Callable[[Any], Any]


class _Plan(NamedTuple):
    """A statement as one kind of database takes it, and what makes the driver's values of ours, and ours of its."""

    statement: str
    is_positional: bool
    given: tuple[tuple[str, str | None, Process | None, Any], ...]

    def values(self, given: Mapping[str, Any]) -> Any:
        found = [
            constant if key is None else given[key] if process is None else process(given[key])
            for _, key, process, constant in self.given
        ]
        return found if self.is_positional else dict(zip([each[0] for each in self.given], found, strict=True))


class _Reading(NamedTuple):
    """What makes our rows of the driver's."""

    row: Callable[..., Any]
    processes: tuple[tuple[int, Process], ...]

    def made(self, row: Sequence[Any]) -> Any:
        if not self.processes:
            return self.row(*row)
        values = list(row)
        for place, process in self.processes:
            values[place] = process(values[place])
        return self.row(*values)


class _Sent:
    """What stands for SQLAlchemy's context of a statement: some who listen keep there what they began."""

    def __init__(self, *, executemany: bool) -> None:
        self.executemany = executemany


class Prepared:
    """A statement with bound parameters, which must all be given with each use; those with a value keep it."""

    def __init__(self, statement: Any, *, names: Sequence[str] | None = None) -> None:
        self._statement, self._names = statement, names
        self._plans: dict[str, _Plan] = {}
        self._readings: dict[str, _Reading] = {}

    def rows(self, connection: Connection, **given: Any) -> list[Any]:
        """Return the rows, as named tuples."""
        made, found = self._read(connection, given)
        return [made(row) for row in found]

    def first(self, connection: Connection, **given: Any) -> Any | None:
        """Return the first row, or None."""
        made, found = self._read(connection, given)
        return made(found[0]) if found else None

    def run(self, connection: Connection, *given: Mapping[str, Any]) -> int:
        """Change rows, with one set of values after the other, and return how many."""
        plan = self._plan(connection.dialect)
        if len(given) == 1:
            cursor = _sent(connection, plan.statement, plan.values(given[0]))
        else:
            cursor = _sent(connection, plan.statement, [plan.values(each) for each in given], is_many=True)
        number: int = cursor.rowcount
        return number

    def _read(self, connection: Connection, given: Mapping[str, Any]) -> tuple[Process, list[Any]]:
        dialect = connection.dialect
        plan = self._plan(dialect)
        cursor = _sent(connection, plan.statement, plan.values(given))
        reading = self._readings.get(dialect.name)
        if reading is None:
            kinds = [description[1] for description in cursor.description]
            reading = self._readings[dialect.name] = _reading(self._statement, kinds, dialect)
        return reading.made, cursor.fetchall()

    def _plan(self, dialect: Dialect) -> _Plan:
        found = self._plans.get(dialect.name)
        if found is None:
            found = self._plans[dialect.name] = _plan(self._statement, self._names, dialect)
        return found


def _sent(connection: Connection, statement: str, values: Any, *, is_many: bool = False) -> Any:
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    context, cursor = _Sent(executemany=is_many), driver.cursor()
    try:
        for tell in connection.dispatch.before_cursor_execute:
            statement, values = tell(connection, cursor, statement, values, context, is_many)
        (cursor.executemany if is_many else cursor.execute)(statement, values)
        for tell in connection.dispatch.after_cursor_execute:
            tell(connection, cursor, statement, values, context, is_many)
    except Exception as error:  # what SQLAlchemy does then: its own errors, and an end with connections that broke off
        connection._handle_dbapi_exception(error, statement, values, cursor, None)
    return cursor


def _plan(statement: Any, names: Sequence[str] | None, dialect: Dialect) -> _Plan:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    given = tuple(_given(compiled.binds[name], name, dialect) for name in compiled.positiontup or compiled.binds)
    return _Plan(str(compiled), bool(compiled.positional), given)


def _reading(statement: Any, kinds: Sequence[Any], dialect: Dialect) -> _Reading:
    columns = list(statement.selected_columns)
    processes = [_reader(column.type, kind, dialect) for column, kind in zip(columns, kinds, strict=True)]
    row = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]  # as many as there are
    return _Reading(row, tuple((place, each) for place, each in enumerate(processes) if each is not None))


def _given(bind: Any, name: str, dialect: Dialect) -> tuple[str, str | None, Process | None, Any]:
    process: Process | None = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.required or bind.value is None:
        return name, bind.key, process, None
    return name, None, None, bind.value if process is None else process(bind.value)


def _reader(column: Any, kind: Any, dialect: Dialect) -> Process | None:
    process: Process | None = column.dialect_impl(dialect).result_processor(dialect, kind)
    return process
