"""The commands that look after a database, on both."""

import datetime as dt
import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Select, func, select, text

from claims_api import clock, db
from claims_api.db import migrating
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.sources import Source
from claims_api.models.words import Verdict
from claims_api.services import assessments, checking, claims, reanchoring, sources
from claims_api.services.assessments import NewAssessment
from claims_api.services.sources import NewSource
from claims_api.services.versions import NewVersion
from tests.postgres import PrivatePostgres
from tests.test_cli import run, told_in_a_line, write

TABLES = db.metadata.tables
DOSSIER = {
    "name": "d",
    "dated": "2025-01-01",
    "topics": [{"name": name} for name in ("summit", "ceasefire", "visas")],
    "sources": [{"key": "a", "title": "t", "text": "No date was set."}],
    "speakers": [{"key": "s", "name": "Kremlin", "kind": "organization"}],
    "claims": [
        {
            "key": "c",
            "text": "no date",
            "speaker": "s",
            "topics": ["summit", "ceasefire"],
            "evidence": [{"stance": "supports", "source": "a", "exact": "No date was set"}],
        }
    ],
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'claims.db'}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dossier"
    made.mkdir()
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest,
    folder: Path,
    tmp_path: Path,
    postgres: PrivatePostgres,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A database with a small dossier."""
    made = f"sqlite:///{tmp_path / 'filled.db'}"
    if request.param == "postgresql":
        made = postgres.create_database(f"filled_{tmp_path.name}")
        monkeypatch.setenv("PATH", str(postgres.programs), prepend=os.pathsep)
    assert run(made, "db", "upgrade").exit_code == 0
    write(folder, DOSSIER)
    assert run(made, "load", str(folder)).exit_code == 0
    return made


def rows(url: str) -> dict[str, list[str]]:
    """Return all rows of all tables, in one order."""
    database = db.open_database(url)
    try:
        with database.reading() as connection:
            return {name: sorted(map(repr, connection.execute(each.select()))) for name, each in TABLES.items()}
    finally:
        database.dispose()


def rows_of_nothing(url: str) -> None:
    """Look into a database that is not there, as by a program that makes its file."""
    Path(url.removeprefix("sqlite:///")).touch()
    database = db.open_database(url)
    with database.reading():
        pass
    database.dispose()


def emptied(url: str, tmp_path: Path, postgres: PrivatePostgres) -> str:
    """Return another, empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'another.db'}"
    return postgres.create_database(f"another_{tmp_path.name}")


class TestABackup:
    def test_brings_everything_back(self, filled: str, tmp_path: Path, postgres: PrivatePostgres) -> None:
        another = emptied(filled, tmp_path, postgres)
        assert run(filled, "db", "backup", str(tmp_path / "copy")).exit_code == 0
        assert run(another, "db", "restore", str(tmp_path / "copy")).exit_code == 0
        assert rows(another) == rows(filled)

    def test_is_for_its_owner_only(self, filled: str, tmp_path: Path) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600

    def test_is_never_written_over(self, filled: str, tmp_path: Path) -> None:
        (tmp_path / "copy").write_text("precious", encoding="utf-8")
        assert "there already" in told_in_a_line(run(filled, "db", "backup", str(tmp_path / "copy")))
        assert (tmp_path / "copy").read_text(encoding="utf-8") == "precious"

    def test_is_never_written_through_a_link_that_leads_nowhere(self, filled: str, tmp_path: Path) -> None:
        (tmp_path / "copy").symlink_to(tmp_path / "unmounted" / "copy")
        assert "there already" in told_in_a_line(run(filled, "db", "backup", str(tmp_path / "copy")))

    def test_is_brought_back_where_a_look_has_left_an_empty_file(self, filled: str, url: str, tmp_path: Path) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        if filled.startswith("sqlite"):
            rows_of_nothing(url)
            assert run(url, "db", "restore", str(tmp_path / "copy")).exit_code == 0

    @pytest.mark.parametrize("part", ["wal", "shm", "journal"])
    def test_is_not_brought_back_beside_what_another_database_has_left(
        self, filled: str, url: str, tmp_path: Path, part: str
    ) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        if filled.startswith("sqlite"):
            left = tmp_path / f"claims.db-{part}"
            left.touch()
            assert str(left) in told_in_a_line(run(url, "db", "restore", str(tmp_path / "copy")))
            assert not (tmp_path / "claims.db").exists()

    def test_is_not_brought_back_over_what_is_in_use(self, filled: str, tmp_path: Path) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        database = db.open_database(filled)
        with database.reading():
            said = told_in_a_line(run(filled, "db", "restore", str(tmp_path / "copy")))
        database.dispose()
        assert "move" not in said  # what is beside it must stay with it

    def test_that_is_not_there_is_told_so(self, url: str, tmp_path: Path) -> None:
        assert "No such file" in told_in_a_line(run(url, "db", "restore", str(tmp_path / "copy")))
        assert list(tmp_path.iterdir()) == []

    def test_is_not_brought_back_over_what_is_there(self, filled: str, tmp_path: Path) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        before = rows(filled)
        told_in_a_line(run(filled, "db", "restore", str(tmp_path / "copy")))
        assert rows(filled) == before

    def test_that_is_none_is_told_in_a_line(self, filled: str, tmp_path: Path, postgres: PrivatePostgres) -> None:
        (tmp_path / "copy").write_text("no copy at all" * 100, encoding="utf-8")
        told_in_a_line(run(emptied(filled, tmp_path, postgres), "db", "restore", str(tmp_path / "copy")))

    def test_that_is_damaged_leaves_no_database(self, filled: str, tmp_path: Path, postgres: PrivatePostgres) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        with (tmp_path / "copy").open("r+b") as copy:
            copy.seek(5000)
            copy.write(b"damage" * 4000)
        another = emptied(filled, tmp_path, postgres)
        told_in_a_line(run(another, "db", "restore", str(tmp_path / "copy")))
        assert "db upgrade" in told_in_a_line(run(another, "key", "create", "--name", "x"))

    def test_of_the_other_kind_of_database_is_told_so(
        self, filled: str, tmp_path: Path, postgres: PrivatePostgres
    ) -> None:
        run(filled, "db", "backup", str(tmp_path / "copy"))
        other = postgres.create_database(f"other_{tmp_path.name}")
        kind = "SQLite"
        if not filled.startswith("sqlite"):
            other, kind = f"sqlite:///{tmp_path / 'other.db'}", "Postgres"
        said = told_in_a_line(run(other, "db", "restore", str(tmp_path / "copy")))
        assert f"a copy of a {kind} database" in said
        assert "claims-api export" in said

    def test_that_has_other_tables_is_told_in_a_line(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "copy").touch()
        execute(f"sqlite:///{tmp_path / 'copy'}", "CREATE TABLE alembic_version (x INTEGER)")
        told_in_a_line(run(url, "db", "restore", str(tmp_path / "copy")))

    def test_of_something_else_is_told_in_a_line(
        self, tmp_path: Path, postgres: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(postgres.programs), prepend=os.pathsep)
        other = postgres.create_database(f"other_{tmp_path.name}")
        execute(other, "CREATE TABLE versions (alembic_version TEXT)")
        run(other, "db", "backup", str(tmp_path / "copy"))
        another = emptied(other, tmp_path, postgres)
        assert "no copy" in told_in_a_line(run(another, "db", "restore", str(tmp_path / "copy")))

    def test_is_what_brings_a_damaged_file_back(self, tmp_path: Path) -> None:
        file = tmp_path / "damaged.db"
        run(f"sqlite:///{file}", "db", "upgrade")
        file.write_bytes(file.read_bytes()[: 4096 * 8] + b"damage!!" * 50_000)
        assert "db restore" in told_in_a_line(run(f"sqlite:///{file}", "key", "list"))

    def test_that_is_empty_is_told_in_a_line(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "copy").touch()
        told_in_a_line(run(url, "db", "restore", str(tmp_path / "copy")))

    def test_leaves_nothing_else_behind(self, filled: str, tmp_path: Path) -> None:
        before = {each.name for each in tmp_path.iterdir()}
        run(filled, "db", "backup", str(tmp_path / "copy"))
        assert {each.name for each in tmp_path.iterdir()} - before == {"copy"}

    def test_of_nothing_is_told_in_a_line_and_leaves_nothing(self, url: str, tmp_path: Path) -> None:
        told_in_a_line(run(url, "db", "backup", str(tmp_path / "copy")))
        assert list(tmp_path.iterdir()) == []

    def test_without_the_programs_of_postgres_is_told_in_a_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "pg_dump" in told_in_a_line(run("postgresql://nobody@127.0.0.1:1/x", "db", "backup", "copy"))

    def test_shows_no_password_to_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spy = tmp_path / "pg_dump"
        spy.write_text('#!/bin/sh\necho "$@" "<$PGPASSWORD>" >&2\nexit 1\n', encoding="utf-8")
        spy.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        odd = "postgresql://me:secret@/x?host=one:5432&host=two:5433&options=-c%20timezone%3DUTC"
        said = told_in_a_line(run(odd, "db", "backup", str(tmp_path / "copy")))
        assert said.count("secret") == said.count("<secret>") == 1
        assert all(part in said for part in ("host=one,two", "port=5432,5433", "options='-c timezone=UTC'"))


class TestFollow:
    @pytest.mark.parametrize("after", ["999999", "99999999999999999999"])
    def test_from_a_change_that_there_is_not_is_told_in_a_line(self, filled: str, after: str) -> None:
        result = run(filled, "changes", "follow", "--no-wait", "--after", after)
        assert result.exit_code in {1, 2}
        assert isinstance(result.exception, SystemExit)

    def test_prints_every_change_as_a_line_in_order(self, filled: str) -> None:
        lines = run(filled, "changes", "follow", "--no-wait").stdout.splitlines()
        assert [json.loads(each)["seq"] for each in lines] == list(range(1, len(rows(filled)["changes"]) + 1))

    def test_begins_behind_a_change(self, filled: str) -> None:
        whole = run(filled, "changes", "follow", "--no-wait").stdout.splitlines()
        assert run(filled, "changes", "follow", "--no-wait", "--after", "3").stdout.splitlines() == whole[3:]

    def test_of_one_kind_leaves_out_the_others(self, filled: str) -> None:
        lines = run(filled, "changes", "follow", "--no-wait", "--entity", "topic").stdout.splitlines()
        assert {json.loads(each)["entity"] for each in lines} == {"topic"}


def execute(url: str, statement: str) -> None:
    database = db.open_database(url)
    with database.writing() as session:
        session.execute(text(statement))
    database.dispose()


class TestCheck:
    def test_finds_nothing_wrong_with_what_the_service_has_kept(self, filled: str) -> None:
        result = run(filled, "db", "check")
        assert result.exit_code == 0
        *table, line = result.stdout.splitlines()
        assert [each.rpartition("\t")[2] for each in table] == ["wrong", *["none"] * 10]
        assert line == "Nothing is wrong. Of the quotes 1 stand in the newest text, byte for byte."

    @pytest.mark.parametrize(
        ("what", "statement"),
        [
            ("quotes", "UPDATE passages SET exact = 'another'"),
            ("claims", "UPDATE claims SET content_supports = 7"),
            ("assessments", "UPDATE claims SET assessed_refuted = 7"),
            ("entities", "UPDATE topics SET version = 7"),
            ("entities", "UPDATE claims SET text = 'FORGED'"),
            ("entities", "UPDATE speaker_names SET key = 'forged'"),
            ("entities", "DELETE FROM claim_topics"),
            ("entities", "DELETE FROM evidence"),
            ("texts", "UPDATE source_versions SET text = 'FORGED ' || text"),
            ("quotes", "UPDATE source_versions SET text = ''"),
            ("quotes", "ALTER TABLE passages RENAME TO lost"),
            ("texts", "UPDATE sources SET current_version = 2"),
            ("search", "DELETE FROM search_claims"),
            ("search", "DELETE FROM search_sections"),
            ("search", "DELETE FROM search_sections WHERE start IS NOT NULL"),
            ("search", "UPDATE search_claims SET words = 'other words'"),
            ("search", "UPDATE search_passages SET words = 'other words'"),
            ("search", "UPDATE search_sources SET words = 'other words'"),
            ("search", "UPDATE search_fillings SET made_by = 'terms/0'"),
        ],
    )
    def test_names_what_was_altered_behind_the_services_back(self, filled: str, what: str, statement: str) -> None:
        execute(filled, statement)
        result = run(filled, "db", "check")
        assert result.exit_code == 1
        (line,) = (each for each in result.output.splitlines() if each.startswith(what))
        assert not line.endswith("none")

    def test_finds_nothing_wrong_with_search_once_it_was_made_anew(self, filled: str) -> None:
        execute(filled, "DELETE FROM search_passages")
        assert run(filled, "db", "check").exit_code == 1
        assert run(filled, "db", "reindex").exit_code == 0
        assert run(filled, "db", "check").exit_code == 0

    def test_names_a_damaged_file(self, filled: str, tmp_path: Path) -> None:
        if filled.startswith("sqlite"):
            with closing(sqlite3.connect(tmp_path / "filled.db")) as looking:
                where = "SELECT (rootpage - 1) * page_size FROM sqlite_master, pragma_page_size WHERE name = ?"
                (place,) = looking.execute(where, ("ix_topics_updated_at_id",)).fetchone()
            with (tmp_path / "filled.db").open("r+b") as file:
                file.seek(place)
                file.write(b"damage" * 500)
            result = run(filled, "db", "check")
            assert result.exit_code == 1
            assert not result.output.splitlines()[1].endswith("none")

    def test_of_a_database_that_is_not_migrated_is_told_in_a_line(self, url: str) -> None:
        rows_of_nothing(url)
        assert "db upgrade" in told_in_a_line(run(url, "db", "check"))


@pytest.fixture
def changed(filled: str) -> str:
    """The same database with a source of two texts, from which nothing is quoted; it was deleted and restored."""
    database = db.open_database(filled)
    with database.writing() as session:
        source_id = sources.create(session, NewSource("A notice", "Doors open at noon.")).id
    with database.writing() as session:
        reanchoring.revise(session, source_id, NewVersion("Doors open at one."))
    for act in (sources.delete, sources.restore):
        with database.writing() as session:
            act(session, source_id)
    database.dispose()
    return filled


ORDER, HISTORY = "changes follow", "changes of each"


def forge(url: str, values: str, version: int) -> None:
    """Change what the ledger says of one version of the changed source, past its guards."""
    statement = f"UPDATE changes SET {values} WHERE entity = 'source' AND version = {version} AND actor = 'claims-api'"  # noqa: S608
    database = db.open_database(url)
    with database.writing() as session:
        is_within = database.is_within
        for what in ("update", "delete", "replace") if is_within else ():
            session.execute(text(f"DROP TRIGGER changes_no_{what}"))
        session.execute(text("SELECT 1" if is_within else "ALTER TABLE changes DISABLE TRIGGER USER"))
        session.execute(text(statement.replace("JSON", "TEXT") if is_within else statement))
    database.dispose()


class TestTheCheckOfTheLedger:
    def test_finds_nothing_wrong_with_what_was_changed_deleted_and_restored(self, changed: str) -> None:
        assert run(changed, "verify").exit_code == 0

    # Of the source: it is made, gets a newer text, is deleted and restored.
    @pytest.mark.parametrize(
        ("what", "values", "version"),
        [
            (ORDER, "at = '2199-01-01 00:00:00.000000'", 1),
            (ORDER, "at = '1999-01-01 00:00:00.000000'", 2),
            (HISTORY, "at = '1999-01-01 00:00:00.000000'", 2),
            (ORDER, "seq = 99", 4),
            (HISTORY, "version = 7", 2),
            (HISTORY, "action = 'update'", 1),
            (HISTORY, "action = 'create'", 2),
            (HISTORY, "action = 'restore'", 2),
            (HISTORY, "action = 'delete'", 2),
            (HISTORY, "action = 'update'", 3),
            (HISTORY, "action = 'update'", 4),
            (HISTORY, "state = (SELECT other.state FROM changes AS other WHERE seq = 1)", 2),
            (HISTORY, """state = CAST(replace(CAST(state AS TEXT), '"version"\\:2', '"version"\\:7') AS JSON)""", 2),
        ],
    )
    def test_names_what_could_not_have_been(self, changed: str, what: str, values: str, version: int) -> None:
        forge(changed, values, version)
        result = run(changed, "verify")
        assert result.exit_code == 1
        (line,) = (each for each in result.output.splitlines() if each.startswith(what))
        assert not line.endswith("none")

    @pytest.mark.parametrize("number", [1, 2])
    def test_names_a_source_that_has_lost_a_text_although_nothing_is_quoted_from_it(
        self, changed: str, number: int
    ) -> None:
        execute(changed, f"DELETE FROM source_versions WHERE text LIKE 'Doors%' AND number = {number}")  # noqa: S608
        result = run(changed, "verify")
        assert result.exit_code == 1
        (line,) = (each for each in result.output.splitlines() if each.startswith("texts"))
        assert not line.endswith("none")


DAMAGES = {
    "pages are lost": "DELETE FROM search_claims_index_data WHERE id > 10",
    "its structure is lost": "DELETE FROM search_passages_index_data WHERE id = 10",
    "lengths are lost": "DELETE FROM search_sources_index_docsize",
    "it is empty": "INSERT INTO search_sections_index (search_sections_index) VALUES ('delete-all')",
    "an entry says something else": "UPDATE search_claims SET words = 'something else'",
}


@pytest.mark.parametrize("filled", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
class TestADamagedIndexOfSearch:
    def test_is_noticed(self, filled: str, statement: str) -> None:
        execute(filled, statement)
        result = run(filled, "verify")
        assert result.exit_code == 1
        (line,) = (each for each in result.output.splitlines() if each.startswith("the index of search"))
        assert line.split("\t")[2].startswith("search_")

    def test_is_made_anew(self, filled: str, statement: str) -> None:
        execute(filled, statement)
        assert run(filled, "db", "reindex").output == "Search finds what there is.\n"
        result = run(filled, "verify")
        assert (result.exit_code, result.output.splitlines()[-1][:16]) == (0, "Nothing is wrong")


@pytest.mark.parametrize("filled", ["sqlite"], indirect=True)
class TestTheCheckOfTheIndexOfSearch:
    def test_leaves_others_to_write(self, filled: str) -> None:
        database, other = db.open_database(filled), db.open_database(filled, turn_seconds=0.1)
        with database.reading() as connection:
            assert not [each for finding in checking.everything(connection) for each in finding.wrong]
            with other.writing() as session:
                session.execute(text("UPDATE search_fillings SET made_by = made_by"))
        database.dispose()
        other.dispose()


@pytest.fixture
def rewritten(filled: str, folder: Path) -> str:
    """The same database after its source was rewritten: of three quotes one stands, one has changed, one is gone."""
    link = {"source": "r", "stance": "mentions"}
    whole = "The talks will be resumed before the end of the month, it is said."
    newer = whole.replace("month", "year")
    write(
        folder,
        {
            "name": "rewritten",
            "dated": "2025-01-01",
            "sources": [{"key": "r", "title": "t", "text": f"No date was set. {whole} Nobody knew."}],
            "versions": [{"key": "v", "source": "r", "text": f"A correction. No date was set. {newer}"}],
            "claims": [
                {
                    "key": "c",
                    "text": "no date at all",
                    "evidence": [{**link, "exact": exact} for exact in ("No date was set.", whole, "Nobody knew.")],
                }
            ],
        },
    )
    assert run(filled, "load", str(folder)).exit_code == 0
    return filled


class TestVerify:
    def test_is_what_db_check_is(self, filled: str) -> None:
        assert run(filled, "verify").stdout == run(filled, "db", "check").stdout

    def test_counts_what_a_publisher_has_changed_and_finds_no_fault_with_it(self, rewritten: str) -> None:
        result = run(rewritten, "verify")
        assert result.exit_code == 0
        told = "Of the quotes 2 stand in the newest text, byte for byte; 1 changed, 1 orphaned."
        assert result.stdout.splitlines()[-1] == f"Nothing is wrong. {told}"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE source_versions SET text = text || '!' WHERE number = 2",
            "UPDATE source_versions SET length = 7",
            "UPDATE passages SET anchor_state = 'exact' WHERE anchor_state = 'changed'",
            "UPDATE passages SET utf8_end = 7",
            "UPDATE passages SET now = NULL",
            "UPDATE sources SET current_version = 1",
        ],
    )
    def test_finds_what_was_altered_behind_the_services_back(self, rewritten: str, statement: str) -> None:
        execute(rewritten, statement)
        result = run(rewritten, "verify")
        assert result.exit_code == 1
        assert result.stdout.splitlines()[-1].startswith("WRONG: ")

    def test_asks_nothing_of_the_newest_text_about_what_was_deleted(self, rewritten: str) -> None:
        execute(rewritten, "UPDATE passages SET deleted_at = created_at, now = NULL WHERE anchor_state = 'changed'")
        lines = run(rewritten, "verify").stdout.splitlines()
        (line,) = (each for each in lines if each.startswith("quotes"))
        assert line.endswith("none")

    def test_shows_no_bar_where_nobody_watches(self, filled: str) -> None:
        assert run(filled, "verify").stderr == ""

    def test_shows_how_far_it_is_to_who_watches_beside_the_result(self, filled: str) -> None:
        ours, theirs = os.openpty()
        program = [sys.executable, "-c", "from claims_api.cli.main import main; main()", "verify"]
        environment = {**os.environ, "CLAIMS_DATABASE_URL": filled, "TERM": "xterm"}
        done = subprocess.run(program, env=environment, stdout=subprocess.PIPE, stderr=theirs, check=True)  # noqa: S603
        os.close(theirs)
        with os.fdopen(ours, "rb") as terminal:
            shown = terminal.read1(100_000)
        assert b"1 of 10: file" in shown
        assert b"of 10" not in done.stdout


class TestDoctor:
    def test_finds_all_well(self, filled: str) -> None:
        result = run(filled, "doctor")
        assert result.exit_code == 0, result.output
        assert "WRONG" not in result.output

    def test_names_a_database_that_cannot_be_reached(self) -> None:
        result = run("postgresql://me:secret@127.0.0.1:1/x", "doctor")
        assert result.exit_code == 1
        assert "database\tWRONG" in result.output

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://me:secret@127.0.0.1:1/x",
            "postgresql://me:secret@secret@127.0.0.1:1/x",
            "postgresql://127.0.0.1:1/x?user=me&password=secret&connect_timeout=1",
            "postgresql://me@127.0.0.1:1/x?sslkey=none&sslpassword=secret",
        ],
    )
    def test_shows_no_password(self, url: str) -> None:
        said = run(url, "doctor")
        assert "database\tWRONG" in said.output
        assert "secret" not in said.output

    def test_shows_no_password_of_the_counters(self, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLAIMS_LIMITS_STORE", "redis+sentinel://:secret@one:26379,two:26379/main")
        assert "redis+sentinel://***@one:26379,two:26379/main" in run(filled, "doctor").output

    @pytest.mark.parametrize(("name", "value"), [("CLAIMS_LIMITS_STORE", "bogus://x"), ("HOST", "nope.invalid")])
    def test_names_what_no_server_would_start_with(
        self, filled: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, value)
        result = run(filled, "doctor")
        assert result.exit_code == 1
        assert "serving\tWRONG" in result.output

    def test_names_a_setting_that_is_misspelt(self, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLAIMS_PUBLIC_READ", "false")
        assert "CLAIMS_PUBLIC_READ\tWRONG\tthere is no such setting" in run(filled, "doctor").output

    def test_looks_at_the_room_for_temporary_files(self, filled: str) -> None:
        assert "temporary files\tok" in run(filled, "doctor").output

    def test_names_a_migration_that_is_missing(self, url: str) -> None:
        migrating.upgrade(url, "0004")
        result = run(url, "doctor")
        assert result.exit_code == 1
        assert "migrations\tWRONG\tThe database is not migrated: run `claims-api db upgrade`." in result.output


class TestADatabaseThatIsNotThere:
    @pytest.mark.parametrize(
        "arguments", [("doctor",), ("db", "check"), ("changes", "follow"), ("key", "list"), ("serve",)], ids=" ".join
    )
    def test_is_told_and_not_made(self, url: str, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        result = run(url, *arguments)
        assert result.exit_code == 1
        assert f"There is no database {tmp_path / 'claims.db'}" in result.output
        assert list(tmp_path.iterdir()) == []


class TestADatabaseOfANewerProgram:
    @pytest.fixture
    def newer(self, filled: str) -> str:
        execute(filled, "UPDATE alembic_version SET version_num = '9999'")
        return filled

    @pytest.mark.parametrize(
        "arguments",
        [
            ("db", "check"),
            ("db", "upgrade"),
            ("db", "reindex"),
            ("serve",),
            ("key", "create", "--name", "x"),
            ("key", "list"),
            ("changes", "follow", "--no-wait"),
            ("export", "-"),
        ],
        ids=" ".join,
    )
    def test_is_told_in_a_line(self, newer: str, arguments: tuple[str, ...]) -> None:
        assert "newer" in told_in_a_line(run(newer, *arguments))

    def test_takes_no_dossier(self, newer: str, folder: Path) -> None:
        assert "newer" in told_in_a_line(run(newer, "load", str(folder)))

    def test_is_not_brought_back_from_a_copy_and_leaves_room_for_a_good_one(
        self, newer: str, tmp_path: Path, postgres: PrivatePostgres
    ) -> None:
        run(newer, "db", "backup", str(tmp_path / "newer"))
        execute(newer, f"UPDATE alembic_version SET version_num = '{db.newest_revision()}'")  # noqa: S608  # no input
        run(newer, "db", "backup", str(tmp_path / "good"))
        another = emptied(newer, tmp_path, postgres)
        assert "newer" in told_in_a_line(run(another, "db", "restore", str(tmp_path / "newer")))
        assert run(another, "db", "restore", str(tmp_path / "good")).exit_code == 0

    def test_is_named_by_the_doctor(self, newer: str) -> None:
        said = run(newer, "doctor").output
        assert "migrations\tWRONG\tThe database (at 9999) is newer" in said


class TestSourcesFromBeforeCanonicalUrls:
    OLD: ClassVar[tuple[dict[str, Any], ...]] = (
        {"url": "http://www.example.com/a/?utm_source=x"},
        {"url": "https://x.org/", "canonical_url": "http://m.example.com/b/"},
        {"url": "https://example.com/c", "deleted_at": clock.utcnow()},
        {"canonical_url": "https://example.com/d"},
        {},
    )
    # What is deleted gets its own when it is restored.
    FORMS = ("https://example.com/a", "https://example.com/b", None, "https://example.com/d", None)

    @pytest.fixture
    def old(self, filled: str) -> list[str]:
        database = db.open_database(filled)
        with database.writing() as session:
            made = [Source(title="x", authors=[], **fields) for fields in self.OLD]
            session.add_all(made)
            session.flush()
            ids = [each.id for each in made]
        database.dispose()
        return ids

    def test_get_them_by_an_upgrade(self, filled: str, old: list[str]) -> None:
        assert run(filled, "db", "upgrade").exit_code == 0
        assert tuple(found(filled, select(Source.canonical_url).where(Source.id == each)) for each in old) == self.FORMS

    def test_get_them_as_a_change_of_the_service_itself(self, filled: str, old: list[str]) -> None:
        run(filled, "db", "upgrade")
        changes = select(Change.actor).where(Change.entity_id == old[0], Change.version == 2)
        assert found(filled, changes) == "claims-api"
        assert found(filled, select(Source.version).where(Source.id == old[3])) == 1
        assert run(filled, "db", "check").exit_code == 0

    def test_stay_as_they_are_where_they_are_deleted(self, filled: str, old: list[str]) -> None:
        kept = [
            found(filled, select(column).where(Source.id == old[2])) for column in (Source.deleted_at, Source.version)
        ]
        run(filled, "db", "upgrade")
        after = [
            found(filled, select(column).where(Source.id == old[2])) for column in (Source.deleted_at, Source.version)
        ]
        assert after == kept
        assert found(filled, select(func.count()).where(Change.entity_id == old[2])) == 1

    def test_get_them_with_their_restoring(self, filled: str, old: list[str]) -> None:
        run(filled, "db", "upgrade")
        database = db.open_database(filled)
        with database.writing() as session:
            sources.restore(session, old[2])
        database.dispose()
        assert found(filled, select(Source.canonical_url).where(Source.id == old[2])) == "https://example.com/c"
        assert found(filled, select(Change.version).where(Change.entity_id == old[2], Change.action == "restore")) == 2

    def test_get_them_once(self, filled: str, old: list[str]) -> None:
        run(filled, "db", "upgrade")
        before = rows(filled)
        run(filled, "db", "upgrade")
        assert rows(filled) == before


class TestAssessmentsAtOneMoment:
    """Before, the greater id was current; now the later made."""

    @pytest.fixture
    def claim_id(self, filled: str) -> str:
        database = db.open_database(filled)
        with database.reading() as connection:
            identity = str(connection.execute(select(Claim.id)).scalar())
        for verdict, digit in ((Verdict.REFUTED, "2"), (Verdict.SUPPORTED, "1")):
            new = NewAssessment(verdict, reviewer="X", assessed_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
            with database.writing() as session:
                assessments.create(session, identity, new, identity=f"0199f6a1-0000-7000-8000-00000000000{digit}")
        database.dispose()
        execute(filled, "UPDATE claims SET assessed_refuted = 1, assessed_supported = 0")
        return identity

    def test_are_counted_anew_by_an_upgrade(self, filled: str, claim_id: str) -> None:
        assert run(filled, "db", "upgrade").exit_code == 0
        assert (found(filled, select(Claim.assessed_supported)), found(filled, select(Claim.assessed_refuted))) == (
            1,
            0,
        )
        assert run(filled, "verify").exit_code == 0

    def test_are_counted_anew_once(self, filled: str, claim_id: str) -> None:
        run(filled, "db", "upgrade")
        before = rows(filled)
        run(filled, "db", "upgrade")
        assert rows(filled) == before

    def test_of_a_deleted_claim_are_counted_when_it_is_restored(self, filled: str, claim_id: str) -> None:
        database = db.open_database(filled)
        for act in (claims.delete, claims.restore):
            with database.writing() as session:
                act(session, claim_id)
        database.dispose()
        assert (found(filled, select(Claim.assessed_supported)), found(filled, select(Claim.assessed_refuted))) == (
            1,
            0,
        )


def found(url: str, statement: Select[Any]) -> Any:
    database = db.open_database(url)
    try:
        with database.reading() as connection:
            return connection.execute(statement).scalar()
    finally:
        database.dispose()
