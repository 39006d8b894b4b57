"""`claims-api export` and `claims-api import`, run as their user runs them."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claims_api.cli.console import bring_up_to_date
from claims_api.cli.main import main
from claims_api.config import Settings, shipped
from tests.faults.service import SERVE

CLAIM = {"kind": "claim", "key": "c1", "text": "the dam broke"}
BROKEN = {"kind": "claim", "key": "c2", "text": "long ago", "date": "31-10-2020"}


def run(url: str, *arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), env={"CLAIMS_DATABASE_URL": url}, input=stdin)


def made(folder: Path, name: str) -> str:
    url = f"sqlite:///{folder / name}"
    bring_up_to_date(Settings(database_url=url))
    return url


def written(folder: Path, *records: object) -> Path:
    file = folder / "in.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return file


@pytest.fixture
def url(tmp_path: Path) -> str:
    return made(tmp_path, "claims.db")


@pytest.fixture
def demo(url: str) -> str:
    assert run(url, "load", shipped("seeds")).exit_code == 0
    return url


class TestExport:
    @pytest.mark.parametrize("options", [[], ["--history"]])
    def test_into_another_database_and_out_again_gives_the_same_bytes(
        self, demo: str, tmp_path: Path, options: list[str]
    ) -> None:
        first, second = tmp_path / "first.gz", tmp_path / "second.gz"
        assert run(demo, "export", first, *options).exit_code == 0
        other = made(tmp_path, "other.db")
        assert run(other, "import", first).exit_code == 0
        assert run(other, "export", second, *options).exit_code == 0
        assert gzip.decompress(first.read_bytes()) == gzip.decompress(second.read_bytes())

    def test_goes_to_standard_output(self, demo: str) -> None:
        lines = run(demo, "export", "-").stdout_bytes.splitlines()
        assert (json.loads(lines[0])["record"], json.loads(lines[-1])["record"]) == ("bundle", "end")

    def test_is_narrowed_by_filters(self, demo: str) -> None:
        lines = run(demo, "export", "-", "--filter", "verdict=refuted", "--filter", "stance=contradicts").stdout_bytes
        kept = [each for each in map(json.loads, lines.splitlines()) if each["record"] == "claim"]
        everything = run(demo, "export", "-").stdout_bytes.count(b'"record":"claim"')
        assert 0 < len(kept) < everything

    @pytest.mark.parametrize(
        "options",
        [["--filter", "nothing=1"], ["--filter", "verdict=maybe"], ["--filter", "topic=a", "--filter", "topic=b"]],
    )
    def test_by_no_filter_that_there_is_says_so(self, demo: str, options: list[str]) -> None:
        told = run(demo, "export", "-", *options)
        assert (told.exit_code, "filter" in told.output or options[1].partition("=")[0] in told.output) == (2, True)

    def test_of_the_history_is_of_all(self, demo: str) -> None:
        assert run(demo, "export", "-", "--history", "--filter", "verdict=refuted").exit_code == 2

    def test_of_the_history_is_a_bundle(self, demo: str) -> None:
        assert run(demo, "export", "-", "--history", "--format", "fever").exit_code == 2


class TestImport:
    def test_tells_what_it_made(self, url: str, tmp_path: Path) -> None:
        told = run(url, "import", written(tmp_path, CLAIM), "--format", "neutral")
        assert (told.exit_code, told.output) == (0, "made: 1 claims\nthere already: nothing\n")

    def test_comes_from_standard_input(self, url: str) -> None:
        told = run(url, "import", "-", "--format", "neutral", stdin=json.dumps(CLAIM).encode())
        assert "made: 1 claims" in told.output

    def test_fails_and_tells_what_is_wrong(self, url: str, tmp_path: Path) -> None:
        told = run(url, "import", written(tmp_path, CLAIM, BROKEN), "--format", "neutral")
        assert told.exit_code == 1
        assert "2\tc2\tinvalid" in told.output
        assert "Nothing was imported" in told.output

    def test_skips_what_is_wrong_where_that_is_asked_for(self, url: str, tmp_path: Path) -> None:
        file = written(tmp_path, CLAIM, BROKEN)
        told = run(url, "import", file, "--format", "neutral", "--on-error", "skip")
        assert (told.exit_code, "made: 1 claims" in told.output, "refused: 1" in told.output) == (0, True, True)

    def test_that_is_a_dry_run_keeps_nothing(self, url: str, tmp_path: Path) -> None:
        file = written(tmp_path, CLAIM)
        assert "Nothing was kept" in run(url, "import", file, "--format", "neutral", "--dry-run").output
        assert "made: 1 claims" in run(url, "import", file, "--format", "neutral").output

    def test_that_is_killed_leaves_nothing_and_can_be_given_again(self, url: str) -> None:
        command = [sys.executable, "-c", SERVE, "import", "-", "--format", "neutral"]
        own = {**os.environ, "CLAIMS_DATABASE_URL": url}
        lines = [json.dumps({**CLAIM, "key": f"c{n}"}).encode() + b"\n" for n in range(5000)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=own) as process:  # noqa: S603  # our own command
            assert process.stdin is not None
            # More than a pipe holds: whoever has taken it is in the middle of it.
            process.stdin.write(b"".join(lines))
            process.stdin.flush()
            process.send_signal(signal.SIGKILL)
        assert b'"record":"claim"' not in run(url, "export", "-").stdout_bytes
        told = run(url, "import", "-", "--format", "neutral", stdin=b"".join(lines))
        assert "made: 5000 claims" in told.output
        assert run(url, "verify").exit_code == 0
