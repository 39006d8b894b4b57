"""Whatever happens around the service: answers are fair, and what was acknowledged is there, once.

``make faults`` runs this; it takes minutes, and ends processes. What it measured is in its log.
"""

import logging
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.faults.proxy import Proxy
from tests.faults.service import GONE, SECONDS, Answer, Load, Service, loaded, serving, wait_until
from tests.postgres import PrivatePostgres

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
CYCLES = 3
Injection = Callable[[PrivatePostgres, str], None]


def restart(server: PrivatePostgres, _url: str) -> None:
    server.stop()
    time.sleep(0.5)
    server.start()


def crash(server: PrivatePostgres, _url: str) -> None:
    server.process.kill()
    server.process.wait()
    server.stop()
    end = time.monotonic() + SECONDS
    while True:
        try:
            return server.start()
        except RuntimeError:  # its child processes have not all noticed yet
            assert time.monotonic() < end


def end_backends(_server: PrivatePostgres, url: str) -> None:
    with connected(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    found = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(found, autocommit=True)


@contextmanager
def nobody_writes(url: str) -> Iterator[None]:
    """Hold what every writer needs."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(make_url(url).database), isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
    else:
        with connected(url) as connection, connection.transaction():
            connection.execute("LOCK TABLE claims")
            yield


@contextmanager
def nobody_reads(url: str) -> Iterator[None]:
    """Have all who read claims wait."""
    with connected(url) as connection, connection.transaction():
        connection.execute("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE")
        yield


def at_once(service: Service, number: int) -> list[Future[Answer]]:
    """Have claims under way."""
    threads = ThreadPoolExecutor(number)
    sent = [threads.submit(service.make, f"under way {each}") for each in range(number)]
    threads.shutdown(wait=False)
    return sent


def assert_refused_for_now(answer: Answer) -> None:
    assert (answer.status, "retry-after" in answer.headers) == (503, True), answer


@contextmanager
def stopped(server: PrivatePostgres, url: str) -> Iterator[None]:
    """Stop all processes of Postgres; connections to it can still be made, and are kept."""
    with connected(url) as connection:
        os.kill(server.process.pid, signal.SIGSTOP)  # first the one that starts others
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        processes = [int(str(pid)) for (pid,) in found] + [server.process.pid]
        for each in processes:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)


def look_for(seconds: float, service: Service) -> None:
    """Look at the service while it cannot reach its database."""
    end = time.monotonic() + seconds
    slowest = {"live": 0.0, "ready": 0.0}
    while time.monotonic() < end:
        for path, took in slowest.items():
            answer = service.ask("GET", f"/health/{path}")
            slowest[path] = max(took, answer.seconds)
            assert path == "ready" or answer.status == 200
        time.sleep(0.1)
    log.info("database lost: health %s", slowest)
    assert_refused_for_now(service.ask("GET", "/health/ready"))
    assert_refused_for_now(service.ask("GET", "/v1/claims"))
    assert max(slowest.values()) < 1


class TestPostgres:
    """F1."""

    @pytest.mark.parametrize("inject", [restart, crash, end_backends])
    def test_comes_back_and_so_does_the_service(
        self, tmp_path: Path, server: PrivatePostgres, postgres_url: str, inject: Injection
    ) -> None:
        with serving(tmp_path, postgres_url) as service, loaded(service) as load:
            for _ in range(CYCLES):
                inject(server, postgres_url)
                seconds = load.wait_for_success()
                log.info("%s: first write after %.2f s", inject.__name__, seconds)
                assert seconds < 1
        assert load.lost == []


class TestAPostgresThatIsStopped:
    """F2: not even its machine tells that nobody is there."""

    def test_is_not_waited_for_and_taken_up_again(
        self, tmp_path: Path, server: PrivatePostgres, postgres_url: str
    ) -> None:
        with serving(tmp_path, postgres_url, CLAIMS_STATEMENT_SECONDS="3") as service, loaded(service) as load:
            for _ in range(CYCLES):
                already = len(load.answers)
                with stopped(server, postgres_url):
                    look_for(8, service)
                back = time.monotonic()
                log.info("stopped: first write after %.2f s", load.wait_for_success())
                time.sleep(4)
                answers = load.answers[already:]
                slowest = max(each.seconds for each in answers)
                last = max(each.ended for each in answers if each.status == 503) - back
                log.info("stopped: slowest answer %.2f s, last refusal %.2f s after it went on", slowest, last)
                assert slowest < 6
                assert last < 2
        assert load.lost == []


class TestTheNetworkToPostgres:
    """F2."""

    def test_may_be_lost_and_come_back(self, tmp_path: Path, proxy: Proxy, far_url: str) -> None:
        with serving(tmp_path, far_url) as service, loaded(service) as load:
            for _ in range(CYCLES):
                already = len(load.answers)
                proxy.go_silent()
                look_for(6, service)
                proxy.pass_on()
                back = time.monotonic()
                time.sleep(4)
                answers = load.answers[already:]
                slowest = max(each.seconds for each in answers)
                last = max(each.ended for each in answers if each.status == 503) - back
                log.info("network: slowest answer %.2f s, last refusal %.2f s after it was back", slowest, last)
                assert slowest < 5
                assert last < 2
        assert load.lost == []


class TestTheAnswerToACommit:
    """F7."""

    def test_may_be_lost_and_the_same_request_sent_again(self, tmp_path: Path, proxy: Proxy, far_url: str) -> None:
        with serving(tmp_path, far_url) as service:
            for number in range(CYCLES):
                proxy.swallow_commit()
                while not proxy.cut.is_set():  # the process that saw the last cut may still refuse everything
                    assert_refused_for_now(service.make(f"claim {number}"))
                again = service.insist(201, partial(service.make, f"claim {number}"))
                assert again.headers["idempotent-replayed"] == "true"
            assert service.texts() == {f"claim {number}": 1 for number in range(CYCLES)}


class TestAPool:
    """F3."""

    def test_that_is_exhausted_refuses_for_now(self, tmp_path: Path, postgres_url: str) -> None:
        settings = {"CLAIMS_POOL_SIZE": "1", "CLAIMS_STATEMENT_SECONDS": "4"}
        with serving(tmp_path, postgres_url, **settings) as service:
            with nobody_writes(postgres_url):
                sent = at_once(service, 6)
                time.sleep(0.5)
                alive = [service.ask("GET", "/health/live") for _ in range(4)]
                for each in sent:
                    assert_refused_for_now(each.result(SECONDS))
            assert [each.status for each in alive] == [200] * 4
            log.info("pool: slowest answer %.2f s", max(each.result().seconds for each in sent))
            with loaded(service):
                time.sleep(1)

    def test_whose_connections_all_wait_leaves_threads_for_health(self, tmp_path: Path, postgres_url: str) -> None:
        slowest = 0.0
        with (
            serving(tmp_path, postgres_url) as service,
            ThreadPoolExecutor(46) as threads,
            nobody_reads(postgres_url),
        ):
            for _ in range(16):
                threads.submit(service.ask, "GET", "/v1/changes?wait=8")
            ends = time.monotonic() + 6
            for second in range(10, 40):
                asked = f"/v1/claims?limit=2&updated_since=2000-01-01T00:00:{second}Z"
                threads.submit(keep_asking, service, asked, ends)
            while time.monotonic() < ends:
                answer = service.ask("GET", "/health/live")
                slowest = max(slowest, answer.seconds)
                assert answer.status == 200
                time.sleep(0.1)
        log.info("pool: slowest sign of life %.2f s", slowest)
        assert slowest < 1


def keep_asking(service: Service, path: str, ends: float) -> None:
    while time.monotonic() < ends:
        service.ask("GET", path)


class TestSqlite:
    """F3."""

    def test_that_another_process_has_locked_refuses_writes_and_gives_reads(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        with serving(tmp_path, sqlite_url) as service:
            with nobody_writes(sqlite_url):
                sent = at_once(service, 3)
                time.sleep(0.5)
                assert service.ask("GET", "/v1/claims").status == 200
                for each in sent:
                    assert_refused_for_now(each.result(SECONDS))
            slowest = max(each.result().seconds for each in sent)
            log.info("locked: slowest answer %.2f s", slowest)
            assert slowest < 2
            with loaded(service):
                time.sleep(1)


class TestADiskThatIsFull:
    """F4."""

    def test_means_that_writes_are_refused_and_reads_given_until_there_is_room(
        self, tmp_path: Path, small_disk: Path, cramped_url: str
    ) -> None:
        filler = small_disk / "filler"
        with serving(tmp_path, cramped_url) as service, loaded(service) as load:
            for _ in range(CYCLES):
                fill(filler)
                wait_until(lambda: load.answers[-1].status == 503 or refuses_writes(service), service)
                already = len(load.answers)
                time.sleep(2)
                assert service.ask("GET", "/v1/claims?limit=1").status == 200
                refused = sum(each.status == 503 for each in load.answers[already:])
                filler.unlink()
                log.info("disk: %d refused, first write after %.2f s", refused, load.wait_for_success())
        assert load.lost == []


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as found:
        try:
            while True:
                found.write(bytes(4096))
        except OSError:
            return


def refuses_writes(service: Service) -> bool:
    answer = service.make(f"on a full disk {time.monotonic()}")
    assert answer.is_fair, answer
    return answer.status == 503


class TestBeingToldToStop:
    """F5."""

    def test_answers_all_that_is_under_way(self, tmp_path: Path, url: str) -> None:
        with serving(tmp_path, url) as service, ThreadPoolExecutor(1) as waiting:
            poll = waiting.submit(service.ask, "GET", "/v1/changes?after=0&wait=30")
            with nobody_writes(url):
                sent = at_once(service, 4)
                time.sleep(0.5)  # and no more than SQLite's writers wait
                service.process.send_signal(signal.SIGTERM)
                time.sleep(0.5)
            begun = time.monotonic()
            assert service.process.wait(SECONDS) == 0
            log.info("stopped %.2f s after the last could be answered", time.monotonic() - begun)
            assert [each.result(SECONDS).status for each in sent] == [201] * 4
            assert poll.result(SECONDS).status == 200


def is_served(service: Service) -> bool:
    try:
        return service.ask("GET", "/health/live").status == 200
    except GONE:
        return False


class TestAWorker:
    """F6."""

    def test_that_is_killed_is_replaced(self, tmp_path: Path, url: str) -> None:
        with serving(tmp_path, url) as service, loaded(service) as load:
            for each in range(2 * CYCLES):
                self.kill(service, each % 2 + 1, load)
        log.info("workers: %d answers, %d connections lost", len(load.answers), len(load.lost))
        assert len(load.lost) <= 2 * CYCLES * 4

    def test_ends_with_the_process_that_started_it(self, tmp_path: Path, sqlite_url: str) -> None:
        with serving(tmp_path, sqlite_url) as service:
            service.process.kill()
            service.process.wait()
            begun = time.monotonic()
            while is_served(service):
                assert time.monotonic() - begun < SECONDS
                time.sleep(0.05)
            log.info("the port is free %.2f s after the main process was killed", time.monotonic() - begun)

    def kill(self, service: Service, number: int, load: Load) -> None:
        started = len(service.said(rf"Started worker-{number}\b"))
        os.kill(service.worker(number), signal.SIGKILL)
        log.info("worker: next write after %.2f s", load.wait_for_success())
        wait_until(lambda: len(service.said(rf"Started worker-{number}\b")) > started, service)
        # Granian takes two deaths of one worker within 5.5 s for a program that cannot run, and ends.
        time.sleep(3)
