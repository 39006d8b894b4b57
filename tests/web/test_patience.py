"""What takes too long is broken off, and told as something that may be sent again."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, column, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database, Prepared, engines, migrating, postgres_timeouts
from claims_api.errors import Unavailable
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.conftest import Api, Service, emptied
from tests.problems import assert_problem

ENDLESS = """
ALTER TABLE topics RENAME TO kept;
CREATE VIEW topics AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT kept.* FROM n CROSS JOIN kept WHERE i < 0
"""


@contextmanager
def client(settings: Settings) -> Iterator[Api]:
    app = create_app(settings)
    yield Api(app.test_client())
    app.extensions[EXTENSION].dispose()


def assert_refused_for_now(response: TestResponse) -> None:
    assert_problem(response, "unavailable")
    assert int(response.headers["Retry-After"]) >= 1


class TestAStatementThatTakesTooLong:
    def test_is_broken_off_on_sqlite(self, tmp_path: Path) -> None:
        settings = replace(Settings(), database_url=f"sqlite:///{tmp_path / 'claims.db'}", statement_seconds=0)
        migrating.upgrade(settings.database_url)
        with closing(sqlite3.connect(tmp_path / "claims.db")) as connection:
            connection.executescript(ENDLESS)
        with client(settings) as api:
            assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/v1/speakers").status_code == 200

    @pytest.mark.parametrize("begun", [Database.reading, Database.writing])
    def test_breaks_off_no_transaction_that_begins_later(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: Callable[[Database], Any]
    ) -> None:
        monkeypatch.setattr(engines, "_STEPS", 1)  # SQLite asks after each
        (tmp_path / "claims.db").touch()
        database = db.open_database(f"sqlite:///{tmp_path / 'claims.db'}", pool_size=1)
        with database.engine.connect() as connection:
            connection.info["ends"] = 0.0
        with begun(database) as asked:
            assert asked.execute(text("SELECT 1")).scalar_one() == 1
        database.dispose()

    def test_is_broken_off_on_postgres(self, postgresql: Service) -> None:
        with client(replace(postgresql.settings, statement_seconds=1)) as api:
            with postgresql.database.writing() as session:
                session.execute(text("LOCK TABLE topics"))
                assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/v1/topics").status_code == 200


WHO = text("SELECT pg_backend_pid()")


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """Stop the process at the other end of a connection; its machine goes on acknowledging."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def answering(database: Database) -> int:
    """Return the process that has just answered on the connection that is given next."""
    with database.reading() as connection:
        process: int = connection.execute(WHO).scalar_one()
    return process


class TestAServerThatIsStopped:
    @pytest.fixture
    def impatient(self, postgresql: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
        monkeypatch.setattr(engines, "_ANSWER_SECONDS", 0.2)
        database = db.open_database(postgresql.settings.database_url, pool_size=1, statement_seconds=1)
        yield database
        database.dispose()

    @pytest.mark.parametrize(
        "ask",
        [
            lambda session: session.execute(text("SELECT 1")),
            lambda session: session.execute(text("SELECT :n"), [{"n": 1}, {"n": 2}]),
            lambda session: Prepared(text("SELECT 1").columns(column("one"))).rows(session.connection()),
            lambda session: session.commit(),
        ],
        ids=["a statement", "many", "one that is prepared", "a commit"],
    )
    def test_is_not_waited_for(self, impatient: Database, ask: Callable[[Session], object]) -> None:
        def ask_it_while_stopped() -> None:
            with impatient.writing() as session, stopped(session.execute(WHO).scalar_one()):
                ask(session)

        begun = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            ask_it_while_stopped()
        assert db.is_passing(raised.value)
        assert not db.must_be_retried(raised.value)
        assert 1 < time.monotonic() - begun < 2
        with pytest.raises(Unavailable), impatient.asking():
            pass

    def test_is_asked_first_whether_it_is_still_there(
        self, impatient: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres_timeouts, "_LATELY", 0)
        process = answering(impatient)
        begun = time.monotonic()
        with stopped(process), impatient.reading() as connection:
            assert connection.execute(WHO).scalar_one() != process
        assert time.monotonic() - begun < 1

    def test_is_not_asked_where_it_answered_just_now(
        self, impatient: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres_timeouts, "_LATELY", 60)
        process = answering(impatient)
        begun = time.monotonic()
        with stopped(process), pytest.raises(OperationalError), impatient.reading() as connection:
            connection.execute(WHO)
        assert 1 < time.monotonic() - begun < 2

    def test_is_waited_for_where_statements_may_take_any_time(
        self, postgresql: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines, "_ANSWER_SECONDS", 0.2)
        patient = db.open_database(postgresql.settings.database_url, statement_seconds=None)
        with closing(patient.engine.connect()) as connection:
            assert connection.execute(text("SELECT 1 FROM pg_sleep(0.5)")).scalar_one() == 1
        patient.dispose()


@contextmanager
def ended_once(database: Database, moment: str, *, is_single: bool = False) -> Iterator[list[int]]:
    """End the first connection that comes to a moment in its transaction, or is for a single statement; tell whose."""
    had: list[int] = []

    def end(connection: Connection, *_: object) -> None:
        driver: Any = connection.connection.driver_connection
        if not had and driver.autocommit is is_single:
            had.append(driver.info.backend_pid)
            url = connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with closing(psycopg.connect(url)) as another:
                another.execute("SELECT pg_terminate_backend(%s, 5000)", had)

    event.listen(database.engine, moment, end)
    try:
        yield had
    finally:
        event.remove(database.engine, moment, end)


class TestAConnectionThatEnds:
    @pytest.fixture
    def api(self, postgresql: Service) -> Iterator[Api]:
        api = Api(postgresql.app.test_client(), postgresql.key(Scope.WRITE))
        # Once to begin with: that a key was used is noted once a minute, in a transaction of its own.
        api.made("/v1/topics", {"name": "before"})
        emptied(postgresql.database)
        yield api
        emptied(postgresql.database)

    @pytest.mark.parametrize("is_single", [True, False])
    def test_before_the_commit_is_replaced(self, postgresql: Service, api: Api, *, is_single: bool) -> None:
        with ended_once(postgresql.database, "before_cursor_execute", is_single=is_single) as had:
            api.made("/v1/topics", {"name": "talks"})
        assert had
        assert [each["name"] for each in api.read("/v1/topics")["data"]] == ["talks"]

    def test_is_replaced_for_who_only_reads(self, postgresql: Service, api: Api) -> None:
        with ended_once(postgresql.database, "commit") as had:
            api.read("/v1/search?q=talks")
        assert had

    def test_at_the_commit_is_told_to_him_alone(self, postgresql: Service, api: Api) -> None:
        with ended_once(postgresql.database, "commit") as had:
            assert_refused_for_now(api.post("/v1/topics", {"name": "talks"}))
        assert had
        api.made("/v1/topics", {"name": "talks"})


class TestAConnection:
    def test_that_others_have_is_not_waited_for_long(
        self, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines, "_POOL_SECONDS", 0.05)
        with client(replace(settings, pool_size=1)) as api, api.client.application.extensions[EXTENSION].reading():
            assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/health/live").status_code == 200


class TestTheUrlOfPostgres:
    def test_may_say_more_than_the_service_does(self, postgresql: Service) -> None:
        more = "connect_timeout=7&options=-c%20lock_timeout%3D3s%20-c%20timezone%3DAsia/Tokyo"
        database = db.open_database(f"{postgresql.settings.database_url}&{more}", statement_seconds=9)
        asked = ("lock_timeout", "statement_timeout", "timezone")
        with database.reading() as connection:
            said = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in asked]
            driver: Any = connection.connection.driver_connection
            parameters = driver.info.get_parameters()
        database.dispose()
        assert said == ["3s", "9s", "UTC"]
        assert parameters["connect_timeout"] == "7"
        assert parameters["keepalives_idle"] == "1"
