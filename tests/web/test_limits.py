"""Too much from one client is refused, and nobody else notices."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from flask import Flask
from limits.storage import MemoryStorage
from sqlalchemy import event
from werkzeug.test import TestResponse

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.session import EXTENSION
from tests.conftest import Api
from tests.keys import UNKNOWN
from tests.problems import assert_problem


class MakeClient(Protocol):
    def __call__(self, scope: Scope = Scope.WRITE, **limits: Any) -> Api:
        """Return a client of a process that has just begun."""


@pytest.fixture
def client_of(settings: Settings, app: Flask, make_key: Callable[[Scope], str]) -> Iterator[MakeClient]:
    made: list[Flask] = []

    def make(scope: Scope = Scope.WRITE, **limits: Any) -> Api:
        made.append(create_app(replace(settings, **limits)))
        return Api(made[-1].test_client(), make_key(scope))

    yield make
    for each in made:
        each.extensions[EXTENSION].dispose()


def write(api: Api) -> TestResponse:
    return api.post("/v1/claims?allow_duplicate=true", {"text": "no date was set"})


def write_with_a_bad_key(api: Api, **headers: str) -> TestResponse:
    return Api(api.client, UNKNOWN).post("/v1/claims", {"text": "x"}, headers=headers)


class TestWrites:
    def test_beyond_the_limit_are_refused_for_a_while(self, client_of: MakeClient) -> None:
        api = client_of(writes_per_minute=2)
        assert [write(api).status_code for _ in range(2)] == [201, 201]
        response = write(api)
        assert_problem(response, "rate-limited")
        assert 1 <= int(response.headers["Retry-After"]) <= 60

    def test_of_another_key_go_on(self, client_of: MakeClient, make_key: Callable[[Scope], str]) -> None:
        api = client_of(writes_per_minute=1)
        assert [write(api).status_code for _ in range(2)] == [201, 429]
        assert write(Api(api.client, make_key(Scope.ADMIN))).status_code == 201

    def test_of_another_key_of_the_same_name_go_on(self, client_of: MakeClient, database: Database) -> None:
        api = client_of(writes_per_minute=1)
        with database.writing() as session:
            first, second = (keys.create(session, name="desk", scope=Scope.WRITE)[1] for _ in range(2))
        assert [write(Api(api.client, each)).status_code for each in (first, first, second)] == [201, 429, 201]

    def test_that_the_database_breaks_off_are_counted_once(self, client_of: MakeClient) -> None:
        api = client_of(writes_per_minute=1)
        engine = api.client.application.extensions[EXTENSION].engine
        if engine.dialect.name == "sqlite":
            return  # it breaks nothing off
        broken: list[str] = []

        def break_off(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> tuple[str, Any]:
            if len(broken) == 2 or not statement.startswith("INSERT INTO claims"):
                return statement, values
            broken.append(statement)
            return "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$", {}

        event.listen(engine, "before_cursor_execute", break_off, retval=True)
        assert [write(api).status_code for _ in range(2)] == [201, 429]
        assert len(broken) == 2

    def test_that_are_refused_leave_nothing(self, client_of: MakeClient) -> None:
        api = client_of(writes_per_minute=1)
        for _ in range(3):
            write(api)
        assert len(api.read("/v1/claims")["data"]) == 1

    def test_that_need_another_scope_than_usual_are_counted_once(self, client_of: MakeClient) -> None:
        api = client_of(Scope.ADMIN, writes_per_minute=1)
        bundle = api.get("/v1/export?include=history").data
        assert_problem(api.post("/v1/import", data=bundle), "not-empty")

    def test_are_counted_over_processes_that_share_a_file(self, client_of: MakeClient, tmp_path: Path) -> None:
        store = f"file://{tmp_path / 'limits.sqlite'}"
        first, second = (client_of(writes_per_minute=3, limits_store=store) for _ in range(2))
        assert [write(api).status_code for api in (first, second, first, second, first)] == [201] * 3 + [429] * 2

    def test_are_not_counted_where_the_limit_is_0(self, client_of: MakeClient, tmp_path: Path) -> None:
        store = tmp_path / "limits.sqlite"
        assert write(client_of(writes_per_minute=0, limits_store=f"file://{store}")).status_code == 201
        assert not store.exists()

    def test_go_on_where_counting_fails_and_the_log_says_so(
        self, client_of: MakeClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        api = client_of(writes_per_minute=1, limits_store=f"file://{tmp_path / 'nowhere' / 'limits.sqlite'}")
        with caplog.at_level(logging.WARNING):
            assert [write(api).status_code for _ in range(2)] == [201, 201]
        assert "the counters of the limits cannot be used" in caplog.text


class FarStorage(MemoryStorage):
    """What stands for a Redis: it notes what it was given."""

    STORAGE_SCHEME = ["redis-of-a-test"]  # noqa: RUF012  # as the library declares it
    given: ClassVar[dict[str, Any]] = {}

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri)
        self.given.update(options)


class TestAStoreOnAnotherMachine:
    def test_is_neither_waited_for_long_nor_asked_again(self, client_of: MakeClient) -> None:
        assert write(client_of(limits_store="redis-of-a-test://far")).status_code == 201
        limits = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3, "retry": None}
        assert FarStorage.given == {"wrap_exceptions": True, **limits}


class TestReads:
    def test_are_never_counted(self, client_of: MakeClient) -> None:
        api = client_of(writes_per_minute=1, public_reads=False)
        assert [api.get("/v1/claims").status_code for _ in range(4)] == [200] * 4
        assert write(api).status_code == 201


class TestBadKeys:
    def test_are_refused_as_such_and_then_as_too_many(self, client_of: MakeClient) -> None:
        api = client_of(failures_per_minute=2)
        for _ in range(2):
            assert_problem(write_with_a_bad_key(api), "unauthorized")
        response = write_with_a_bad_key(api)
        assert_problem(response, "rate-limited")
        assert 1 <= int(response.headers["Retry-After"]) <= 60

    def test_leave_good_ones_of_the_same_address_alone(self, client_of: MakeClient) -> None:
        api = client_of(failures_per_minute=1)
        assert [write_with_a_bad_key(api).status_code for _ in range(2)] == [401, 429]
        assert write(api).status_code == 201

    def test_are_counted_to_whoever_connected_whatever_he_says(self, client_of: MakeClient) -> None:
        api = client_of(failures_per_minute=1)
        answers = [write_with_a_bad_key(api, **{"X-Forwarded-For": f"192.0.2.{each}"}) for each in (1, 2)]
        assert [each.status_code for each in answers] == [401, 429]

    def test_are_counted_to_the_address_that_a_trusted_proxy_names(self, client_of: MakeClient) -> None:
        api = client_of(failures_per_minute=1, proxies=1)
        # What stands before the last address was made up by the client.
        said = ["192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.1"]
        answers = [write_with_a_bad_key(api, **{"X-Forwarded-For": each}) for each in said]
        assert [each.status_code for each in answers] == [401, 401, 429]

    @pytest.mark.parametrize(
        ("addresses", "statuses"),
        [
            (["2001:db8::1", "2001:db8::ffff:0:0:2", "2001:db8:0:1::1"], [401, 429, 401]),
            (["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1"], [401, 401, 429]),
            (["somebody", "nobody", "somebody"], [401, 401, 429]),
            # With the port that the client happened to have.
            (["192.0.2.1:5001", "192.0.2.1:5002", "192.0.2.2"], [401, 429, 401]),
            (["[2001:db8::1]:5001", "[2001:db8::1]:5002", "[2001:db8:0:1::1]:5001"], [401, 429, 401]),
        ],
    )
    def test_are_counted_to_the_network_of_an_address_of_version_6(
        self, client_of: MakeClient, addresses: list[str], statuses: list[int]
    ) -> None:
        api = client_of(failures_per_minute=1, proxies=1)
        answers = [write_with_a_bad_key(api, **{"X-Forwarded-For": each}) for each in addresses]
        assert [each.status_code for each in answers] == statuses
