"""A server process has nothing in its memory that only the commands need, or only the other database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claims_api import cores

# What weighs most: migrations, tables for people, and the driver of Postgres where SQLite is used.
ONLY_OTHERS_NEED = ("alembic", "mako", "pygments", "rich", "attr", "psycopg")
MADE = "import sys; from claims_api import server; made = server.application(); print(*made.extensions, *sys.modules)"


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    run = subprocess.run([sys.executable, "-c", MADE], stdout=subprocess.PIPE, check=True, timeout=60)  # noqa: S603  # our own
    return set(run.stdout.decode().split())


class TestAServerProcess:
    @pytest.mark.parametrize("name", ONLY_OTHERS_NEED)
    def test_is_without(self, loaded: set[str], name: str) -> None:
        assert name not in loaded

    def test_that_others_may_fork_has_no_core_of_its_own(self, loaded: set[str]) -> None:
        assert cores.EXTENSION not in loaded

    def test_has_no_command(self, loaded: set[str]) -> None:
        assert not [name for name in loaded if name.startswith("claims_api.cli")]


@pytest.mark.parametrize(("name", "more"), [("missing", ""), ("file", ""), ("missing", ":/tmp")])
def test_a_folder_that_is_none_is_told(tmp_path: Path, name: str, more: str) -> None:
    (tmp_path / "file").touch()
    missing = str(tmp_path / name)
    run = subprocess.run(
        [sys.executable, "-m", "claims_api.server"],
        stderr=subprocess.PIPE,
        env={**os.environ, "RUNTIME_DIRECTORY": missing + more},
        check=False,
        timeout=60,
    )
    (line,) = map(json.loads, run.stderr.splitlines())
    assert (run.returncode, line["level"], line["folder"]) == (1, "critical", missing)
