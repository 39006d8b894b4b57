"""An import that is killed, or whose client is gone, leaves nothing half done, and can be given again."""

import http.client
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

from claims_api import db, ids
from claims_api.cli.console import bring_up_to_date
from claims_api.config import Settings
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.services import checking
from tests.faults.service import SECONDS, SERVE, Service, serving, wait_until

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
CLAIMS = 20_000
NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that takes some seconds to import."""
    file = tmp_path_factory.mktemp("bundle") / "claims.ndjson"
    moment = "2025-01-01T00:00:00Z"
    stamp = {"created_at": moment, "updated_at": moment, "created_by": "desk", "version": 1}
    lines = [
        {"record": "claim", "id": ids.new_id(), "text": f"claim {number}", "status": "draft", **stamp}
        for number in range(CLAIMS)
    ]
    whole = [{"record": "bundle", "version": 1, "history": False}, *lines, {"record": "end", "lines": CLAIMS}]
    file.write_bytes(b"\n".join(map(orjson.dumps, whole)))
    return file


def kept(url: str) -> tuple[int, int]:
    """Return how many claims and changes are there; nothing is wrong with them."""
    database = db.open_database(url)
    try:
        with database.reading() as connection:
            assert [each for finding in checking.everything(connection) for each in finding.wrong] == []
            counts = [connection.execute(select(func.count(column))).scalar_one() for column in (Claim.id, Change.seq)]
            return counts[0], counts[1]
    finally:
        database.dispose()


def importing(url: str, bundle: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-c", SERVE, "import", str(bundle)], env={**os.environ, "CLAIMS_DATABASE_URL": url}
    )


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_that_is_killed_leaves_nothing_and_can_be_given_again(url: str, bundle: Path, part: float) -> None:
    bring_up_to_date(Settings(database_url=url))
    process = importing(url, bundle)
    time.sleep(part * seconds(bundle))
    process.kill()
    process.wait()
    found = kept(url)
    log.info("killed after %d %% of its time: %s", part * 100, found)
    assert found in {(0, 0), (CLAIMS, CLAIMS)}
    assert importing(url, bundle).wait(SECONDS * 2) == 0
    assert kept(url) == (CLAIMS, CLAIMS)


@cache
def seconds(bundle: Path) -> float:
    """Return how long this import takes, about."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/claims.db"
        bring_up_to_date(Settings(database_url=url))
        begun = time.monotonic()
        assert importing(url, bundle).wait(SECONDS * 2) == 0
        return time.monotonic() - begun


def test_whose_client_is_gone_leaves_nothing(tmp_path: Path, url: str, bundle: Path) -> None:
    with serving(tmp_path, url) as service:
        whole = bundle.read_bytes()
        for announced in (True, False):
            break_off(service, whole[: len(whole) // 2], len(whole) if announced else None)
        wait_until(lambda: len(service.said(r'"route":"/v1/import","status":400')) == 2, service)
        assert service.read("/v1/claims")["data"] == []
        assert service.read("/v1/changes")["data"] == []


def break_off(service: Service, data: bytes, length: int | None) -> None:
    """Send a part of a body, and be gone."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)
    connection.putrequest("POST", "/v1/import")
    connection.putheader("Authorization", f"Bearer {service.key}")
    connection.putheader("Content-Type", NDJSON)
    if length is None:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        connection.send(f"{len(data):x}\r\n".encode() + data)
    else:
        connection.putheader("Content-Length", str(length))
        connection.endheaders(data)
    connection.close()


def test_holds_up_nobody_while_it_is_sent(tmp_path: Path, url: str, bundle: Path) -> None:
    with serving(tmp_path, url) as service:
        whole = bundle.read_bytes()
        sending = threading.Thread(target=slowly, args=(service, whole))
        sending.start()
        answers = [service.make(f"meanwhile {number}") for number in range(20)]
        sending.join()
        assert [each.status for each in answers] == [201] * 20
        assert max(each.seconds for each in answers) < 2


def slowly(service: Service, data: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)
    connection.putrequest("POST", "/v1/import?dry_run=true")
    connection.putheader("Authorization", f"Bearer {service.key}")
    connection.putheader("Content-Type", NDJSON)
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders()
    for place in range(20):
        connection.send(data[place * 1000 : (place + 1) * 1000])
        time.sleep(0.1)
    connection.close()
