"""openapi.yaml is what the code says, complete, and its examples work as they stand."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import IN_ANSWERS, Scope
from claims_api.schemas import examples
from claims_api.schemas.base import Output
from claims_api.services import keys
from claims_api.web import contract
from claims_api.web.openapi import schema_name
from tests.api.factories import make_claim, make_source
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
    needed = {each["name"]: needed_of(each) for each in operation.get("parameters", []) if is_needed(each)}
    return f"{path}?{urlencode(needed)}" if needed else path


def is_needed(parameter: dict[str, Any]) -> bool:
    return parameter["in"] == "query" and bool(parameter.get("required"))


def needed_of(parameter: dict[str, Any]) -> str:
    value: str = parameter["schema"]["examples"][0]
    return value


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


class TestTheNames:
    def test_of_what_is_answered_are_none_of_those_of_words(self) -> None:
        def kinds_of(kind: type[Any]) -> set[type[Any]]:
            return {each for child in kind.__subclasses__() for each in (child, *kinds_of(child))}

        assert {schema_name(kind) for kind in kinds_of(Output)} & {kind.__name__ for kind in IN_ANSWERS} == set()


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
        needs_one = operation.get("x-scope") in {"write", "admin"}
        assert (operation.get("security") == [{"key": []}]) == needs_one, (method, path)


def links_of(method: str, path: str, status: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]["responses"][status].get("links", {})
    return found


def creations() -> list[Any]:
    """Return (path, example body) for each operation that makes something from nothing but its body."""
    return [
        pytest.param(path, next(iter(examples_of(methods["post"]).values())), id=methods["post"]["operationId"])
        for path, methods in DOCUMENT["paths"].items()
        if "{" not in path and "201" in methods.get("post", {}).get("responses", {})
    ]


class TestTheLinks:
    def test_lead_to_every_operation_that_takes_an_id(self) -> None:
        linked = {
            name
            for methods in DOCUMENT["paths"].values()
            for operation in methods.values()
            for answer in operation["responses"].values()
            for name in answer.get("links", {})
        }
        assert linked >= {
            operation["operationId"]
            for path, methods in DOCUMENT["paths"].items()
            for operation in methods.values()
            if path.startswith("/v1/") and "{" in path
        }

    @pytest.mark.parametrize(("path", "body"), creations())
    @pytest.mark.usefixtures("dossier")
    def test_of_what_was_made_find_it(self, admin: Api, path: str, body: Any) -> None:
        made = admin.post(path, body).get_json()
        reads = {
            methods["get"]["operationId"]: place for place, methods in DOCUMENT["paths"].items() if "get" in methods
        }
        for operation_id, link in links_of("post", path, "201").items():
            if operation_id in reads:
                (name,) = link["parameters"]
                place = (
                    reads[operation_id] if "{" in reads[operation_id] else f"{reads[operation_id]}?{name}={{{name}}}"
                )
                assert admin.read(place.format(**{name: made["id"]})), operation_id

    def test_of_what_was_deleted_bring_it_back(self) -> None:
        links = links_of("delete", "/v1/claims/{claim_id}", "204")
        assert links["restore_claim"]["parameters"] == {"claim_id": "$request.path.claim_id"}

    def test_of_a_listing_read_what_has_no_id(self) -> None:
        links = links_of("get", "/v1/sources/{source_id}/versions", "200")
        assert links["read_version"]["parameters"] == {
            "source_id": "$request.path.source_id",
            "number": "$response.body#/data/0/number",
        }

    def test_of_the_feed_go_on_where_it_ended(self) -> None:
        links = links_of("get", "/v1/changes", "200")
        assert links["list_changes"]["parameters"] == {"after": "$response.body#/next_cursor"}


class TestEachOperationThatIsDoneOnce:
    @pytest.mark.parametrize(("method", "path", "operation"), operations())
    def test_states_that_it_refuses_a_key_of_no_length_and_one_of_another_request(
        self, method: str, path: str, operation: dict[str, Any]
    ) -> None:
        takes_key = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
        assert not takes_key or {"400", "409", "422"} <= operation["responses"].keys(), (method, path)


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


TELLING = {"ETag", "Idempotent-Replayed", "Link", "Location", "Retry-After", "Content-Disposition"}


class TestHeaders:
    """Of those that tell clients what to do, an answer has none that the contract does not state."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/v1/claims/similar", {"text": "no date was set"}),
            ("POST", "/v1/passages", {"source_id": "{source}", "exact": "No date"}),
            ("POST", "/v1/sources/{source}/versions", {"text": "No date was set."}),
            ("POST", "/v1/speakers/{speaker}/merge", {"into_id": "{other}"}),
            ("POST", "/v1/speakers/{speaker}/unmerge", None),
            ("GET", "/v1/claims?limit=1", None),
            ("GET", "/v1/export", None),
            ("GET", "/v1/export/claims.csv", None),
            ("GET", "/", None),
        ],
    )
    def test_are_stated(self, api: Api, method: str, path: str, body: Any) -> None:
        known = self._made(api)
        for name, identity in known.items():
            path = path.replace("{" + name + "}", identity)
            body = body and {key: value.replace("{" + name + "}", identity) for key, value in body.items()}
        headers = {"Accept": "text/html", **({"Idempotency-Key": "k"} if "similar" not in path else {})}
        for _ in range(2):
            answer = api.request(method, path, body, headers=headers if method == "POST" or path == "/" else {})
            assert answer.status_code < 400, answer.text
        template = min((each for each in DOCUMENT["paths"] if self._fits(each, path)), key=lambda each: each.count("{"))
        stated = DOCUMENT["paths"][template][method.lower()]["responses"][str(answer.status_code)]
        assert {name for name, _ in answer.headers} & TELLING <= set(stated.get("headers", {}))

    def _made(self, api: Api) -> dict[str, str]:
        source = make_source(api, "No date was set.")
        api.made("/v1/passages", {"source_id": source["id"], "exact": "No date"})
        speakers = [make_claim(api, speaker={"name": name})["speaker"]["id"] for name in ("one", "two")]
        return {"source": source["id"], "speaker": speakers[0], "other": speakers[1]}

    def _fits(self, template: str, path: str) -> bool:
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]) is not None
