"""openapi.yaml is what the code says, complete, and its examples work as they stand."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.schemas import examples
from claims_api.services import keys
from claims_api.web import contract
from tests.conftest import Api

DOCUMENT: dict[str, Any] = contract.of(create_app(Settings(database_url="sqlite://")))


def operations() -> list[Any]:
    """Return (method, path, operation) of the whole contract."""
    return [
        pytest.param(method, path, operation, id=operation["operationId"])
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def requests() -> list[Any]:
    """Return (method, path with its examples, example body) for each example of the contract."""
    return [
        pytest.param(method, filled(path, operation), body, id=f"{operation['operationId']}-{name}")
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        for name, body in examples_of(operation).items()
    ]


def filled(path: str, operation: dict[str, Any]) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
    return path


def examples_of(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content")
    if content is None:
        return {"no-body": None}
    return {name: each["value"] for name, each in next(iter(content.values()))["examples"].items()}


class TestTheCommittedFile:
    def test_is_what_the_code_says(self, repository: Path) -> None:
        committed = (repository / "openapi.yaml").read_text(encoding="utf-8")
        assert committed == contract.as_yaml(DOCUMENT), "stale: run `make openapi`"

    def test_is_served_as_yaml(self, anybody: Api) -> None:
        assert yaml.safe_load(anybody.get("/openapi.yaml").text) == DOCUMENT

    def test_is_served_as_json(self, anybody: Api) -> None:
        assert anybody.read("/openapi.json") == DOCUMENT


class TestEachRoute:
    def test_is_in_the_contract(self, app: Flask) -> None:
        routes = {
            (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        assert routes == {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}


class TestEachOperation:
    @pytest.mark.parametrize(("method", "path", "operation"), operations())
    def test_tells_what_it_does(self, method: str, path: str, operation: dict[str, Any]) -> None:
        assert operation["summary"], (method, path)
        assert len(operation["description"]) > len("It does this."), (method, path)

    @pytest.mark.parametrize(("method", "path", "operation"), operations())
    def test_states_its_refusals(self, method: str, path: str, operation: dict[str, Any]) -> None:
        assert any(status.startswith("4") for status in operation["responses"]), (method, path)

    @pytest.mark.parametrize(("method", "path", "operation"), operations())
    def test_that_writes_or_is_for_admins_needs_a_key(self, method: str, path: str, operation: dict[str, Any]) -> None:
        needs_one = method != "get" or operation.get("x-scope") == "admin"
        assert (operation.get("security") == [{"key": []}]) == needs_one, (method, path)


@pytest.fixture
def key_of_the_examples(database: Database) -> None:
    """Have the key whose id the examples give: the dossier brings none."""
    with database.writing() as session:
        keys.create(session, name="desk", scope=Scope.READ)[0].id = str(examples.PATH["key_id"])


class TestTheParameters:
    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("get", "/v1/claims/{claim_id}", {"claim_id", "include_deleted", "as_of", "If-None-Match"}),
            ("post", "/v1/speakers", {"allow_duplicate", "Idempotency-Key"}),
            ("post", "/v1/keys", set()),
        ],
    )
    def test_are_those_of_path_query_and_header_together(self, method: str, path: str, expected: set[str]) -> None:
        assert {each["name"] for each in DOCUMENT["paths"][path][method].get("parameters", [])} == expected


class TestEachExample:
    @pytest.mark.parametrize(("method", "path", "body"), requests())
    @pytest.mark.usefixtures("dossier", "key_of_the_examples")
    def test_works_against_the_demo_dossier(self, admin: Api, method: str, path: str, body: Any) -> None:
        response = admin.request(method.upper(), path, body)
        assert response.status_code < 300, response.text
