"""The SQL of a search alone: the statements that the service runs, on the bare connection of the driver."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.asking import Drawn
from benchmarks.bars import ALONE
from benchmarks.data import World
from benchmarks.measuring import Figure
from benchmarks.meters import cpu_seconds
from benchmarks.servers import Compared
from benchmarks.speaking import OURS
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.web.session import EXTENSION

_QUESTIONS = 1000
Statements = list[tuple[str, Any]]


def measured(world: World, own: Compared, *, rounds: int, seconds: float) -> list[Figure]:
    """Measure the statements of searches on the service's own database."""
    app = create_app(replace(Settings(), database_url=own.url))
    database = app.extensions[EXTENSION]
    statements = _statements(app, world)
    connection = database.engine.raw_connection()
    try:
        return [_once(connection, statements, own.database, seconds) for _ in range(rounds + 1)][1:]
    finally:
        connection.close()
        database.dispose()


def _statements(app: Any, world: World) -> list[Statements]:
    """Return what is run for each of many questions."""
    client = app.test_client()
    seen: list[Statements] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen[-1].append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    for ask in islice(OURS.asks("search", Drawn(world)), _QUESTIONS):
        seen.append([])
        if client.get(ask.path).status_code != ask.status or not seen[-1]:
            raise AssertionError("A search was not answered, or its statements were not seen.")
    event.remove(Engine, "before_cursor_execute", note)
    return seen


def _once(connection: Any, statements: Sequence[Statements], database: tuple[int, ...], seconds: float) -> Figure:
    cursor, count, begun = connection.cursor(), 0, time.perf_counter()
    own, others = time.process_time(), cpu_seconds(database)
    for some in cycle(statements):
        for statement, parameters in some:
            cursor.execute(statement, parameters)
            cursor.fetchall()
        count += 1
        if time.perf_counter() - begun > seconds:
            break
    taken = time.perf_counter() - begun
    costs = ((time.process_time() - own) / count * 1e6, (cpu_seconds(database) - others) / count * 1e6)
    return Figure(ALONE, "search", count, *costs, count / taken, taken / count * 1000, 0)
