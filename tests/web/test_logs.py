"""Whatever a process has to say, it says in lines of JSON, each under the id of its request."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.web.session import EXTENSION
from tests.conftest import Api
from tests.problems import assert_problem

SAYS_ALL = r"""
import logging, threading, warnings
from claims_api import logs

class Unfinished:
    def __del__(self):
        raise ValueError("unraisable\n")

def fail():
    raise ValueError("in a thread\n")

logs.install("info")
logging.getLogger("theirs").debug("too little")
logs.log.info("ours\n\x1b\u2028\ud800", given=Unfinished)
logging.getLogger("theirs").warning("theirs\n%s", "x")
logging.getLogger("theirs").warning("%d", "no number")
warnings.warn("a warning\n")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Unfinished()
raise RuntimeError("at last\n ct_abcdefgh_" + "s" * 49)
"""
FINALIZED_MEANWHILE = """
import os
from claims_api import logs

class Unfinished:
    def __del__(self):
        raise ValueError("unraisable")

def stat(descriptor, look=os.fstat):
    os.fstat = look
    Unfinished()
    return look(descriptor)

logs.install("info")
os.fstat = stat  # what is called while a line is being written
logs.log.info("ours")
"""
LONG = 100_000
ALL_AT_ONCE = f"""
import os
from claims_api import logs
for number in range(4):
    if os.fork() == 0:
        break
for _ in range(20):
    logs.log.error(str(number) * {LONG})
    logs.log.error("short")
"""


def said_by(program: str) -> list[dict[str, Any]]:
    """Run a program; return what it says on stderr, which must be lines of JSON."""
    run = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=False, timeout=60)  # noqa: S603  # our own
    return [json.loads(line) for line in run.stderr.decode("ascii").splitlines()]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return said_by(SAYS_ALL)


@pytest.fixture
def broken(settings: Settings) -> Iterator[Flask]:
    """A service with a route that fails in a way that nobody foresaw."""
    app = create_app(settings)

    def fail() -> str:
        raise RuntimeError("what nobody foresaw")

    app.add_url_rule("/fail", view_func=fail)
    yield app
    app.extensions[EXTENSION].dispose()


class TestARequestId:
    @pytest.mark.parametrize("given", ["a", "0199f6a1-0000-7000-8000-000000000000", "A.b_c-9", "x" * 64])
    def test_that_is_well_formed_is_given_back(self, anybody: Api, given: str) -> None:
        problem = assert_problem(anybody.get("/nothing", headers={"X-Request-Id": given}), "not-found")
        assert problem["request_id"] == given

    @pytest.mark.parametrize("given", ["", " ", "a b", 'a"b', "a,b", "a/b", "ä", "\x1b", "x" * 65, "{}", "a\tb"])
    def test_that_is_not_is_made_anew(self, anybody: Api, given: str) -> None:
        response = anybody.get("/v1/claims", headers={"X-Request-Id": given})
        assert re.fullmatch("[0-9a-f-]{36}", response.headers["X-Request-Id"])

    def test_is_another_for_each_request(self, anybody: Api) -> None:
        assert len({anybody.get("/v1/claims").headers["X-Request-Id"] for _ in range(5)}) == 5

    def test_stands_in_every_answer_once(self, anybody: Api) -> None:
        paths = ("/", "/docs", "/problems", "/nothing", "/v1/claims?limit=x")
        assert {len(anybody.get(path).headers.getlist("X-Request-Id")) for path in paths} == {1}


class TestAFailure:
    def test_is_told_with_its_traceback_under_the_id_of_its_request(
        self, broken: Flask, capfd: pytest.CaptureFixture[str]
    ) -> None:
        broken.test_client().get("/fail", headers={"X-Request-Id": "this-one"})
        (line,) = capfd.readouterr().err.splitlines()
        said = json.loads(line)
        assert (said["request_id"], said["level"]) == ("this-one", "error")
        assert said["exception"].endswith("RuntimeError: what nobody foresaw")

    def test_of_the_database_is_told_without_what_people_wrote(
        self, settings: Settings, capfd: pytest.CaptureFixture[str]
    ) -> None:
        app = create_app(settings)
        database: Database = app.extensions[EXTENSION]

        def store_twice() -> str:
            with database.writing() as session:
                for _ in range(2):
                    session.execute(
                        text("INSERT INTO secrets (name, value) VALUES (:name, 'x')"), {"name": "what\n[SQL: was said"}
                    )
            return "done"

        app.add_url_rule("/fail", view_func=store_twice)
        assert_problem(app.test_client().get("/fail"), "internal")
        database.dispose()
        said = json.loads(capfd.readouterr().err)
        assert "IntegrityError" in said["exception"]
        assert "was said" not in said["exception"]

    def test_of_the_client_is_none_of_ours(self, anybody: Api, capfd: pytest.CaptureFixture[str]) -> None:
        assert [anybody.get(path).status_code for path in ("/nothing", "/v1/claims?limit=x")] == [404, 422]
        assert capfd.readouterr().err == ""


class TestAProcess:
    def test_says_what_we_say(self, lines: list[dict[str, Any]]) -> None:
        assert [line["level"] for line in lines if line["event"] == "ours\n\x1b\u2028\ud800"] == ["info"]

    def test_says_nothing_below_its_level(self, lines: list[dict[str, Any]]) -> None:
        assert "too little" not in {line["event"] for line in lines}

    def test_says_what_libraries_say(self, lines: list[dict[str, Any]]) -> None:
        assert ("theirs", "warning") in {
            (line.get("logger"), line["level"]) for line in lines if "theirs\nx" in line["event"]
        }

    def test_says_what_libraries_say_wrongly(self, lines: list[dict[str, Any]]) -> None:
        assert "%d ('no number',)" in {line["event"] for line in lines}

    def test_says_what_it_is_warned_of(self, lines: list[dict[str, Any]]) -> None:
        (warning,) = [line for line in lines if line.get("logger") == "py.warnings"]
        assert "a warning\n" in warning["event"]

    @pytest.mark.parametrize("message", ["in a thread", "unraisable", "at last"])
    def test_says_which_exceptions_nobody_caught(self, lines: list[dict[str, Any]], message: str) -> None:
        assert len([line for line in lines if f"Error: {message}\n" in line.get("exception", "")]) == 1

    def test_says_no_key(self, lines: list[dict[str, Any]]) -> None:
        assert lines[-1]["exception"].endswith("ct_abcdefgh_...")


class TestALine:
    def test_is_written_although_a_finalizer_fails_meanwhile(self) -> None:
        assert {line["event"] for line in said_by(FINALIZED_MEANWHILE)} == {
            "ours",
            "an exception that could not be raised",
        }


class TestProcessesThatShareAPipe:
    def test_write_whole_lines(self) -> None:
        events = [line["event"] for line in said_by(ALL_AT_ONCE)]
        assert events.count("short") == 5 * 20
        assert {each for each in events if each != "short"} <= {str(number) * LONG for number in range(4)}
        assert len(events) == 2 * 5 * 20
