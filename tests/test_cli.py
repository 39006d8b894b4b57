"""The command line, run as its user runs it."""

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from rich.console import Console

from claims_api import db
from claims_api.cli import serving
from claims_api.cli.console import bring_up_to_date, print_table
from claims_api.cli.main import main
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.errors import Unauthorized
from claims_api.models.words import Scope
from claims_api.services import indexing, keys

TABLES = db.metadata.tables


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'claims.db'}"


@pytest.fixture
def migrated(url: str) -> str:
    bring_up_to_date(Settings(database_url=url))
    return url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dossier"
    made.mkdir()
    return made


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"CLAIMS_DATABASE_URL": url})


def told_in_a_line(result: Result) -> str:
    """Check that a command was refused with a message, not a traceback; return it."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.output.startswith("Error: ")
    return result.output


def write(folder: Path, document: object) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / "dossier.json").write_text(text, encoding="utf-8")


def owner_of(url: str, shown: str, scope: Scope) -> str:
    database = db.open_database(url)
    try:
        with database.reading() as connection:
            return keys.authorize(connection, shown, scope)
    finally:
        database.dispose()


class TestKeyCreate:
    def test_prints_a_key_that_does_what_it_says(self, migrated: str) -> None:
        shown = run(migrated, "key", "create", "--name", "desk", "--scope", "admin").output.strip()
        assert owner_of(migrated, shown, Scope.ADMIN) == "desk"

    @pytest.mark.parametrize("name", [" ", "a\udcff", "x" * 201])
    def test_refuses_a_name_that_the_api_refuses(self, migrated: str, name: str) -> None:
        assert run(migrated, "key", "create", "--name", name).exit_code == 2

    def test_refuses_the_name_that_it_signs_with_itself(self, migrated: str) -> None:
        assert "another name" in told_in_a_line(run(migrated, "key", "create", "--name", "claims-api"))

    def test_refuses_days_that_are_over(self, migrated: str) -> None:
        assert run(migrated, "key", "create", "--name", "desk", "--days", "-1").exit_code == 2


class TestKeyList:
    def test_has_a_line_for_each_key_newest_first(self, migrated: str) -> None:
        for name in ("first", "second"):
            run(migrated, "key", "create", "--name", name, "--scope", "admin")
        columns, *lines = [line.split("\t") for line in run(migrated, "key", "list").stdout.splitlines()]
        assert columns == ["prefix", "name", "scope", "state", "created", "expires", "last used"]
        assert [line[1:4] for line in lines] == [["second", "admin", "active"], ["first", "admin", "active"]]

    def test_tells_what_became_of_each(self, migrated: str) -> None:
        revoked, replaced = (run(migrated, "key", "create", "--name", name).output[:11] for name in ("lost", "old"))
        run(migrated, "key", "revoke", revoked)
        run(migrated, "key", "rotate", replaced, "--grace", "60")
        lines = [line.split("\t") for line in run(migrated, "key", "list").stdout.splitlines()]
        states = {f"ct_{line[0]}": line[3] for line in lines}
        assert (states[revoked], states[replaced], len(states)) == ("revoked", "replaced", 4)

    def test_shows_no_key(self, migrated: str) -> None:
        shown = run(migrated, "key", "create", "--name", "desk").output.strip()
        listed = run(migrated, "key", "list").output
        assert shown[3:11] in listed
        assert shown[12:] not in listed
        assert hashlib.sha256(shown.encode()).hexdigest() not in listed

    def test_lets_no_name_steer_the_terminal_or_look_like_a_column(self, migrated: str) -> None:
        run(migrated, "key", "create", "--name", "a\tb\x1b[31m[red]")
        line = run(migrated, "key", "list").stdout.splitlines()[1]
        assert line.split("\t")[1] == "a\ufffdb\ufffd[31m[red]"

    def test_loses_nothing_in_a_narrow_window(self) -> None:
        window = Console(file=StringIO(), force_terminal=True, width=20)
        print_table(("name", "state"), [("x" * 30, "active")], to=window)
        assert isinstance(window.file, StringIO)
        assert window.file.getvalue().count("x") == 30


class TestKeyRotate:
    def test_prints_a_key_that_does_what_the_old_one_did(self, migrated: str) -> None:
        old = run(migrated, "key", "create", "--name", "desk", "--scope", "admin").output.strip()
        new = run(migrated, "key", "rotate", old[:11]).output.strip()
        assert owner_of(migrated, new, Scope.ADMIN) == "desk"
        with pytest.raises(Unauthorized):
            owner_of(migrated, old, Scope.READ)

    def test_keeps_the_old_one_where_the_new_one_cannot_be_shown(self, migrated: str) -> None:
        old = run(migrated, "key", "create", "--name", "desk").output.strip()
        command = [sys.executable, "-c", "from claims_api.cli.main import main; main()", "key", "rotate", old]
        environ = {**os.environ, "CLAIMS_DATABASE_URL": migrated}
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as unread:
            done = subprocess.run(command, env=environ, stdout=unread, check=False)  # noqa: S603  # our own command
        assert (done.returncode != 0, owner_of(migrated, old, Scope.WRITE)) == (True, "desk")

    def test_lets_the_old_one_go_on_for_its_grace(self, migrated: str) -> None:
        old = run(migrated, "key", "create", "--name", "desk").output.strip()
        new = run(migrated, "key", "rotate", old[3:11], "--grace", "60").output.strip()
        assert {owner_of(migrated, each, Scope.WRITE) for each in (old, new)} == {"desk"}

    def test_says_when_there_is_none(self, migrated: str) -> None:
        assert "no such key" in told_in_a_line(run(migrated, "key", "rotate", "ct_nobody00"))

    def test_says_when_it_has_ended(self, migrated: str) -> None:
        old = run(migrated, "key", "create", "--name", "desk").output[:11]
        run(migrated, "key", "revoke", old)
        assert "revoked" in told_in_a_line(run(migrated, "key", "rotate", old))


class TestKeyRevoke:
    def test_ends_a_key(self, migrated: str) -> None:
        shown = run(migrated, "key", "create", "--name", "desk").output.strip()
        assert run(migrated, "key", "revoke", shown[:11]).output == "Revoked.\n"
        with pytest.raises(Unauthorized):
            owner_of(migrated, shown, Scope.READ)

    def test_says_when_there_is_none(self, migrated: str) -> None:
        assert "no such key" in told_in_a_line(run(migrated, "key", "revoke", "ct_nobody00"))

    def test_ends_a_key_that_is_given_whole(self, migrated: str) -> None:
        shown = run(migrated, "key", "create", "--name", "desk").output.strip()
        assert run(migrated, "key", "revoke", shown).output == "Revoked.\n"

    @pytest.mark.parametrize("action", ["revoke", "rotate"])
    @pytest.mark.parametrize("given", ["ct_secret", "secret\udcff", "ct_12345678-secret", "ct_12345678_secret"])
    def test_never_repeats_what_was_given(self, migrated: str, action: str, given: str) -> None:
        result = run(migrated, "key", action, given)
        assert isinstance(result.exception, SystemExit)
        assert "secret" not in result.output


class TestTheDatabase:
    @pytest.mark.parametrize("arguments", [("key", "create", "--name", "x"), ("serve",)])
    def test_that_is_not_migrated_is_told_in_a_line(self, url: str, arguments: tuple[str, ...]) -> None:
        assert "db upgrade" in told_in_a_line(run(url, *arguments))

    @pytest.mark.parametrize("odd", ["nonsense", "mysql://somewhere/x", "postgresql://127.0.0.1:1/x"])
    def test_that_cannot_be_used_is_told_in_a_line(self, odd: str) -> None:
        told_in_a_line(run(odd, "key", "create", "--name", "x"))

    def test_can_be_upgraded_twice(self, url: str) -> None:
        assert [run(url, "db", "upgrade").exit_code for _ in range(2)] == [0, 0]


class TestServe:
    def test_refuses_a_database_that_is_one_migration_behind(self, migrated: str) -> None:
        command.downgrade(migrating.migrations_of(migrated), "-1")
        assert "db upgrade" in told_in_a_line(run(migrated, "serve"))

    def test_refuses_what_search_finds_by_other_rules(self, migrated: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexing, "RULES", "terms/next")
        said = told_in_a_line(run(migrated, "serve"))
        assert "search" in said
        assert "db upgrade" in said

    def test_refuses_a_port_that_is_taken(self, migrated: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            environment = {"CLAIMS_DATABASE_URL": migrated, "PORT": port, "HOST": "127.0.0.1"}
            result = CliRunner().invoke(main, ["serve"], env=environment)
        assert f"127.0.0.1:{port}" in told_in_a_line(result)

    def test_refuses_counters_that_it_cannot_keep(self, migrated: str) -> None:
        environment = {"CLAIMS_DATABASE_URL": migrated, "CLAIMS_LIMITS_STORE": "nonsense://:secret@x", "PORT": "8999"}
        said = told_in_a_line(CliRunner().invoke(main, ["serve"], env=environment))
        assert "CLAIMS_LIMITS_STORE" in said
        assert "secret" not in said


class TestTheLocalKey:
    def test_is_made_once_for_its_owner_only(
        self, migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        settings = Settings(database_url=migrated)
        first, second = serving.local_key(settings), serving.local_key(settings)
        assert first == second == serving.LOCAL_KEY.read_text(encoding="utf-8").strip()
        assert stat.S_IMODE(serving.LOCAL_KEY.stat().st_mode) == 0o600

    def test_is_made_anew_where_the_database_knows_it_no_more(
        self, migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        first = serving.local_key(Settings(database_url=migrated))
        run(migrated, "key", "revoke", first[:11])
        assert serving.local_key(Settings(database_url=migrated)) != first

    def test_that_cannot_be_written_is_not_made(
        self, migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        serving.LOCAL_KEY.parent.mkdir()
        serving.LOCAL_KEY.symlink_to(tmp_path / "nowhere" / "key")
        with pytest.raises(FileNotFoundError):
            serving.local_key(Settings(database_url=migrated))
        assert "local" not in run(migrated, "key", "list").output

    def test_replaces_what_is_no_text_and_is_for_its_owner_only(
        self, migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        serving.LOCAL_KEY.parent.mkdir()
        serving.LOCAL_KEY.write_bytes(b"\xff\xfec\x00t\x00")
        serving.LOCAL_KEY.chmod(0o644)
        made = serving.local_key(Settings(database_url=migrated))
        assert serving.LOCAL_KEY.read_text(encoding="utf-8").strip() == made
        assert stat.S_IMODE(serving.LOCAL_KEY.stat().st_mode) == 0o600

    def test_is_made_anew_where_the_one_there_may_not_write(
        self, migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        serving.LOCAL_KEY.parent.mkdir()
        reader = run(migrated, "key", "create", "--name", "reader", "--scope", "read").stdout
        serving.LOCAL_KEY.write_text(reader, encoding="utf-8")
        made = serving.local_key(Settings(database_url=migrated))
        assert owner_of(migrated, made, Scope.WRITE) == "local"


class TestLoad:
    def test_says_what_it_made_and_then_that_all_is_there(self, migrated: str, repository: Path) -> None:
        first, second = (run(migrated, "load", str(repository / "seeds")) for _ in range(2))
        assert "made: 17 speakers" in first.output
        assert second.output.startswith("made: nothing\nthere already: 17 speakers")

    @pytest.mark.parametrize(
        "document",
        [
            "",
            "[]",
            "3",
            "{",
            '{"name": "d", "name": "e", "dated": "2025-01-01"}',
            '{"name": "d", "dated": NaN}',
            "[" * 100_000,
            {"name": "d", "dated": "2025-01-01", "clams": []},
            {"name": "d", "dated": "2025-01-01", "sources": None},
            {"name": "d", "dated": "2025-01-01", "sources": ["a file"]},
            {"name": "d", "dated": "2025-01-01", "sources": [{"key": "a", "title": "t", "file": 5}]},
            {"name": "d", "dated": "2025-01-01", "sources": [{"key": "a", "title": "t", "file": "none.txt"}]},
            {"name": "d", "dated": "2025-01-01", "sources": [{"key": "a", "title": "t", "file": "x", "text": "y"}]},
            {"name": "d", "dated": "2025-01-01", "speakers": [{"key": "a", "name": "a\x00", "kind": "person"}]},
        ],
        ids=str,
    )
    def test_tells_of_a_broken_dossier_in_a_line(self, migrated: str, folder: Path, document: object) -> None:
        write(folder, document)
        told_in_a_line(run(migrated, "load", str(folder)))

    @pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname"])
    def test_reads_nothing_outside_the_folder(self, migrated: str, folder: Path, path: str) -> None:
        (folder.parent / "outside.txt").write_text("not for you", encoding="utf-8")
        write(folder, {"name": "d", "dated": "2025-01-01", "sources": [{"key": "a", "title": "t", "file": path}]})
        assert "outside the folder" in told_in_a_line(run(migrated, "load", str(folder)))

    def test_takes_a_text_that_stands_in_the_dossier(self, migrated: str, folder: Path) -> None:
        write(folder, {"name": "d", "dated": "2025-01-01", "sources": [{"key": "a", "title": "t", "text": "x"}]})
        assert "made: 1 sources" in run(migrated, "load", str(folder)).output
