import io
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from claims_api import app as map_of_the_service
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.problems import PROBLEM_TYPES
from claims_api.web.session import EXTENSION
from tests.api.factories import NOBODY
from tests.conftest import Api
from tests.keys import UNKNOWN
from tests.problems import assert_problem


@pytest.fixture
def away() -> Iterator[Api]:
    """A client of a service whose Postgres does not answer."""
    app = create_app(replace(Settings(), database_url="postgresql://nobody@127.0.0.1:1/none"))
    yield Api(app.test_client(), UNKNOWN)
    app.extensions[EXTENSION].dispose()


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A client of a service whose SQLite another program is writing to, for longer than it waits."""
    monkeypatch.setattr(map_of_the_service, "WRITE_WAIT_SECONDS", 0.02)
    path = tmp_path / "claims.db"
    migrating.upgrade(f"sqlite:///{path}")
    app = create_app(replace(Settings(), database_url=f"sqlite:///{path}"))
    database = app.extensions[EXTENSION]
    with database.writing() as session:
        key = keys.create(session, name="k", scope=Scope.WRITE)[1]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield Api(app.test_client(), key)
    other.close()
    database.dispose()


@pytest.fixture
def broken(settings: Settings) -> Iterator[Api]:
    """A client of a service with a route that fails in a way that nobody foresaw."""
    app = create_app(settings)

    def fail() -> str:
        raise RuntimeError("secret password")

    app.add_url_rule("/fail", view_func=fail)
    yield Api(app.test_client())
    app.extensions[EXTENSION].dispose()


class TestNotFound:
    @pytest.mark.parametrize(
        "path",
        [
            "/nothing",
            "/v1",
            "/v1/",
            "/v1/claims/",
            "//v1/claims",
            "/v1//claims",
            "/v1/claims/x",
            "/v1/claims/%00",
            "/v1/claims/%ff",
            f"/v1/claims/{NOBODY}",
            f"/v1/claims/{NOBODY.upper()}",
            f"/v1/claims/{{{NOBODY}}}",
            f"/v1/claims/{NOBODY.replace('-', '')}",
            f"/v1/claims/{NOBODY}%0A",
            f"/v1/claims/{NOBODY}/nothing",
            f"/v1/sources/{NOBODY}/versions/x",
            "/problems/nothing",
        ],
    )
    def test_is_a_problem(self, anybody: Api, path: str) -> None:
        assert_problem(anybody.get(path), "not-found")

    def test_speaks_of_the_thing_that_is_not_there(self, anybody: Api) -> None:
        assert "claim" in assert_problem(anybody.get(f"/v1/claims/{NOBODY}"), "not-found")["detail"]


class TestMethodNotAllowed:
    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/v1/claims", "GET HEAD OPTIONS POST"),
            ("DELETE", "/v1/claims", "GET HEAD OPTIONS POST"),
            ("PUT", f"/v1/claims/{NOBODY}", "DELETE GET HEAD OPTIONS PATCH"),
            ("POST", "/", "GET HEAD OPTIONS"),
            ("BREW", "/v1/topics", "GET HEAD OPTIONS POST"),
        ],
    )
    def test_names_the_methods_that_are(self, api: Api, method: str, path: str, allowed: str) -> None:
        response = api.request(method, path)
        assert_problem(response, "method-not-allowed")
        assert sorted(response.headers["Allow"].split(", ")) == allowed.split()


class TestUnsupportedMediaType:
    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application/vnd.api+json",
            "application/merge-patch+json",
            "json",
            "",
        ],
    )
    def test_names_those_that_are(self, api: Api, content_type: str) -> None:
        response = api.post("/v1/topics", data=b'{"name": "x"}', content_type=content_type)
        assert assert_problem(response, "unsupported-media-type")["accepted"] == ["application/json"]

    def test_is_told_of_a_patch_too(self, api: Api) -> None:
        response = api.patch(f"/v1/topics/{NOBODY}", data=b"{}", content_type="application/json-patch+json")
        assert "application/merge-patch+json" in assert_problem(response, "unsupported-media-type")["accepted"]


class TestTooLarge:
    @pytest.fixture
    def body(self, app: Flask) -> bytes:
        limit: int = app.config["MAX_CONTENT_LENGTH"]
        return b'{"name": "x"' + b" " * (limit + 1 - 13) + b"}"

    def test_names_the_limit(self, api: Api, body: bytes) -> None:
        response = api.post("/v1/topics", data=body, content_type="application/json")
        assert assert_problem(response, "too-large")["limit"] == len(body) - 1

    def test_is_told_of_a_body_whose_length_nobody_stated(self, api: Api, body: bytes) -> None:
        assert_problem(chunked(api, body), "too-large")
        assert api.read("/v1/topics")["data"] == []

    def test_is_not_told_of_a_body_at_the_limit(self, api: Api, body: bytes) -> None:
        assert api.post("/v1/topics", data=body[:-2] + b"}", content_type="application/json").status_code == 201

    def test_is_not_told_of_a_chunked_body_at_the_limit(self, api: Api, body: bytes) -> None:
        assert chunked(api, body[:-2] + b"}").status_code == 201


def chunked(api: Api, body: bytes) -> Any:
    return api.post(
        "/v1/topics",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


class TestInternal:
    def test_tells_nothing_of_the_inside(self, broken: Api) -> None:
        response = broken.get("/fail")
        assert_problem(response, "internal")
        for secret in ("secret password", "Traceback", "RuntimeError", ".py"):
            assert secret not in response.text

    def test_leaves_the_service_running(self, broken: Api) -> None:
        broken.get("/fail")
        assert broken.get("/v1/claims").status_code == 200


class TestUnavailable:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_is_told_when_the_database_is_away(self, away: Api, method: str) -> None:
        response = away.request(method, "/v1/topics", {"name": "x"} if method == "POST" else None)
        assert_problem(response, "unavailable")
        assert int(response.headers["Retry-After"]) >= 1
        assert "127.0.0.1" not in response.text

    def test_is_told_when_the_database_is_locked(self, locked: Api) -> None:
        response = locked.post("/v1/topics", {"name": "x"})
        assert_problem(response, "unavailable")
        assert int(response.headers["Retry-After"]) >= 1
        assert "locked" not in response.text

    def test_is_not_told_to_those_who_only_read(self, locked: Api) -> None:
        assert locked.read("/v1/topics")["data"] == []


class TestRequestId:
    def test_is_another_each_time(self, anybody: Api) -> None:
        assert len({anybody.get("/nothing").headers["X-Request-Id"] for _ in range(3)}) == 3

    @pytest.mark.parametrize("path", ["/v1/claims", "/", "/problems"])
    def test_is_on_good_answers_too(self, anybody: Api, path: str) -> None:
        assert anybody.get(path).headers["X-Request-Id"]


class TestPage:
    @pytest.mark.parametrize("code", PROBLEM_TYPES)
    def test_shows_meaning_and_remedy(self, anybody: Api, code: str) -> None:
        response = anybody.get(f"/problems/{code}")
        assert response.status_code == 200
        assert response.mimetype == "text/html"
        for words in (PROBLEM_TYPES[code].meaning, PROBLEM_TYPES[code].remedy, PROBLEM_TYPES[code].title):
            assert words in response.text

    def test_of_all_links_to_each(self, anybody: Api) -> None:
        text = anybody.get("/problems").text
        assert [code for code in PROBLEM_TYPES if f'href="/problems/{code}"' not in text] == []
