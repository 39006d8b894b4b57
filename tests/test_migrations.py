"""The migrations make what the models say, and can be walked both ways, with data in the tables."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, MetaData, Table, event, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from claims_api import clock, db, ids
from claims_api.cli.loading import read_dossier
from claims_api.db import migrating
from claims_api.models.changes import Change
from claims_api.models.keys import ApiKey
from claims_api.models.search import KINDS, ClaimEntry
from claims_api.services import dossiers, ledger_checks
from claims_api.services.findings import Observer
from tests.postgres import PrivatePostgres

# Columns that a later revision than the first has added.
LATER = {"merged_into_id", "now_version", "now", "orphaned_because", "confirmed_at", "confirmed_by"}
Contents = dict[str, list[tuple[object, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        (tmp_path / "migrated.db").touch()
        return f"sqlite:///{tmp_path / 'migrated.db'}"
    server: PrivatePostgres = request.getfixturevalue("postgres")
    return server.create_database(f"migrated_{clock.utcnow():%H%M%S%f}")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    database = db.open_database(url)
    yield database.engine
    database.dispose()


def ddl(connection: Connection) -> dict[str, list[str]]:
    """Return all that the database itself says of its tables: columns, constraints, indexes."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'")
        ).all()
        return _grouped((table, clause) for table, sql in rows for clause in _clauses(sql))
    return _postgres_ddl(connection)


def _clauses(sql: str) -> list[str]:
    # In which order a table states its constraints says nothing.
    return [" ".join(clause.split()) for clause in re.sub(r'["()]', " ", sql).split(",")]


def _postgres_ddl(connection: Connection) -> dict[str, list[str]]:
    columns = text(
        "SELECT table_name, concat_ws(' ', column_name, data_type, is_nullable, column_default, collation_name)"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    )
    constraints = text(
        "SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
    )
    indexes = text("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return _grouped(tuple(row) for each in (columns, constraints, indexes) for row in connection.execute(each))


def _grouped(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, statement in pairs:
        if table != "alembic_version":
            found.setdefault(table, []).append(statement)
    return {table: sorted(statements) for table, statements in sorted(found.items())}


def _is_compared(_item: object, name: str | None, type_: str, is_reflected: bool, _other: object) -> bool:
    # FTS5 keeps tables of its own in place of Postgres's index of words; the next test looks at both.
    of_fts5 = type_ == "table" and is_reflected and re.fullmatch(r"search_\w+_(index(_\w+)?|words)", name or "")
    return not of_fts5 and not (type_ == "index" and re.fullmatch(r"ix_search_\w+_words", name or ""))


class TestHead:
    # Indexes of expressions are not read back from SQLite; the next test compares them too.
    @pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
    @pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
    @pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
    def test_differs_from_the_models_in_nothing_that_alembic_sees(self, url: str, engine: Engine) -> None:
        migrating.upgrade(url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": _is_compared})
            assert compare_metadata(context, db.metadata) == []

    def test_has_the_very_ddl_of_the_models(self, url: str, engine: Engine) -> None:
        migrating.upgrade(url)
        with engine.connect() as connection:
            migrated = ddl(connection)
        command.downgrade(migrating.migrations_of(url), "base")
        with engine.begin() as connection:
            db.metadata.create_all(connection)
        with engine.connect() as connection:
            assert ddl(connection) == migrated

    def test_is_one(self) -> None:
        delivered = ScriptDirectory.from_config(migrating.migrations_of("sqlite://"))
        assert delivered.get_heads() == [db.newest_revision()]


UPGRADE = "import sys; from claims_api.db import migrating; migrating.upgrade(sys.argv[1])"


def limit(connection: Connection) -> object:
    """Return when the statements of a connection are broken off, or None."""
    if connection.dialect.name == "sqlite":
        return connection.info.get("ends")
    return connection.execute(text("SELECT nullif(current_setting('statement_timeout'), '0')")).scalar_one()


class TestAnUpgrade:
    def test_is_done_by_one_of_several_at_once(self, url: str, engine: Engine) -> None:
        asked = [sys.executable, "-c", UPGRADE, url]
        runners = [subprocess.Popen(asked, stderr=subprocess.PIPE) for _ in range(4)]  # noqa: S603  # ourselves
        failures = [runner.communicate(timeout=120)[1].decode() for runner in runners]
        assert [runner.returncode for runner in runners] == [0] * 4, failures
        with engine.connect() as connection:
            assert db.why_not_migrated(connection) is None

    def test_is_done_as_a_whole_or_not_at_all(self, url: str, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept_answers (in_the_way INTEGER)"))
        with pytest.raises(DBAPIError):
            migrating.upgrade(url)
        assert inspect(engine).get_table_names() == ["kept_answers"]

    def test_takes_all_the_time_that_it_needs(self, url: str) -> None:
        limits: list[object] = []
        noted = partial(lambda to, connection: to.append(limit(connection)), limits)
        event.listen(Engine, "commit", noted)
        migrating.upgrade(url)
        event.remove(Engine, "commit", noted)
        assert limits == [None]

    def test_rather_fails_than_keeps_others_waiting_behind_it(self, postgres: PrivatePostgres) -> None:
        url = postgres.create_database("waiting_behind")
        settings = migrating.migrations_of(url)
        command.upgrade(settings, "0005")
        settings.attributes["patience"] = "100ms"
        reader = db.open_database(url)
        with reader.engine.connect() as connection:
            # Where the upgrade waits for longer, the reader is thrown out, and it goes through.
            connection.execute(text("SET idle_in_transaction_session_timeout = '3s'"))
            connection.execute(text("SELECT 1 FROM api_keys"))
            with pytest.raises(OperationalError, match="lock timeout"):
                command.upgrade(settings, "0006")
        reader.dispose()


class TestEachRevision:
    def test_can_be_undone_and_done_again(self, url: str, engine: Engine) -> None:
        settings = migrating.migrations_of(url)
        revisions = [each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()]
        for revision in reversed(revisions):
            command.upgrade(settings, revision)
            command.downgrade(settings, "-1")
            command.upgrade(settings, revision)
        command.downgrade(settings, "base")
        assert set(inspect(engine).get_table_names()) <= {"alembic_version"}

    def test_keeps_the_data(self, url: str, engine: Engine, repository: Path) -> None:
        migrating.upgrade(url)
        database = db.open_database(url)
        with database.writing() as session:
            # Of what the first revision has a place for.
            dossiers.load(session, replace(read_dossier(repository / "seeds"), relations=(), versions=()))
        before = _contents(engine)
        command.downgrade(migrating.migrations_of(url), "0001")
        migrating.upgrade(url)
        database.dispose()
        # The ledger too: what it held was the making of each thing, but for the columns that came later.
        assert without_later_columns(_contents(engine)) == without_later_columns(before)


class TestTheColumnsOfNewerVersions:
    def test_are_filled_again_from_the_ledger(self, url: str, engine: Engine, repository: Path) -> None:
        migrating.upgrade(url)
        database = db.open_database(url)
        with database.writing() as session:
            dossiers.load(session, read_dossier(repository / "seeds"))
        before = _contents(engine, "passages")
        command.downgrade(migrating.migrations_of(url), "0010")
        migrating.upgrade(url)
        database.dispose()
        assert _contents(engine, "passages") == before


class TestTheColumnsOfKeys:
    def test_leave_the_keys_that_there_were_as_good_as_before(self, url: str, engine: Engine) -> None:
        command.upgrade(migrating.migrations_of(url), "0005")
        row = {"id": ids.new_id(), "prefix": "a" * 8, "sha256": "b" * 64, "created_at": clock.utcnow(), "name": "desk"}
        names = [*row, "scopes"]
        before = Table("api_keys", MetaData(), *(Column(name, ApiKey.__table__.c[name].type) for name in names))
        with engine.begin() as connection:
            connection.execute(insert(before).values(**row, scopes=["read"]))
        migrating.upgrade(url)
        with engine.connect() as connection:
            kept = connection.execute(select(ApiKey.__table__)).one()
        assert {name: kept._mapping[name] for name in row} == row
        assert (kept.scopes, kept.created_by, kept.last_used_at) == (["read"], "claims-api", None)


class TestTheLedgerOfWhatIsOlderThanIt:
    def test_is_sound_although_its_moments_go_by_kind(self, url: str, engine: Engine) -> None:
        command.upgrade(migrating.migrations_of(url), "0003")
        with engine.begin() as connection:
            for day, table, more in ((2, "speakers", {"kind": "group", "aliases": "[]"}), (1, "topics", {"key": "t"})):
                moment = f"2025-01-0{day} 00:00:00.000000"
                row: dict[str, object] = {
                    "id": ids.new_id(),
                    "created_at": moment,
                    "updated_at": moment,
                    "created_by": "desk",
                    "name": "t",
                }
                row |= {"version": 1, **more}
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608
        migrating.upgrade(url)
        with engine.connect() as connection:
            at = connection.scalars(select(Change.at).order_by(Change.seq)).all()
            assert at == sorted(at, reverse=True)
            assert ledger_checks.order(connection, Observer()).wrong == []
            assert ledger_checks.histories(connection, Observer()).wrong == []


class TestTheNumbersOfEntries:
    def test_go_beyond_32_bits(self, url: str, engine: Engine) -> None:
        migrating.upgrade(url)
        entry = {"id": 2**31, "entity_id": ids.new_id(), "words": ["one"]}
        with engine.begin() as connection:
            for kind in KINDS:
                connection.execute(insert(kind), [entry])
                assert connection.scalars(select(kind.id)).all() == [2**31]

    def test_go_on_behind_the_last_of_32_bits(self, postgres: PrivatePostgres) -> None:
        url = postgres.create_database("last_of_32_bits")
        command.upgrade(migrating.migrations_of(url), "0014")
        database = db.open_database(url)
        with database.engine.begin() as connection:
            connection.execute(text("SELECT setval('search_claims_id_seq', 2147483647)"))
        migrating.upgrade(url)
        with database.engine.begin() as connection:
            connection.execute(insert(ClaimEntry), [{"entity_id": ids.new_id(), "words": ["one"]}])
            assert connection.scalars(select(ClaimEntry.id)).all() == [2**31]
        database.dispose()

    def test_keep_the_entries_that_there_were(self, url: str, engine: Engine) -> None:
        command.upgrade(migrating.migrations_of(url), "0014")
        entry = {"id": 7, "entity_id": ids.new_id(), "words": ["one"]}
        with engine.begin() as connection:
            connection.execute(insert(ClaimEntry), [entry])
        migrating.upgrade(url)
        with engine.connect() as connection:
            assert [row[:2] for row in connection.execute(select(ClaimEntry.id, ClaimEntry.entity_id))] == [
                (7, entry["entity_id"])
            ]


class TestTheCursorSecret:
    def test_is_another_one_in_each_installation(self, url: str, engine: Engine) -> None:
        migrating.upgrade(url)
        first = _contents(engine, "secrets")
        command.downgrade(migrating.migrations_of(url), "0001")
        migrating.upgrade(url)
        assert _contents(engine, "secrets") != first


def without_later_columns(contents: Contents) -> Contents:
    return {
        name: [tuple(_without(value) if isinstance(value, dict) else value for value in row) for row in rows]
        for name, rows in contents.items()
    }


def _without(state: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in state.items() if name not in LATER and not name.startswith("assessed_")}


def _contents(engine: Engine, *only: str) -> Contents:
    tables = [
        table
        for table in db.metadata.sorted_tables
        # What search finds is made anew from the rest.
        if table.name in only or (not only and table.name != "secrets" and not table.name.startswith("search_"))
    ]
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }
