"""A key that was issued is nowhere but in the answer that issued it."""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from claims_api.db import Database
from tests.api.factories import make_key, make_topic
from tests.conftest import Api


@pytest.fixture
def folder(database: Database) -> Path:
    """The folder of all that the database keeps: files, write-ahead logs, and what its server logs."""
    url = database.engine.url
    return Path(str(url.query["host"])) if url.get_backend_name() == "postgresql" else Path(str(url.database)).parent


def contents(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a database takes files away as it likes
            if path.is_file():
                yield path.read_bytes()


def flush(database: Database) -> None:
    """Have Postgres write to its files what it still holds in memory."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))


def used_in_every_way(admin: Api) -> list[str]:
    """Issue keys, use them well and badly, replace and revoke them; return all of them."""
    first = make_key(admin, "admin", name="first")
    client = Api(admin.client, first["key"])
    client.post("/v1/topics", {"name": "once"}, headers={"Idempotency-Key": "an attempt"})
    client.post("/v1/keys", {"name": "no", "scopes": ["read"]}, headers={"Idempotency-Key": "another"})
    client.get(f"/v1/topics?key={first['key']}")
    client.get("/v1/keys", headers={"Authorization": f"Basic {first['key']}"})
    second = client.made(f"/v1/keys/{first['id']}/rotate", {"grace_seconds": 60})
    make_topic(Api(admin.client, second["key"]))
    for key in (first, second):
        admin.delete(f"/v1/keys/{key['id']}")
        assert client.post("/v1/topics", {"name": "late"}).status_code == 401
    return [first["key"], second["key"], str(admin.key)]


class TestAnIssuedKey:
    def test_is_not_in_the_database_its_write_ahead_log_or_any_log(
        self,
        admin: Api,
        database: Database,
        folder: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            issued = used_in_every_way(admin)
        flush(database)
        kept = b"".join([*contents(folder), caplog.text.encode(), *(each.encode() for each in capfd.readouterr())])
        assert [key for key in issued if key[3:11].encode() not in kept] == [], "the search must see the rows"
        assert [key for key in issued if key[12:].encode() in kept] == []
        assert not re.search(rb"ct_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", kept)
