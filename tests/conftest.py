"""Every test that asks for a database runs twice: on SQLite and on a real Postgres, both made by the migrations."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.app import create_app
from claims_api.cli import read_dossier
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.services import dossiers, keys
from claims_api.web.session import EXTENSION
from tests.postgres import PrivatePostgres

KEPT = ("alembic_version", "secrets", "api_keys", "changes")  # the ledger only grows


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Undo pytest-flask's one context for a whole test: it would keep ``g`` from request to request."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture(scope="session")
def fast_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: each commit waits for the disk, as it must."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("database")
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('fast_folder') / 'claims.db'}"
    else:
        url = request.getfixturevalue("postgres").create_database("claims")
    db.upgrade(url)
    return url


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return replace(Settings(), database_url=database_url)


@pytest.fixture(scope="session")
def session_app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions[EXTENSION].dispose()


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    yield session_app
    _empty(session_app.extensions[EXTENSION])


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions[EXTENSION]
    return found


@pytest.fixture(scope="session")
def make_key(session_app: Flask) -> Callable[[Scope], str]:
    """Return what gives the key of a scope: one for all tests."""

    @cache
    def make(scope: Scope) -> str:
        database: Database = session_app.extensions[EXTENSION]
        with database.writing() as session:
            return keys.create(session, name=f"{scope} key", scope=scope)[1]

    return make


class Api:
    """A client that speaks JSON with a key."""

    def __init__(self, client: FlaskClient, key: str | None = None) -> None:
        self.client, self.key = client, key

    def request(self, method: str, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        headers = kwargs.pop("headers", {})
        if self.key is not None:
            headers = {"Authorization": f"Bearer {self.key}", **headers}
        if json is not None:
            kwargs["json"] = json
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        return self.request("POST", path, json, **kwargs)

    def patch(self, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        return self.request("PATCH", path, json, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.request("DELETE", path, **kwargs)

    def made(self, path: str, json: Any) -> dict[str, Any]:
        """Post something that must be taken, and return it."""
        response = self.post(path, json)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.get_json()
        return made

    def read(self, path: str) -> dict[str, Any]:
        """Get something that must be there, and return it."""
        response = self.get(path)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.get_json()
        return found


@pytest.fixture
def api(app: Flask, make_key: Callable[[Scope], str]) -> Api:
    """A client whose key may read and write."""
    return Api(app.test_client(), make_key(Scope.WRITE))


@pytest.fixture
def anybody(app: Flask) -> Api:
    """A client without a key."""
    return Api(app.test_client())


@pytest.fixture(scope="session")
def dossier_rows(session_app: Flask, repository: Path) -> dict[str, list[dict[str, Any]]]:
    """Load the demo dossier once and remember its rows: inserting them is much faster than loading it again."""
    database: Database = session_app.extensions[EXTENSION]
    with database.writing() as session:
        dossiers.load(session, read_dossier(repository / "seeds"))
    with database.reading() as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]
            for table in db.metadata.sorted_tables
            if table.name not in KEPT
        }
    _empty(database)
    return rows


@pytest.fixture
def dossier(dossier_rows: dict[str, list[dict[str, Any]]], database: Database) -> None:
    """Have the demo dossier in the database."""
    with database.writing() as session:
        for table in db.metadata.sorted_tables:
            if dossier_rows.get(table.name):
                session.execute(table.insert(), dossier_rows[table.name])


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parent.parent


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(db.metadata.sorted_tables):
            if table.name not in KEPT:
                session.execute(table.delete())
