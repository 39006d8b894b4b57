"""When a key was last used is noted, but no request waits for that or fails with it."""

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, select, text, update
from sqlalchemy.engine import Engine

from claims_api import clock, db
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database, migrating
from claims_api.models.keys import ApiKey
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.session import EXTENSION
from tests.conftest import Api
from tests.postgres import PrivatePostgres
from tests.problems import assert_problem
from tests.test_breaker import fail


@pytest.fixture
def reader(settings: Settings, database: Database) -> Iterator[Api]:
    """A client of a process that has just begun, whose reads are closed, with a key for reading."""
    with database.writing() as session:
        _, shown = keys.create(session, name="reader", scope=Scope.READ)
    app = create_app(replace(settings, public_reads=False))
    yield Api(app.test_client(), shown)
    app.extensions[EXTENSION].dispose()


def last_use(database: Database) -> dt.datetime | None:
    with database.reading() as connection:
        return connection.execute(select(ApiKey.last_used_at).where(ApiKey.name == "reader")).scalar_one()


def set_back(database: Database, seconds: int) -> dt.datetime:
    """Have the key used some time ago, and return when."""
    moment = clock.utcnow() - dt.timedelta(seconds=seconds)
    with database.writing() as session:
        session.execute(update(ApiKey).where(ApiKey.name == "reader").values(last_used_at=moment))
    return moment


def _migrated(url: str, *statements: str) -> str:
    """Make a database with a key that may write, and return the key."""
    migrating.upgrade(url)
    database = db.open_database(url)
    with database.writing() as session:
        _, shown = keys.create(session, name="writer", scope=Scope.WRITE)
        for statement in statements:
            session.execute(text(statement))
    database.dispose()
    return shown


@contextmanager
def _client(url: str, shown: str) -> Iterator[Api]:
    app = create_app(replace(Settings(), database_url=url, public_reads=False))
    yield Api(app.test_client(), shown)
    app.extensions[EXTENSION].dispose()


class TestAUse:
    def test_is_noted(self, reader: Api, database: Database) -> None:
        before = clock.utcnow()
        reader.read("/v1/topics")
        assert before <= (last_use(database) or before - dt.timedelta(1)) <= clock.utcnow()

    def test_is_noted_once_a_minute_by_a_process(self, reader: Api, database: Database) -> None:
        reader.read("/v1/topics")
        earlier = set_back(database, seconds=3600)
        reader.read("/v1/topics")
        assert last_use(database) == earlier

    @pytest.mark.parametrize(("seconds", "is_noted"), [(55, False), (61, True)])
    def test_is_noted_once_a_minute_by_all_processes(
        self, reader: Api, database: Database, seconds: int, is_noted: bool
    ) -> None:
        earlier = set_back(database, seconds=seconds)
        reader.read("/v1/topics")
        assert (last_use(database) != earlier) == is_noted

    def test_that_lacks_the_scope_is_not_noted(self, reader: Api, database: Database) -> None:
        assert_problem(reader.post("/v1/topics", {"name": "x"}), "forbidden")
        assert last_use(database) is None

    def test_for_a_read_that_needs_no_key_is_not_noted(self, anybody: Api, reader: Api, database: Database) -> None:
        anybody.key = reader.key
        anybody.read("/v1/topics")
        assert last_use(database) is None

    def test_shows_to_admins(self, admin: Api, reader: Api, database: Database) -> None:
        reader.read("/v1/topics")
        (shown,) = admin.read("/v1/keys?name=reader")["data"]
        assert dt.datetime.fromisoformat(shown["last_used_at"]) == last_use(database)


class TestWhereItCannotBeNoted:
    def test_because_somebody_writes_nobody_waits(self, reader: Api, database: Database) -> None:
        with database.writing() as session:
            key = keys.known_by(session, str(reader.key)[3:11])
            begun = time.monotonic()
            assert reader.read("/v1/topics")["data"] == []
            assert time.monotonic() - begun < 1  # a writer would wait for longer
        assert key is not None
        assert last_use(database) is None

    def test_because_the_file_is_read_only_reads_go_on(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        shown = _migrated(f"sqlite:///{tmp_path / 'claims.db'}")
        client = _client(f"sqlite:///file:{tmp_path / 'claims.db'}?mode=ro&uri=true", shown)
        with caplog.at_level(logging.WARNING), client as api:
            assert api.read("/v1/topics")["data"] == []
            assert_problem(api.post("/v1/topics", {"name": "x"}), "unavailable")
        assert f"the use of key {shown[3:11]} is not noted" in caplog.text
        assert shown[12:] not in caplog.text

    def test_because_the_server_is_a_standby_reads_go_on(self, postgres: PrivatePostgres) -> None:
        url = postgres.create_database(f"standby_{clock.utcnow():%H%M%S%f}")
        shown = _migrated(url, f'ALTER DATABASE "{make_url(url).database}" SET default_transaction_read_only = on')
        with _client(url, shown) as api:
            assert api.read("/v1/topics")["data"] == []
            assert_problem(api.post("/v1/topics", {"name": "x"}), "unavailable")

    def test_for_a_reason_that_will_not_pass_it_is_told(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'claims.db'}"
        shown = _migrated(url, "CREATE TRIGGER no BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(ABORT, 'no'); END")
        with _client(url, shown) as api:
            assert_problem(api.get("/v1/topics"), "internal")

    def test_because_the_database_has_just_gone_the_rest_goes_on(
        self, reader: Api, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        served: Database = reader.client.application.extensions[EXTENSION]
        event.listen(served.engine, "checkin", lambda *_: fail(served.breaker), once=True)  # when the key was read
        with caplog.at_level(logging.WARNING):
            assert reader.get("/metrics").status_code == 200
        assert "is not noted: Unavailable" in caplog.text
        assert last_use(database) is None

    @pytest.mark.parametrize("service", ["sqlite"], indirect=True)
    def test_leaves_the_patience_of_the_connection_as_it_was(self, reader: Api) -> None:
        reader.read("/v1/topics")
        engine: Engine = reader.client.application.extensions[EXTENSION].engine
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 1500
