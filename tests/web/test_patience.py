"""What takes too long is broken off, and told as something that may be sent again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database, engines
from claims_api.web.session import EXTENSION
from tests.conftest import Api, Service
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
        db.upgrade(settings.database_url)
        with closing(sqlite3.connect(tmp_path / "claims.db")) as connection:
            connection.executescript(ENDLESS)
        with client(settings) as api:
            assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/v1/speakers").status_code == 200

    def test_is_broken_off_on_postgres(self, postgresql: Service) -> None:
        with client(replace(postgresql.settings, statement_seconds=1)) as api:
            with postgresql.database.writing() as session:
                session.execute(text("LOCK TABLE topics"))
                assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/v1/topics").status_code == 200


class TestAConnection:
    def test_that_others_have_is_not_waited_for_long(
        self, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines, "_POOL_SECONDS", 0.05)
        with client(replace(settings, pool_size=1)) as api, api.client.application.extensions[EXTENSION].reading():
            assert_refused_for_now(api.get("/v1/topics"))
            assert api.get("/health/live").status_code == 200
