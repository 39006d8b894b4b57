"""How the databases would answer: by indexes, never by reading a whole table.

Postgres is kept from what it would rather do with so few rows: what it reads in order, or sorts, all the same, no index
serves. docs/adr/0033 says what is walked and what is sorted, and why.
"""

import pkgutil
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Row, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

from claims_api import clock, db, queries
from claims_api.db import Database
from claims_api.queries import claims
from claims_api.queries.moments import InTime
from claims_api.queries.paging import Listing, Window
from claims_api.queries.rows import AnySelect
from tests.conftest import Api
from tests.web.test_statements import STATEMENTS, fill

# Of few values, or said of half of all rows: the index of the order is walked until the page is full.
_OF_CLAIMS = {"status", "claim_type", "language", "stance", "is_supported", "is_contradicted", "is_undisputed"}
WALKED = {
    "assessments": {"verdict", "is_current"},
    "claims": _OF_CLAIMS,
    "claims_WHOLE": _OF_CLAIMS,
    "evidence": {"stance", "basis"},
    "keys": {"active_at", "ended_at"},
    "passages": {"match", "anchor_state"},
    "relations": {"type"},
    "sources": {"type", "language", "reliability"},
    "speakers": {"kind"},
}
# What a list is always asked with.
OWNERS = {"timelines": "speaker_id", "versions": "source_id", "relations_OF_CLAIM": "claim_id"}
# All that belongs to the owner is sorted; all conflicts are; and of whole claims those of the page, once more.
SORTED = {"timelines", "versions", "relations_OF_CLAIM", "conflicts", "claims_WHOLE"}
# What is asked all the time: the index has it in the very order.
IN_ORDER = [
    ("claims", "speaker_id", "created_at"),
    ("evidence", "claim_id", "created_at"),
    ("evidence", "stated_by_id", "created_at"),
    ("sources", "publisher", "created_at"),
    ("assessments", "reviewer", "created_at"),
    ("passages", "source_id", "start"),
]
# Reads whatever there is: the counts of queues, what is exported, and the ledger for a list of then.
WHOLE = re.compile(r"/v1/(queues|export)|/v1/(\w+|.*/timeline)\?.*as_of=")


class Explained(Executable, ClauseElement):
    """The plan of a statement."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(Explained)
def _explained(element: Any, compiler: Any, **kw: Any) -> str:
    how = "EXPLAIN (FORMAT JSON)" if compiler.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    return f"{how} {compiler.process(element.statement, **kw)}"


@dataclass(frozen=True)
class Read:
    """How one table is read: by which index, and whether by a part of it."""

    table: str
    index: str | None
    is_part: bool


@dataclass(frozen=True)
class Plan:
    """What a database would read, and whether it would sort."""

    reads: tuple[Read, ...]
    sorts: bool
    whole: str

    def by(self, table: str) -> list[Read]:
        return [read for read in self.reads if read.table == table and (read.is_part or read.index in PARTIAL)]

    @property
    def scanned(self) -> list[str]:
        return [read.table for read in self.reads if read.index is None and not read.is_part]


PARTIAL = {
    index.name
    for table in db.metadata.sorted_tables
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
TABLES = {table.name for table in db.metadata.sorted_tables}
_STEP = re.compile(r"(SCAN|SEARCH) (\w+?)(?:_\d+)?(?: USING (?:COVERING )?(?:INDEX )?(.*?)(?: \(.*)?)?(?: LEFT-JOIN)?")


def of_sqlite(rows: Sequence[Row[*tuple[Any, ...]]]) -> Plan:
    steps = [match for row in rows if (match := _STEP.fullmatch(row[3]))]
    reads = (Read(table, index, how == "SEARCH") for how, table, index in (step.groups() for step in steps))
    sorts = any("FOR ORDER BY" in row[3] or "RIGHT PART OF" in row[3] for row in rows)
    return Plan(tuple(read for read in reads if read.table in TABLES), sorts, "\n".join(row[3] for row in rows))


def of_postgres(plan: list[dict[str, Any]]) -> Plan:
    nodes = list(_nodes(plan[0]["Plan"]))
    sorts = any("Sort" in node["Node Type"] for node in nodes)
    return Plan(tuple(read for node in nodes for read in _read(node)), sorts, str(plan))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", []):
        yield from _nodes(each)


def _read(node: dict[str, Any]) -> Iterator[Read]:
    if node["Node Type"] == "Bitmap Heap Scan":
        bitmaps = [each for each in _nodes(node) if each["Node Type"] == "Bitmap Index Scan"]
        yield from (Read(node["Relation Name"], each["Index Name"], "Index Cond" in each) for each in bitmaps)
    elif "Relation Name" in node:
        yield Read(node["Relation Name"], node.get("Index Name"), "Index Cond" in node)


def plan(connection: Connection, statement: AnySelect) -> Plan:
    """Ask for the plan of a statement; which values its parameters have says nothing."""
    bound = [each for each in statement.compile(dialect=connection.dialect).binds.values() if each.value is None]
    values = {each.key: _value(each.type) for each in bound} | {"row_limit": 21}
    return read(connection, connection.execute(Explained(statement), values).all())


def read(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> Plan:
    return of_postgres(rows[0][0]) if connection.dialect.name == "postgresql" else of_sqlite(rows)


def listings() -> dict[str, Listing]:
    """Every listing that there is, by its module; a second one of a module by its own name too."""
    found: dict[str, Listing] = {}
    for module in pkgutil.iter_modules(queries.__path__):
        for name, value in vars(import_module(f"{queries.__name__}.{module.name}")).items():
            listing = value.now if isinstance(value, InTime) else value
            if isinstance(listing, Listing):
                found[module.name if name.strip("_") == "LISTING" else module.name + name] = listing
    return found


LISTINGS = listings()


def chosen(name: str) -> set[str]:
    """The filters that are chosen one by one."""
    return set(LISTINGS[name].filters) - {OWNERS.get(name, "")}


def statement_of(name: str, order: str, *filters: str, is_further: bool = False) -> AnySelect:
    always = {OWNERS[name]} if name in OWNERS else set()
    return LISTINGS[name]._made(frozenset({*filters, *always}), order, is_further, False)


def _value(kind: Any) -> Any:
    if isinstance(kind, db.Instant):
        return clock.utcnow()
    if isinstance(kind, db.Id):
        return "01980000-0000-7000-8000-000000000000"
    return {"Boolean": True, "Integer": 1, "Enum": getattr(kind, "enums", ["x"])[0]}.get(type(kind).__name__, "x")


@pytest.fixture
def connection(api: Api, admin: Api, database: Database) -> Iterator[Connection]:
    """A connection to a database with a little of everything, which knows how much of it there is."""
    fill(api, admin, 12)
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
        forbid(connection, "seqscan", "sort", "incremental_sort")
        yield connection


def forbid(connection: Connection, *ways: str) -> None:
    """Keep Postgres from some ways of doing things, where it knows any other."""
    if connection.dialect.name == "postgresql":
        for way in ways:
            connection.execute(text(f"SET LOCAL enable_{way} = off"))


class TestEveryList:
    def test_in_any_order_is_in_the_order_of_an_index(self, connection: Connection) -> None:
        for name in LISTINGS.keys() - SORTED:
            for order in LISTINGS[name].orders:
                for is_further in (False, True):
                    statement = statement_of(name, order, is_further=is_further)
                    found = plan(connection, statement)
                    assert not found.scanned, (name, order, found.whole)
                    assert not found.sorts, (name, order, found.whole)

    def test_in_any_order_by_any_filter_reads_no_whole_table(self, connection: Connection) -> None:
        for name, listing in LISTINGS.items():
            for order in listing.orders:
                for by in [(), *((each,) for each in chosen(name))]:
                    statement = statement_of(name, order, *by)
                    found = plan(connection, statement)
                    assert not found.scanned, (name, order, by, found.whole)

    def test_by_any_filter_reads_a_part_of_an_index(self, connection: Connection) -> None:
        # A bitmap is made of nothing but parts of indexes.
        forbid(connection, "indexscan", "indexonlyscan")
        for name in LISTINGS.keys() - {"conflicts"}:
            table = LISTINGS[name].identity.table.name
            for by in chosen(name) - WALKED.get(name, set()):
                statement = statement_of(name, next(iter(LISTINGS[name].orders)), by).order_by(None).limit(None)
                found = plan(connection, statement)
                assert found.by(table), (name, by, found.whole)

    def test_that_is_asked_all_the_time_needs_no_sorting(self, connection: Connection) -> None:
        for name, by, order in IN_ORDER:
            table = LISTINGS[name].identity.table.name
            for sort in (order, f"-{order}"):
                for is_further in (False, True):
                    statement = statement_of(name, sort, by, is_further=is_further)
                    found = plan(connection, statement)
                    assert found.by(table), (name, by, sort, found.whole)
                    assert not found.sorts, (name, by, sort, found.whole)

    def test_goes_on_where_the_index_says(self, connection: Connection) -> None:
        statement = statement_of("claims", "-created_at", "speaker_id", is_further=True)
        found = plan(connection, statement).whole
        assert "(created_at,id)<(?,?)" in found or "ROW(created_at, id) < ROW(" in found

    def test_has_filters_that_are_known_here(self) -> None:
        assert all(filters <= chosen(name) for name, filters in WALKED.items())


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
class TestAWholeClaim:
    """Postgres makes rows after it has sorted."""

    def test_is_made_for_the_page_alone_where_claims_are_sorted(self, api: Api, admin: Api, database: Database) -> None:
        known = fill(api, admin, 40)
        filters = {"source_id": known["source"], "sort": "-updated_at"}
        assert _steps(database, has_evidence=True, **filters) < 2 * _steps(database, has_evidence=False, **filters)


def _steps(database: Database, *, has_evidence: bool, sort: str, **filters: Any) -> int:
    """Count what SQLite does to read the first claim, in tens of its steps."""
    steps = count()
    with database.asking() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: next(steps) < 0, 10)
        found = claims.page(connection, window=Window(sort, 1), has_evidence=has_evidence, **filters)
        connection.invalidate()  # the next has its own handler again
    assert found.next
    return next(steps)


class TestEveryAnswer:
    def test_reads_no_whole_table(self, api: Api, admin: Api, database: Database) -> None:
        known = fill(api, admin, 12)
        sent: dict[str, Any] = {}
        for path in STATEMENTS:
            if not WHOLE.match(path):
                with noted(database, sent):
                    (admin if path.startswith("/v1/keys") else api).read(path.format(**known))
        with database.engine.connect() as connection:
            forbid(connection, "seqscan")
            for statement, parameters in sent.items():
                how = "EXPLAIN (FORMAT JSON)" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
                found = read(connection, connection.exec_driver_sql(f"{how} {statement}", parameters).all())
                assert not found.scanned, found.whole


@contextmanager
def noted(database: Database, sent: dict[str, Any]) -> Iterator[None]:
    """Note the statements that the block sends and begin with SELECT or WITH, and parameters of each."""

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            # A driver takes a list where SQLAlchemy asks for a tuple.
            sent[statement] = tuple(parameters) if isinstance(parameters, list) else parameters

    event.listen(database.engine, "before_cursor_execute", note)
    yield
    event.remove(database.engine, "before_cursor_execute", note)
