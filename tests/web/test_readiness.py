"""What supervisors and load balancers are told."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.web.session import EXTENSION
from tests.conftest import Api
from tests.problems import assert_problem

ClientOf = Callable[[str], Api]


@pytest.fixture
def client_of() -> Iterator[ClientOf]:
    made: list[Flask] = []

    def make(url: str) -> Api:
        made.append(create_app(replace(Settings(), database_url=url)))
        return Api(made[-1].test_client())

    yield make
    for each in made:
        each.extensions[EXTENSION].dispose()


@pytest.fixture
def silent() -> Iterator[str]:
    """A Postgres that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql+psycopg://claims@127.0.0.1:{listening.getsockname()[1]}/claims"


class TestReadiness:
    def test_is_told_where_the_database_answers(self, anybody: Api) -> None:
        assert anybody.read("/health/ready") == {"status": "ready"}

    def test_is_refused_where_the_database_is_not_migrated(self, client_of: ClientOf, tmp_path: Path) -> None:
        file = tmp_path / "claims.db"
        file.touch()
        problem = assert_problem(client_of(f"sqlite:///{file}").get("/health/ready"), "unavailable")
        assert "claims-api db upgrade" in problem["detail"]

    def test_is_refused_where_the_database_was_moved(self, client_of: ClientOf, tmp_path: Path) -> None:
        file = tmp_path / "claims.db"
        migrating.upgrade(f"sqlite:///{file}")
        api = client_of(f"sqlite:///{file}")
        assert api.get("/health/ready").status_code == 200
        file.rename(tmp_path / "away.db")
        assert "moved" in assert_problem(api.get("/health/ready"), "unavailable")["detail"]

    @pytest.mark.parametrize("url", ["sqlite:///{nowhere}/claims.db", "postgresql+psycopg://claims@/x?host={nowhere}"])
    def test_is_refused_where_there_is_no_database(self, client_of: ClientOf, tmp_path: Path, url: str) -> None:
        response = client_of(url.format(nowhere=tmp_path / "nowhere")).get("/health/ready")
        assert_problem(response, "unavailable")
        assert response.headers["Retry-After"]

    def test_is_refused_soon_where_the_database_hangs(self, client_of: ClientOf, silent: str) -> None:
        api = client_of(silent)
        begun = time.monotonic()
        assert_problem(api.get("/health/ready"), "unavailable")
        assert time.monotonic() - begun < 1.9  # connecting alone would take 2 s


class TestLiveness:
    def test_is_told(self, anybody: Api) -> None:
        assert anybody.read("/health/live") == {"status": "live"}

    def test_is_told_without_a_look_at_the_database(self, client_of: ClientOf, silent: str) -> None:
        api = client_of(silent)
        assert api.read("/health/live") == {"status": "live"}
        assert api.client.application.extensions[EXTENSION].engine.pool.checkedin() == 0
