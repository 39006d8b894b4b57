"""Databases that keep what they acknowledge, for services that are hurt."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.faults.proxy import ON_LINUX, Proxy
from tests.postgres import SETTINGS, PrivatePostgres

# What was committed is with the system, so that the server may be killed.
SAFE = {**SETTINGS, "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.fixture(scope="session")
def server() -> Iterator[PrivatePostgres]:
    """A Postgres that may be killed."""
    with PrivatePostgres(settings=SAFE) as found:
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
def small_disk() -> Iterator[Path]:
    """A disk with little room, even beside a Postgres that lies on it."""
    # Not in pytest's folders, into which the account that Postgres runs as may not go.
    folder = Path(tempfile.mkdtemp(prefix="claims-disk-"))
    # S605: a path of our own.
    if os.system(f"mount -t tmpfs -o size=160m,mode=755 tmpfs {folder} 2>/dev/null") != 0:  # noqa: S605
        folder.rmdir()
        pytest.skip("mounting a small disk takes root")
    folder.chmod(0o755)
    yield folder
    os.system(f"umount -l {folder}")  # noqa: S605
    folder.rmdir()


@pytest.fixture
def cramped_server(small_disk: Path) -> Iterator[PrivatePostgres]:
    with PrivatePostgres(settings={**SAFE, "max_wal_size": "32MB"}, folder=small_disk) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def cramped_url(request: pytest.FixtureRequest, small_disk: Path) -> str:
    """A database on a small disk."""
    if request.param == "sqlite":
        return f"sqlite:///{small_disk / 'claims.db'}"
    server: PrivatePostgres = request.getfixturevalue("cramped_server")
    return server.create_database("claims")
