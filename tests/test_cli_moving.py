"""Exporting and importing at the command line, on both databases."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from claims_api.cli.console import bring_up_to_date
from claims_api.cli.main import main
from claims_api.cli.moving import written
from claims_api.config import Settings
from tests.postgres import PrivatePostgres
from tests.test_cli import run, told_in_a_line


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, postgres: PrivatePostgres) -> str:
    """A database that is migrated, and empty."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if is_sqlite else postgres.create_database(f"moving_{id(tmp_path)}")
    bring_up_to_date(Settings(database_url=url))
    return url


@pytest.fixture
def demo(tmp_path: Path, repository: Path) -> str:
    """A database with the demo dossier."""
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    bring_up_to_date(Settings(database_url=url))
    run(url, "load", str(repository / "seeds"))
    return url


def done(url: str, *arguments: str) -> str:
    result = run(url, *arguments)
    assert result.exit_code == 0, result.output
    return str(result.output)


def piped(url: str, data: bytes, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, input=data, env={"CLAIMS_DATABASE_URL": url})


class TestExport:
    def test_is_the_same_as_file_as_zip_and_in_a_pipe(self, demo: str, tmp_path: Path) -> None:
        plain, zipped = tmp_path / "all.ndjson", tmp_path / "all.ndjson.gz"
        done(demo, "export", str(plain))
        done(demo, "export", str(zipped))
        again = zipped.read_bytes()
        done(demo, "export", str(zipped))
        assert zipped.read_bytes() == again
        assert gzip.decompress(again) == plain.read_bytes() == piped(demo, b"", "export", "-").stdout_bytes

    def test_leaves_no_part_of_a_file_where_it_fails(self, tmp_path: Path, demo: str) -> None:
        folder = tmp_path / "there is a folder"
        folder.mkdir()
        (folder / "all.ndjson").mkdir()
        assert run(demo, "export", str(folder / "all.ndjson")).exit_code != 0
        assert [each.name for each in folder.iterdir()] == ["all.ndjson"]

    def test_is_refused_in_a_line_where_there_is_no_folder(self, demo: str, tmp_path: Path) -> None:
        refused = run(demo, "export", str(tmp_path / "nowhere" / "all.ndjson"))
        assert refused.exit_code == 1
        assert refused.output.splitlines()[-1].endswith("No such file or directory.")

    def test_follows_a_link_and_leaves_it_one(self, demo: str, tmp_path: Path) -> None:
        link, target = tmp_path / "link.ndjson", tmp_path / "target.ndjson"
        link.symlink_to(target)
        done(demo, "export", str(link))
        assert link.is_symlink()
        assert target.read_bytes().endswith(b"}\n")

    def test_is_for_no_more_eyes_than_the_file_that_it_replaces(self, demo: str, tmp_path: Path) -> None:
        file = tmp_path / "all.ndjson"
        file.touch(0o600)
        done(demo, "export", str(file))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    @pytest.mark.parametrize("value", ["topic=\udcff", "speaker=a\0"])
    def test_is_refused_in_a_line_for_what_no_filter_can_be(self, demo: str, value: str) -> None:
        assert run(demo, "export", "-", "--filter", value).exit_code == 1

    def test_writes_into_a_pipe_that_is_there(self, demo: str, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with ThreadPoolExecutor(1) as threads:
            read = threads.submit(pipe.read_bytes)
            done(demo, "export", str(pipe))
            assert read.result() == piped(demo, b"", "export", "-").stdout_bytes
        assert pipe.is_fifo()

    def test_knows_standard_output_by_its_path(self, demo: str) -> None:
        assert piped(demo, b"", "export", "/dev/stdout").stdout_bytes == piped(demo, b"", "export", "-").stdout_bytes

    def test_writes_into_a_pipe_that_others_have_opened(self, demo: str) -> None:
        reading, writing = os.pipe()
        with ThreadPoolExecutor(1) as threads, os.fdopen(reading, "rb") as pipe:
            read = threads.submit(pipe.read)
            done(demo, "export", f"/dev/fd/{writing}")
            os.close(writing)
            assert read.result() == piped(demo, b"", "export", "-").stdout_bytes

    def test_is_whole_where_two_export_into_one_file(self, demo: str, tmp_path: Path) -> None:
        file = tmp_path / "all.ndjson"
        with written(file) as slow:
            slow.write(b"slow")
            done(demo, "export", str(file))
            assert file.read_bytes() == piped(demo, b"", "export", "-").stdout_bytes
            slow.write(b", and whole")
        assert (file.read_bytes(), list(tmp_path.glob(".*"))) == (b"slow, and whole", [])


class TestImport:
    @pytest.mark.parametrize("collection", ["c" * 201, "\udcff", " "])
    def test_is_refused_for_a_collection_that_the_api_refuses(self, empty: str, collection: str) -> None:
        table = b"text\nno date was set\n"
        result = piped(empty, table, "import", "-", "--format", "claims-csv", "--collection", collection)
        assert (result.exit_code, type(result.exception)) in {(1, SystemExit), (2, SystemExit)}

    def test_that_is_ended_from_outside_cleans_up_behind_itself(self, empty: str) -> None:
        command = [sys.executable, "-c", "from claims_api.cli.main import main; main()", "import", "-"]
        environ = {**os.environ, "CLAIMS_DATABASE_URL": empty}
        with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE) as importing:  # noqa: S603  # our own command
            assert importing.stdin is not None
            importing.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it is at work
            importing.send_signal(signal.SIGTERM)
        # As by an exit, and not as by the signal, after which nothing is cleaned up.
        assert importing.returncode == 128 + signal.SIGTERM

    @pytest.mark.parametrize("options", [(), ("--history",)])
    def test_brings_an_export_there_and_back(self, demo: str, empty: str, tmp_path: Path, options: tuple[str]) -> None:
        first, second = tmp_path / "first.gz", tmp_path / "second.gz"
        done(demo, "export", str(first), *options)
        assert "made: 17 speakers" in done(empty, "import", str(first))
        done(empty, "export", str(second), *options)
        assert second.read_bytes() == first.read_bytes()
        assert "Nothing is wrong" in done(empty, "verify")

    def test_says_the_second_time_that_all_is_there(self, demo: str, empty: str, tmp_path: Path) -> None:
        bundle = tmp_path / "all.ndjson"
        done(demo, "export", str(bundle))
        done(empty, "import", str(bundle))
        assert done(empty, "import", str(bundle)).startswith("made: nothing\nthere already: 17 speakers")

    def test_takes_a_pipe(self, demo: str, empty: str) -> None:
        bundle = piped(demo, b"", "export", "-").stdout_bytes
        assert "made: 17 speakers" in piped(empty, bundle, "import", "-").output

    def test_that_is_only_tried_keeps_nothing(self, demo: str, empty: str) -> None:
        bundle = piped(demo, b"", "export", "-").stdout_bytes
        assert "Nothing was kept" in piped(empty, bundle, "import", "-", "--dry-run").output
        assert "made: 17 speakers" in piped(empty, bundle, "import", "-").output

    def test_names_what_is_wrong_and_keeps_nothing(self, demo: str, empty: str) -> None:
        bundle = piped(demo, b"", "export", "-").stdout_bytes.replace(b'"kind":"person"', b'"kind":"ghost"')
        result = piped(empty, bundle, "import", "-")
        assert result.exit_code == 1
        assert "/kind" in result.output
        assert result.output.endswith("Nothing was imported.\n")

    def test_leaves_out_what_is_wrong_where_that_is_asked_for(self, demo: str, empty: str) -> None:
        bundle = piped(demo, b"", "export", "-").stdout_bytes.replace(b'"kind":"person"', b'"kind":"ghost"')
        output = piped(empty, bundle, "import", "-", "--on-error", "skip").output
        assert "refused: " in output
        assert "made: nothing" not in output
        assert "Nothing is wrong" in done(empty, "verify")

    def test_refuses_what_breaks_off_in_a_line(self, demo: str, empty: str) -> None:
        bundle = piped(demo, b"", "export", "-").stdout_bytes
        assert "breaks off" in told_in_a_line(piped(empty, b"\n".join(bundle.splitlines()[:-1]), "import", "-"))


class TestTheSchema:
    def test_that_is_committed_is_what_the_code_says(self, demo: str, repository: Path) -> None:
        committed = (repository / "docs" / "bundle.schema.json").read_text(encoding="utf-8")
        assert committed == done(demo, "bundle-schema"), "stale: run `make openapi`"

    def test_takes_every_line_of_an_export(self, demo: str, repository: Path) -> None:
        schema = json.loads((repository / "docs" / "bundle.schema.json").read_text(encoding="utf-8"))
        valid = jsonschema_rs.validator_for(schema)
        for line in piped(demo, b"", "export", "-", "--history").stdout_bytes.splitlines():
            assert valid.is_valid(json.loads(line)), line
        assert not valid.is_valid({"record": "topic"})
        assert not valid.is_valid({"record": "end", "lines": 1, "more": 1})
