"""Databases that keep what they acknowledge, for services that are hurt."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.faults.proxy import ON_LINUX, Proxy
from tests.postgres import SETTINGS, PrivatePostgres


@pytest.fixture(scope="session")
def server() -> Iterator[PrivatePostgres]:
    """A Postgres that may be killed: what was committed is with the system by then."""
    with PrivatePostgres(settings={**SETTINGS, "synchronous_commit": "on", "full_page_writes": "on"}) as found:
        yield found


@pytest.fixture
def postgres_url(server: PrivatePostgres) -> str:
    return server.create_database(f"faults_{uuid.uuid4().hex}")


@pytest.fixture
def sqlite_url(fast_folder: Path) -> str:
    return f"sqlite:///{fast_folder / uuid.uuid4().hex}.db"


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def proxy(server: PrivatePostgres) -> Iterator[Proxy]:
    if not ON_LINUX:
        pytest.skip("packets are lost by a filter that only Linux has")
    with Proxy(server.socket) as found:
        yield found


@pytest.fixture
def far_url(postgres_url: str, proxy: Proxy) -> str:
    """The same database, behind a network that can be broken."""
    far = make_url(postgres_url).set(host="127.0.0.1", port=proxy.port, query={})
    return far.render_as_string(hide_password=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size=6m tmpfs {folder} 2>/dev/null") != 0:  # noqa: S605  # a path of our own
        pytest.skip("mounting a small disk takes root")
    yield folder
    os.system(f"umount -l {folder}")  # noqa: S605
