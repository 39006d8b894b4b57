import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event

from claims_api import clock
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.session import EXTENSION
from tests.api.factories import NOBODY, make_topic, nothing_stored
from tests.conftest import Api
from tests.keys import UNKNOWN
from tests.problems import assert_problem
from tests.web.test_statements import scope_of

WRITING = {"POST", "PATCH", "PUT", "DELETE"}


class Unread(io.RawIOBase):
    """A body that may not be read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise AssertionError("the body was read")


def routes(app: Flask, methods: set[str], *scopes: Scope) -> list[tuple[str, str]]:
    """Return every method and path under /v1 that asks for one of the scopes, with ids that nothing has."""
    return [
        (method, filled(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & methods)
        if rule.rule.startswith("/v1/") and scope_of(app, rule.endpoint) in (scopes or Scope)
    ]


def filled(rule: str) -> str:
    return re.sub("<[^>]*>", lambda part: "1" if "number" in part[0] else NOBODY, rule)


@pytest.fixture
def closed(settings: Settings, app: Flask) -> Iterator[Api]:
    """A client without a key, of a service that shows nothing to everybody."""
    closed_app = create_app(replace(settings, public_reads=False))
    yield Api(closed_app.test_client())
    closed_app.extensions[EXTENSION].dispose()


class TestWriting:
    def test_needs_a_key_on_every_route(self, app: Flask, anybody: Api, database: Database) -> None:
        writes = [*routes(app, WRITING, Scope.WRITE), *routes(app, WRITING, Scope.ADMIN)]
        assert len(writes) >= 17
        with nothing_stored(database):
            for method, path in writes:
                response = anybody.request(method, path, {} if method != "DELETE" else None)
                assert_problem(response, "unauthorized")
                assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_needs_the_scope_on_every_route(self, app: Flask, make_key: Callable[[Scope], str]) -> None:
        reader = Api(app.test_client(), make_key(Scope.READ))
        for method, path in routes(app, WRITING, Scope.WRITE):
            response = reader.request(method, path, {} if method != "DELETE" else None)
            problem = assert_problem(response, "forbidden")
            assert problem["scope"] == "write"
            assert "write" in problem["detail"]

    @pytest.mark.parametrize("scope", [Scope.WRITE, Scope.ADMIN])
    def test_is_done_in_the_name_of_the_key(self, app: Flask, make_key: Callable[[Scope], str], scope: Scope) -> None:
        assert make_topic(Api(app.test_client(), make_key(scope)))["created_by"] == f"{scope} key"

    @pytest.mark.parametrize(
        "header",
        [
            "{key}",
            "Basic {key}",
            "Token {key}",
            "Bearer",
            "Bearer ",
            "Bearer{key}",
            "Bearer {key}x",
            "Bearer x{key}",
            "Bearer {prefix}",
            "Bearer {key} {key}",
            "Bearer ct_00000000_0000000000000000000000000000000000000000000000000",
            f"Bearer {UNKNOWN}",
            "Bearer ct_",
            "Bearer \xe9\xff",
            'Bearer "{key}"',
            "",
        ],
    )
    def test_is_refused_with(self, anybody: Api, api: Api, database: Database, header: str) -> None:
        key = str(api.key)
        headers = {"Authorization": header.format(key=key, prefix=key[:11])}
        with nothing_stored(database):
            response = anybody.post("/v1/topics", {"name": "x"}, headers=headers)
        assert_problem(response, "unauthorized")
        assert key not in response.text

    def test_is_refused_with_a_nul_in_the_key(self, anybody: Api) -> None:
        headers = {"Authorization": "Bearer ct_\x00\x00\x00\x00\x00\x00\x00\x00_"}
        assert_problem(anybody.post("/v1/topics", {"name": "x"}, headers=headers), "unauthorized")

    def test_takes_the_scheme_in_any_case(self, anybody: Api, api: Api) -> None:
        headers = {"Authorization": f"bEARER   {api.key}"}
        assert anybody.post("/v1/topics", {"name": "x"}, headers=headers).status_code == 201

    def test_is_refused_with_one_wrong_character(self, app: Flask, api: Api) -> None:
        key = str(api.key)
        for place in (3, 10, 12, len(key) - 7, len(key) - 1):
            wrong = key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :]
            assert_problem(Api(app.test_client(), wrong).post("/v1/topics", {"name": "x"}), "unauthorized")

    def test_is_refused_with_an_expired_key(self, app: Flask, database: Database) -> None:
        past = clock.utcnow() - dt.timedelta(seconds=1)
        with database.writing() as session:
            key = keys.create(session, name="old", scope=Scope.WRITE, expires_at=past)[1]
        assert_problem(Api(app.test_client(), key).post("/v1/topics", {"name": "x"}), "unauthorized")

    def test_is_taken_with_a_key_that_will_expire(self, app: Flask, database: Database) -> None:
        future = clock.utcnow() + dt.timedelta(hours=1)
        with database.writing() as session:
            key = keys.create(session, name="new", scope=Scope.WRITE, expires_at=future)[1]
        assert make_topic(Api(app.test_client(), key))["created_by"] == "new"

    def test_is_refused_with_a_revoked_key(self, api: Api, database: Database) -> None:
        with database.writing() as session:
            key, shown = keys.create(session, name="lost", scope=Scope.WRITE)
        api.key = shown
        make_topic(api)
        with database.writing() as session:
            assert keys.revoke(session, key.prefix)
        assert_problem(api.post("/v1/topics", {"name": "another"}), "unauthorized")

    @pytest.mark.parametrize("parameter", ["key", "api_key", "access_token", "authorization"])
    def test_is_refused_with_the_key_in_the_url(self, anybody: Api, api: Api, parameter: str) -> None:
        response = anybody.post(f"/v1/topics?{parameter}={api.key}", {"name": "x"})
        assert_problem(response, "unauthorized")
        assert str(api.key) not in response.text

    def test_looks_at_the_key_before_the_body(self, app: Flask, anybody: Api, make_key: Callable[[Scope], str]) -> None:
        reader = Api(anybody.client, make_key(Scope.READ))
        sent = {
            "headers": {"Content-Type": "application/json", "Idempotency-Key": "x"},
            "environ_overrides": {"CONTENT_LENGTH": "2", "wsgi.input": Unread()},
        }
        for method, path in routes(app, WRITING, Scope.WRITE):
            assert_problem(anybody.request(method, path, **sent), "unauthorized")
            assert_problem(reader.request(method, path, **sent), "forbidden")

    @pytest.mark.parametrize("wrong", ["x" * 60, "ct_abcdefgh_" + "x" * 49])
    def test_does_not_ask_the_database_for_what_can_be_no_key(self, app: Flask, api: Api, wrong: str) -> None:
        database: Database = app.extensions[EXTENSION]
        asked: list[str] = []
        event.listen(database.engine, "checkout", note := lambda *_: asked.append("x"))
        assert_problem(Api(api.client, wrong).post("/v1/topics", {"name": "x"}), "unauthorized")
        event.remove(database.engine, "checkout", note)
        assert asked == []


class TestReading:
    def test_is_open_to_everybody_by_default(self, app: Flask, anybody: Api) -> None:
        reads = routes(app, {"GET"}, Scope.READ)
        assert len(reads) >= 15
        for method, path in reads:
            # A search without a question is refused as such.
            assert anybody.request(method, path).status_code in {200, 404, 422}

    def test_needs_a_key_on_every_route_where_it_is_closed(self, closed: Api) -> None:
        for method, path in routes(closed.client.application, {"GET"}):
            assert_problem(closed.request(method, path), "unauthorized")

    @pytest.mark.parametrize("scope", list(Scope))
    def test_is_open_to_every_key_where_it_is_closed(
        self, closed: Api, make_key: Callable[[Scope], str], scope: Scope
    ) -> None:
        closed.key = make_key(scope)
        assert closed.read("/v1/topics")["data"] == []

    @pytest.mark.parametrize("path", ["/", "/openapi.json", "/openapi.yaml", "/problems", "/problems/invalid"])
    def test_of_what_explains_the_service_is_open_always(self, closed: Api, path: str) -> None:
        assert closed.get(path).status_code == 200

    def test_is_refused_with_the_key_in_the_url_where_it_is_closed(
        self, closed: Api, make_key: Callable[[Scope], str]
    ) -> None:
        assert_problem(closed.get(f"/v1/topics?key={make_key(Scope.READ)}"), "unauthorized")
