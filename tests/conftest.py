"""Every test that asks for a database runs twice: on SQLite and on a real Postgres, both made by the migrations."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, text
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.app import create_app
from claims_api.cli.loading import read_dossier
from claims_api.config import Settings, shipped
from claims_api.db import Database, migrating
from claims_api.models.keys import ApiKey
from claims_api.models.words import Scope, Verdict
from claims_api.schemas import examples
from claims_api.services import assessments, dossiers, indexing, keys, ledger
from claims_api.services.assessments import NewAssessment
from claims_api.web.session import EXTENSION
from tests.postgres import PrivatePostgres

# Nothing else cleans up behind deleted rows (autovacuum is off), of which Postgres makes plans that take seconds.
VACUUMED_EVERY = 100
_TIMES = count(1)
KEPT = ("alembic_version", "secrets", "api_keys", "changes")  # the ledger only grows
SHARED_KEYS = {scope: f"{scope} key" for scope in Scope}


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


class Service:
    """The application on one database, and what all tests share of it."""

    def __init__(self, url: str) -> None:
        migrating.upgrade(url)
        self.settings = replace(Settings(), database_url=url)
        self.app = create_app(self.settings)
        self.database: Database = self.app.extensions[EXTENSION]
        self._keys: dict[Scope, str] = {}

    def key(self, scope: Scope) -> str:
        """Return the key of a scope: one for all tests."""
        if scope not in self._keys:
            with self.database.writing() as session:
                self._keys[scope] = keys.create(session, name=SHARED_KEYS[scope], scope=scope)[1]
        return self._keys[scope]

    def close(self) -> None:
        self.database.dispose()

    @cached_property
    def dossier_rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the demo dossier and of what the examples name beside it: inserting is faster than loading."""
        with self.database.writing() as session:
            dossiers.load(session, read_dossier(shipped("seeds")))
        with self.database.writing() as session:
            ledger.act_as(session, "tests")
            claim_id, identity = str(examples.PATH["claim_id"]), str(examples.PATH["assessment_id"])
            new = NewAssessment(Verdict.REFUTED)
            assessments.create(session, claim_id, new, identity=identity)
        with self.database.reading() as connection:
            rows = {
                table.name: [dict(row._mapping) for row in connection.execute(table.select())]
                for table in db.metadata.sorted_tables
                if table.name not in KEPT
            }
        emptied(self.database)
        return rows


@pytest.fixture(scope="session")
def sqlite(fast_folder: Path) -> Iterator[Service]:
    with closing(Service(f"sqlite:///{fast_folder / 'claims.db'}")) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql(postgres: PrivatePostgres) -> Iterator[Service]:
    with closing(Service(postgres.create_database("claims"))) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest) -> Service:
    """Each for the whole session, and made when it is first asked for: a run on SQLite alone starts no Postgres."""
    found: Service = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def settings(service: Service) -> Settings:
    return service.settings


@pytest.fixture
def session_app(service: Service) -> Flask:
    return service.app


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    yield session_app
    emptied(session_app.extensions[EXTENSION])


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions[EXTENSION]
    return found


@pytest.fixture
def make_key(service: Service) -> Callable[[Scope], str]:
    return service.key


class Api:
    """A client that speaks JSON with a key."""

    def __init__(self, client: FlaskClient, key: str | None = None) -> None:
        self.client, self.key = client, key

    def request(self, method: str, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        headers = kwargs.pop("headers", {})
        if self.key is not None:
            headers = {"Authorization": f"Bearer {self.key}", **headers}
        if isinstance(json, str):
            kwargs |= {"data": json, "content_type": "application/x-ndjson"}
        elif json is not None:
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
def admin(app: Flask, make_key: Callable[[Scope], str]) -> Api:
    """A client whose key may do everything."""
    return Api(app.test_client(), make_key(Scope.ADMIN))


@pytest.fixture
def anybody(app: Flask) -> Api:
    """A client without a key."""
    return Api(app.test_client())


@pytest.fixture
def dossier(service: Service, database: Database) -> None:
    """Have the demo dossier in the database."""
    rows = service.dossier_rows
    with database.writing() as session:
        for table in db.metadata.sorted_tables:
            # What search finds follows from the rest, and is numbered by the database.
            if rows.get(table.name) and not table.name.startswith("search_"):
                session.execute(table.insert(), rows[table.name])
        indexing.refill(session)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parent.parent


def emptied(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(db.metadata.sorted_tables):
            if table.name not in KEPT:
                session.execute(table.delete())
        session.execute(delete(ApiKey).where(ApiKey.name.not_in(SHARED_KEYS.values())))
    if not database.is_within and next(_TIMES) % VACUUMED_EVERY == 0:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))
