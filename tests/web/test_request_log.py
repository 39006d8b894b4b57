"""A server as people start it, with two processes, and clients who would like to be seen as something else."""

import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claims_api import db
from claims_api.cli.console import bring_up_to_date
from claims_api.config import Settings
from claims_api.models.words import Scope
from claims_api.services import keys
from tests.api.factories import NOBODY
from tests.metrics import value

SERVE = "from claims_api.cli.main import main; main(prog_name='claims-api')"
SECONDS = 60
READS = 40
SPLITTING = '"\r\n\t\x0b\x0c\x1b[2J\x85\u2028\u2029\x9b{}\\'
NAME = 'desk "1"\n\x1b'
MADE_UP_KEY = "ct_abcdefgh_" + "x" * 49


@dataclass
class Seen:
    """What a server said, and what it was sent."""

    log: bytes
    metrics: str
    key: str
    is_locked: bool

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.splitlines()]

    def answers(self, **wanted: Any) -> list[dict[str, Any]]:
        """The lines about answers that have these fields."""
        found = [line for line in self.lines if line["event"] == "request"]
        return [line for line in found if wanted.items() <= line.items()]


class Server:
    """A started server, its log in a file."""

    def __init__(self, folder: Path, url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        settings = {"CLAIMS_DATABASE_URL": url, "CLAIMS_WORKERS": "2", "HOST": "127.0.0.1", "PORT": str(self.port)}
        self.log = folder / "log"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environment = {**os.environ, **settings, "RUNTIME_DIRECTORY": str(self.temporary)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-W", "always", "-c", SERVE, "serve"], stderr=log, env=environment
            )
        self.wait_for(b"Started worker-1", b"Started worker-2")

    def wait_for(self, *said: bytes) -> None:
        end = time.monotonic() + SECONDS
        while not all(each in self.log.read_bytes() for each in said):
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()

    def send(self, request: bytes) -> bytes:
        """Send bytes over a connection of their own; return the body of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return answer.partition(b"\r\n\r\n")[2]

    def ask(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        lines = [
            f"{method} {target} HTTP/1.1",
            "Host: x",
            "Connection: close",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        return self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def is_locked(self) -> bool:
        """Tell whether the one temporary folder is, against being cleared away for its age."""
        (folder,) = self.temporary.iterdir()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(SECONDS)


def be_hostile(server: Server, key: str) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in SPLITTING.encode())
    for path in (
        f"/{escaped}",
        f"/v1/claims/{escaped}",
        f"/v1/claims?{escaped}={escaped}",
        f"/v1/claims?key={key}",
        f"/{key}",
    ):
        server.ask(path)
    for text in ('a"b', "a\tb", "\x1b[2J", "{}", "ä", "x" * 300, "a\r\n b", "a\r\nX-Request-Id: b"):
        server.ask("/v1/claims", f"X-Request-Id: {text}", f"User-Agent: {text}", f"X-Forwarded-For: {text}")
        server.ask("/v1/claims", f"Authorization: Bearer {text}", method="POST")
    server.ask("/v1/claims", f"Authorization: Bearer {MADE_UP_KEY}", method="POST")
    server.send(b'GET /\x1b[2J"\n HTTP/1.1\r\nHost: x\r\n\r\n')
    server.send(b'BREW"{} /v1/claims HTTP/1.1\r\nHost: "\x1b\r\nConnection: close\r\n\r\n')
    for body in (
        json.dumps({"text": SPLITTING + key}).encode(),
        b'{"text": "\\ud800\\n"}',
        b"\xff\n\x00{",
        b"\r\n" * 50,
    ):
        for target in ("/v1/claims", "/v1/topics"):
            writer = (
                f"Authorization: Bearer {key}",
                "Content-Type: application/json",
                f"Idempotency-Key: {SPLITTING!r}",
            )
            server.ask(target, *writer, method="POST", body=body)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("seen")
    url = f"sqlite:///{folder / 'claims.db'}"
    bring_up_to_date(Settings(database_url=url))
    database = db.open_database(url)
    with database.writing() as session:
        _, key = keys.create(session, name=NAME, scope=Scope.WRITE)
    database.dispose()
    server = Server(folder, url)
    try:
        be_hostile(server, key)
        for number in range(READS):
            server.ask(f"/v1/speakers/{NOBODY}?number={number}" if number % 2 else "/v1/speakers")
        server.ask("/v1/topics", f"Authorization: Bearer {key}", "X-Request-Id: mine", method="DELETE")
        server.ask("/v1/keys", f"Authorization: Bearer {key}", "X-Request-Id: probing")
        metrics = server.ask("/metrics", f"Authorization: Bearer {key}").decode()
        with sqlite3.connect(folder / "claims.db") as breaker:
            breaker.execute("DROP TABLE claim_topics")
            breaker.execute("DROP TABLE topics")
        breaker.close()
        server.ask("/v1/topics", "X-Request-Id: failing")
        is_locked = server.is_locked()
    finally:
        server.stop()
    assert list(server.temporary.iterdir()) == []
    return Seen(server.log.read_bytes(), metrics, key, is_locked)


class TestTheLog:
    def test_is_one_json_object_a_line(self, seen: Seen) -> None:
        assert len(seen.lines) > READS
        assert all({"timestamp", "level", "event"} <= line.keys() for line in seen.lines)

    def test_has_nothing_in_it_that_could_end_a_line_for_anybody(self, seen: Seen) -> None:
        text = seen.log.decode("ascii")
        assert len(text.splitlines()) == seen.log.count(b"\n")
        assert all(each.isprintable() for each in text.splitlines())

    def test_has_no_key_in_it(self, seen: Seen) -> None:
        assert seen.key not in seen.log.decode()
        assert MADE_UP_KEY not in seen.log.decode()

    def test_has_nothing_of_queries_and_bodies(self, seen: Seen) -> None:
        assert b"number=" not in seen.log
        assert b"u2028" not in seen.log

    def test_has_the_line_of_each_request(self, seen: Seen) -> None:
        assert len(seen.answers(route="/v1/speakers", status=200, method="GET", remote="127.0.0.1")) == READS // 2
        assert len(seen.answers(route="/v1/speakers/{speaker_id}", status=422)) == READS // 2
        assert all(line["duration_ms"] > 0 for line in seen.answers())

    def test_names_the_key(self, seen: Seen) -> None:
        assert len(seen.answers(route="/metrics", key=NAME)) == 1
        assert {line["key"] for line in seen.answers(route="/v1/speakers")} == {None}

    def test_names_the_key_that_may_not_do_this(self, seen: Seen) -> None:
        assert [(line["status"], line["key"]) for line in seen.answers(request_id="probing")] == [(403, NAME)]

    def test_has_the_id_that_the_client_gave(self, seen: Seen) -> None:
        assert [line["status"] for line in seen.answers(request_id="mine")] == [405]

    def test_tells_of_a_failure_with_its_traceback_under_the_id_of_its_request(self, seen: Seen) -> None:
        (failure,) = [line for line in seen.lines if line["event"] == "request failed"]
        assert (failure["request_id"], failure["level"]) == ("failing", "error")
        assert "Traceback" in failure["exception"]
        assert "no such table" in failure["exception"]

    def test_has_what_the_server_says_too(self, seen: Seen) -> None:
        assert "_granian" in {line.get("logger") for line in seen.lines}

    def test_is_not_warned_by_the_server_of_threads_that_only_wait(self, seen: Seen) -> None:
        assert not [line for line in seen.lines if line.get("logger") == "_granian" and line["level"] == "warning"]

    def test_says_of_each_process_whether_it_has_a_core(self, seen: Seen) -> None:
        assert [type(line["own"]) for line in seen.lines if line["event"] == "core"] == [bool] * 2


class TestTheMetricsOfTwoProcesses:
    def test_add_up_whichever_answered(self, seen: Seen) -> None:
        answering = {line["process"] for line in seen.answers(route="/v1/speakers")}
        assert len(answering) == 2
        assert value(seen.metrics, "claims_http_requests_total", route="/v1/speakers", status="200") == READS // 2
        assert value(seen.metrics, "claims_http_request_duration_seconds_count", route="/v1/speakers") == READS // 2

    def test_count_both_pools(self, seen: Seen) -> None:
        assert value(seen.metrics, "claims_db_pool_connections", state="size") == 2 * Settings().pool_size

    def test_have_no_series_for_what_a_client_made_up(self, seen: Seen) -> None:
        assert "BREW" not in seen.metrics
        assert "%" not in seen.metrics
        assert value(seen.metrics, "claims_http_requests_total", route="unknown", status="404") >= 2


class TestTheTemporaryFolder:
    def test_is_locked_while_the_server_runs(self, seen: Seen) -> None:
        assert seen.is_locked
