"""The service as people start it, and clients who remember what it acknowledged."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claims_api import db
from claims_api.cli.console import bring_up_to_date
from claims_api.config import Settings
from claims_api.models.words import Scope
from claims_api.services import keys

SERVE = "from claims_api.cli.main import main; main(prog_name='claims-api')"
SECONDS = 60
GONE = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Answer:
    """What a client got; ``seconds`` is how long it took, ``ended`` when it was there."""

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float
    ended: float = field(default_factory=time.monotonic)

    @property
    def is_fair(self) -> bool:
        """Whether it is done, refused for good, or for now with a word on when to try again."""
        return self.status < 500 or (self.status == 503 and "retry-after" in self.headers)


class Service:
    """Two server processes on a database."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self.url, self.key = url, made_key(url)
        self.log = folder / "log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        own = {"CLAIMS_DATABASE_URL": url, "CLAIMS_WORKERS": "2", "PORT": str(self.port), **settings}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-c", SERVE, "serve"], stderr=log, env={**os.environ, **own}
            )
        wait_until(lambda: len(self.said(r"Started worker-")) == 2, self)

    def said(self, pattern: str) -> list[str]:
        """Return all that the log has of a pattern."""
        return re.findall(pattern, self.log.read_text())

    def worker(self, number: int) -> int:
        """Return the process id of the worker that has this number now."""
        return int(self.said(rf"Spawning worker-{number} with PID: (\d+)")[-1])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request over a connection of its own; one of ``GONE`` where there is no answer."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        said = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, said)
            response = connection.getresponse()
            found = response.read()
        finally:
            connection.close()
        seconds = time.monotonic() - begun
        return Answer(
            response.status, {name.lower(): each for name, each in response.headers.items()}, json.loads(found), seconds
        )

    def make(self, text: str) -> Answer:
        """Send a claim, under a key by which it can be sent again."""
        return self.ask("POST", "/v1/claims", {"text": text}, **{"Idempotency-Key": text})

    def read(self, path: str) -> Any:
        """Read something that is there, as soon as each process can."""
        return self.insist(200, lambda: self.ask("GET", path)).body

    def insist(self, status: int, ask: Callable[[], Answer]) -> Answer:
        """Ask until the answer has this status; until then it may be refused for now."""
        end = time.monotonic() + SECONDS
        while (answer := ask()).status != status:
            assert answer.status == 503, answer
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)
        return answer

    def texts(self) -> Counter[str]:
        """Return how often each claim is there."""
        found: Counter[str] = Counter()
        path: str | None = "/v1/claims?limit=200"
        while path:
            page = self.read(path)
            found.update(each["text"] for each in page["data"])
            cursor = page.get("next_cursor")
            path = f"/v1/claims?limit=200&cursor={cursor}" if cursor else None
        return found

    def stop(self) -> int:
        """End it as supervisors do, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def made_key(url: str) -> str:
    bring_up_to_date(Settings(database_url=url))
    database = db.open_database(url)
    with database.writing() as session:
        _, key = keys.create(session, name="desk", scope=Scope.WRITE)
    database.dispose()
    return key


@contextmanager
def serving(folder: Path, url: str, **settings: str) -> Iterator[Service]:
    service = Service(folder, url, **settings)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


def wait_until(is_so: Callable[[], bool], service: Service) -> None:
    """Wait, but not for ever, and not for a service that has ended."""
    end = time.monotonic() + SECONDS
    while not is_so():
        assert service.process.poll() is None, service.log.read_text()
        assert time.monotonic() < end, service.log.read_text()
        time.sleep(0.02)


@dataclass
class Load:
    """A few clients who write and read all the time, and send again what was refused or lost."""

    service: Service
    answers: list[Answer] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._ended.is_set():
            text = str(uuid.uuid4())
            while not self._ended.is_set() and not self._has_made(text):
                time.sleep(0.02)
            self._try(lambda: self.service.ask("GET", "/v1/claims?limit=1"))

    def end(self) -> None:
        self._ended.set()

    def _has_made(self, text: str) -> bool:
        answer = self._try(lambda: self.service.make(text))
        if answer is None or answer.status != 201:
            return False
        self.acknowledged.add(text)
        return True

    def _try(self, ask: Callable[[], Answer]) -> Answer | None:
        try:
            answer = ask()
        except GONE as error:
            self.lost.append(repr(error))
            return None
        self.answers.append(answer)
        return answer

    def succeeded(self) -> int:
        return sum(answer.status == 201 for answer in list(self.answers))

    def wait_for_success(self) -> float:
        """Wait until something is written that was not yet; return after how many seconds."""
        begun, before = time.monotonic(), self.succeeded()
        wait_until(lambda: self.succeeded() > before, self.service)
        return time.monotonic() - begun


@contextmanager
def loaded(service: Service, clients: int = 3) -> Iterator[Load]:
    """Have the load meanwhile; then check that all answers were fair, and that what was acknowledged is there, once."""
    load = Load(service)
    threads = [threading.Thread(target=load.run) for _ in range(clients)]
    for each in threads:
        each.start()
    try:
        load.wait_for_success()
        yield load
    finally:
        load.end()
        for each in threads:
            each.join()
    check(load)


def check(load: Load) -> None:
    assert [answer for answer in load.answers if not answer.is_fair] == []
    kept = load.service.texts()
    assert load.acknowledged - kept.keys() == set()
    assert [text for text, number in kept.items() if number > 1] == []
