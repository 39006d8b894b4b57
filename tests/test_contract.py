"""openapi.yaml is what the code says, complete, and its examples work as they stand."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
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
    def test_that_writes_needs_a_key(self, method: str, path: str, operation: dict[str, Any]) -> None:
        assert (operation.get("security") == [{"key": []}]) == (method != "get"), (method, path)


class TestEachExample:
    @pytest.mark.parametrize(("method", "path", "body"), requests())
    @pytest.mark.usefixtures("dossier")
    def test_works_against_the_demo_dossier(self, api: Api, method: str, path: str, body: Any) -> None:
        response = api.request(method.upper(), path, body)
        assert response.status_code < 300, response.text
