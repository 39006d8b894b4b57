"""Every operation of openapi.yaml is tried with every kind of key."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from claims_api import clock
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.session import EXTENSION
from tests.api.factories import nothing_stored
from tests.conftest import Api, Service
from tests.keys import UNKNOWN
from tests.problems import assert_problem

SCOPES = [each.value for each in Scope]


@dataclass(frozen=True)
class Operation:
    """An operation as the contract has it, with a request that would do something."""

    method: str
    path: str
    scope: str | None
    body: Any
    shows_deleted: bool


def operations(repository: Path) -> list[Operation]:
    document = yaml.safe_load((repository / "openapi.yaml").read_text(encoding="utf-8"))
    return [
        _operation(method, path, stated)
        for path, methods in document["paths"].items()
        for method, stated in methods.items()
    ]


def _operation(method: str, path: str, stated: dict[str, Any]) -> Operation:
    parameters = stated.get("parameters", [])
    for each in parameters:
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", str(each["example"]))
    shows_deleted = "include_deleted" in {each["name"] for each in parameters}
    return Operation(method.upper(), path, stated.get("x-scope"), _body(stated), shows_deleted)


def _body(stated: dict[str, Any]) -> Any:
    content = stated.get("requestBody", {}).get("content")
    return content and next(iter(next(iter(content.values()))["examples"].values()))["value"]


@pytest.fixture(params=[True, False], ids=["public reads", "closed reads"])
def public(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.fixture
def client(settings: Settings, service: Service, dossier: None, public: bool) -> Iterator[Api]:
    """A client of a service that has the demo dossier, and whose reads are open or closed."""
    for scope in Scope:
        service.key(scope)  # made on first use, which is no change that a request made
    app = create_app(replace(settings, public_reads=public))
    yield Api(app.test_client())
    app.extensions[EXTENSION].dispose()


@pytest.fixture
def refused_keys(database: Database) -> dict[str, str | None]:
    """What is no key, or no more, each of which would else have all scopes."""
    past = clock.utcnow() - dt.timedelta(seconds=1)
    with database.writing() as session:
        _, expired = keys.create(session, name="expired", scope=Scope.ADMIN, expires_at=past)
        key, revoked = keys.create(session, name="revoked", scope=Scope.ADMIN)
        keys.revoke(session, key.prefix)
    return {"none": None, "bad": UNKNOWN, "expired": expired, "revoked": revoked}


def is_open(operation: Operation, public: bool) -> bool:
    # Metrics have a setting of their own.
    return operation.scope is None or (public and operation.scope == "read" and operation.path != "/metrics")


def sent(client: Api, key: str | None, operation: Operation, query: str = "") -> Any:
    client.key = key
    return client.request(operation.method, operation.path + query, operation.body)


def assert_lacking(response: Any, scope: str) -> None:
    problem = assert_problem(response, "forbidden")
    assert problem["scope"] == scope
    assert f"`{scope}`" in problem["detail"]


class TestEveryOperation:
    def test_is_closed_to_whoever_has_no_good_key(
        self, client: Api, public: bool, refused_keys: dict[str, str | None], database: Database, repository: Path
    ) -> None:
        closed = [each for each in operations(repository) if not is_open(each, public)]
        assert len(closed) >= 25
        with nothing_stored(database):
            for operation in closed:
                for key in refused_keys.values():
                    response = sent(client, key, operation)
                    assert_problem(response, "unauthorized")
                    assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_is_closed_to_whoever_lacks_its_scope(
        self, client: Api, public: bool, service: Service, database: Database, repository: Path
    ) -> None:
        lacking = [
            (operation, scope)
            for operation in operations(repository)
            if not is_open(operation, public)
            for scope in SCOPES[: SCOPES.index(str(operation.scope))]
        ]
        assert len(lacking) >= 30
        with nothing_stored(database):
            for operation, scope in lacking:
                assert_lacking(sent(client, service.key(Scope(scope)), operation), str(operation.scope))

    def test_is_open_to_whoever_has_its_scope_or_more(
        self, client: Api, public: bool, service: Service, repository: Path
    ) -> None:
        for operation in operations(repository):
            least = 0 if is_open(operation, public) else SCOPES.index(str(operation.scope))
            for scope in SCOPES[least:]:
                response = sent(client, service.key(Scope(scope)), operation)
                assert response.status_code not in {401, 403}, (operation, scope)
                assert response.status_code < 500, (operation, scope)

    def test_that_is_open_is_so_whatever_the_key(
        self, client: Api, public: bool, refused_keys: dict[str, str | None], repository: Path
    ) -> None:
        for operation in operations(repository):
            if is_open(operation, public):
                for key in refused_keys.values():
                    assert sent(client, key, operation).status_code in {200, 302, 404, 422}, operation

    def test_that_shows_what_was_deleted_does_so_to_admins_only(
        self, client: Api, service: Service, refused_keys: dict[str, str | None], repository: Path
    ) -> None:
        showing = [each for each in operations(repository) if each.shows_deleted]
        assert len(showing) >= 13
        for operation in showing:
            for key in refused_keys.values():
                assert_problem(sent(client, key, operation, "?include_deleted=true"), "unauthorized")
            for scope in (Scope.READ, Scope.WRITE):
                assert_lacking(sent(client, service.key(scope), operation, "?include_deleted=true"), "admin")
            assert sent(client, service.key(Scope.ADMIN), operation, "?include_deleted=true").status_code == 200
