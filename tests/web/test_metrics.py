"""What /metrics tells, to whom. All tests of a process count together, so each looks at what it adds."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claims_api import metrics
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.api.factories import make_claim, make_source
from tests.conftest import Api
from tests.metrics import value
from tests.problems import assert_problem

TEXT = "The date is set. The “date” is set. The date is set."
# A process that dies as it is, with a connection in its hands.
DYING = """
import os, sys
from pathlib import Path
from claims_api import metrics
from claims_api.db import open_database
metrics.count_anchoring("exact")
metrics.share(Path(sys.argv[1]))
if os.fork() == 0:
    metrics.count_anchoring("folded")
    (Path(sys.argv[1]) / "claims").touch()
    with open_database(f"sqlite:///{sys.argv[1]}/claims", pool_size=3).reading():
        print(metrics.exposition().decode(), flush=True)
        os._exit(0)
os.wait()
print("# then", metrics.exposition().decode(), sep="\\n")
"""
# A process whose folder somebody has cleared away.
CLEARED = """
import os, shutil, sys
from pathlib import Path
from claims_api import metrics
from claims_api.db import open_database
folder = Path(sys.argv[1]) / "shared"
folder.mkdir()
metrics.share(folder)
shutil.rmtree(folder)
if os.fork() == 0:
    (Path(sys.argv[1]) / "claims").touch()
    database = open_database(f"sqlite:///{sys.argv[1]}/claims")
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.dispose()
    metrics.count_request("GET", "/", 200, 0.1)
    metrics.count_anchoring("exact")
    metrics.count_changes({("claim", "create"): 1})
    print("went on", flush=True)
    os._exit(0)
os.wait()
"""


class Added:
    """What was added to a metric since."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels = name, labels
        self.before = self.now()

    def now(self) -> float:
        return value(metrics.exposition().decode(), self.name, **self.labels)

    def __call__(self) -> float:
        return self.now() - self.before


@pytest.fixture
def open_to_all(settings: Settings) -> Iterator[Api]:
    """A client without a key, of a service that shows everybody its metrics and nothing else."""
    app = create_app(replace(settings, public_metrics=True, public_reads=False))
    yield Api(app.test_client())
    app.extensions[EXTENSION].dispose()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What a process told of itself, and what another one told when it was dead."""
    command = [sys.executable, "-c", DYING, str(tmp_path_factory.mktemp("shared"))]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own
    first, _, then = run.stdout.partition("# then\n")
    return first, then


class TestReading:
    def test_needs_a_key_even_where_reading_needs_none(self, anybody: Api) -> None:
        assert anybody.get("/v1/claims").status_code == 200
        assert_problem(anybody.get("/metrics"), "unauthorized")

    def test_needs_no_more_than_the_scope_read(self, anybody: Api, make_key: Callable[[Scope], str]) -> None:
        response = Api(anybody.client, make_key(Scope.READ)).get("/metrics")
        assert (response.status_code, response.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")

    def test_needs_no_key_where_a_setting_says_so(self, open_to_all: Api) -> None:
        assert open_to_all.get("/metrics").status_code == 200
        assert_problem(open_to_all.get("/v1/claims"), "unauthorized")

    def test_gives_the_zeros_too(self, api: Api) -> None:
        text = api.get("/metrics").text
        assert all(f'claims_anchoring_total{{result="{result}"}}' in text for result in metrics.ANCHORINGS)

    def test_has_no_series_of_when_each_was_made(self, api: Api) -> None:
        assert "_created" not in api.get("/metrics").text


class TestRequests:
    def test_are_counted_by_the_template_of_their_route(self, api: Api) -> None:
        claim = make_claim(api)
        added = Added("claims_http_requests_total", method="GET", route="/v1/claims/{claim_id}", status="200")
        api.read(f"/v1/claims/{claim['id']}")
        assert added() == 1

    def test_are_counted_by_what_became_of_them(self, anybody: Api) -> None:
        added = Added("claims_http_requests_total", method="POST", route="/v1/claims", status="401")
        anybody.post("/v1/claims", {})
        assert added() == 1

    def test_are_timed(self, anybody: Api) -> None:
        count, total = (
            Added(f"claims_http_request_duration_seconds_{each}", route="/v1/topics") for each in ("count", "sum")
        )
        anybody.get("/v1/topics")
        assert count() == 1
        assert 0 < total() < 10

    def test_to_no_route_make_no_series_of_their_own(self, anybody: Api) -> None:
        added = Added("claims_http_requests_total", route="unknown", method="GET", status="404")
        for path in ("/made-up-1", "/made-up-2", "/v1/claims/made-up-3"):
            anybody.get(path)
        assert added() == 3
        assert "made-up" not in metrics.exposition().decode()

    def test_by_no_method_make_no_series_of_their_own(self, anybody: Api) -> None:
        added = Added("claims_http_requests_total", method="unknown", status="405")
        for method in ("BREW", "WHEN"):
            anybody.request(method, "/v1/claims")
        assert added() == 2


class TestStatements:
    def test_are_counted_but_for_those_that_begin(self, api: Api) -> None:
        claim = make_claim(api)
        added = Added("claims_db_statements_total")
        api.read(f"/v1/claims/{claim['id']}/relations")
        assert added() == 2


class TestConnections:
    def test_are_in_use_while_they_are(self, database: Database) -> None:
        added = Added("claims_db_pool_connections", state="in_use")
        with database.reading(), database.reading():
            assert added() == 2
        assert added() == 0

    def test_are_open_until_they_are_closed(self, database: Database) -> None:
        database.dispose()
        added = Added("claims_db_pool_connections", state="open")
        with database.reading():
            pass
        assert added() == 1
        database.dispose()
        assert added() == 0

    def test_that_broke_are_neither(self, database: Database) -> None:
        database.dispose()
        added = [Added("claims_db_pool_connections", state=state) for state in ("open", "in_use")]
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
            connection.invalidate()
        assert [each() for each in added] == [0, 0]


class TestChanges:
    def test_are_counted_by_entity_and_action(self, api: Api) -> None:
        added = {
            (entity, action): Added("claims_changes_total", entity=entity, action=action)
            for entity in ("claim", "topic")
            for action in ("create", "update", "delete", "restore")
        }
        claim = make_claim(api, topics=["new"])
        api.patch(f"/v1/claims/{claim['id']}", {"text": "another"})
        api.delete(f"/v1/claims/{claim['id']}")
        assert {what: each() for what, each in added.items() if each()} == {
            ("claim", "create"): 1,
            ("claim", "update"): 1,
            ("claim", "delete"): 1,
            ("topic", "create"): 1,
        }

    def test_that_were_rolled_back_are_not_counted(self, api: Api) -> None:
        source = make_source(api, TEXT)
        added = Added("claims_changes_total")
        link: dict[str, Any] = {"stance": "supports", "source_id": source["id"]}
        evidence = [{**link, "start": 0, "end": 8}, {**link, "exact": "nowhere"}]
        assert_problem(api.post("/v1/claims", {"text": "x", "evidence": evidence}), "quote-not-found")
        assert added() == 0


class TestAnchoring:
    @pytest.mark.parametrize(
        ("result", "quote"),
        [
            ("exact", {"start": 0, "end": 8}),
            ("folded", {"exact": 'The "date" is set.'}),
            ("ambiguous", {"exact": "The date"}),
            ("not_found", {"exact": "no such words"}),
            ("mismatch", {"exact": "other", "start": 0, "end": 5}),
        ],
    )
    def test_is_counted_by_its_result(self, api: Api, result: str, quote: dict[str, Any]) -> None:
        source = make_source(api, TEXT)
        added = {each: Added("claims_anchoring_total", result=each) for each in metrics.ANCHORINGS}
        api.post("/v1/passages", {"source_id": source["id"], **quote})
        assert {each: one() for each, one in added.items() if one()} == {result: 1}

    def test_in_a_source_without_text_is_counted_as_unverified(self, api: Api) -> None:
        source = api.made("/v1/sources", {"title": "no text"})
        added = Added("claims_anchoring_total", result="unverified")
        api.post("/v1/passages", {"source_id": source["id"], "exact": "words"})
        assert added() == 1


class TestAProcessThatDied:
    @pytest.mark.parametrize(("state", "before"), [("in_use", 1), ("open", 1), ("size", 3)])
    def test_has_no_connections_any_more(self, told: tuple[str, str], state: str, before: int) -> None:
        assert [value(each, "claims_db_pool_connections", state=state) for each in told] == [before, 0]

    def test_has_counted_what_it_counted(self, told: tuple[str, str]) -> None:
        assert value(told[1], "claims_anchoring_total", result="folded") == 1

    def test_has_not_counted_again_what_was_before_it(self, told: tuple[str, str]) -> None:
        assert value(told[1], "claims_anchoring_total", result="exact") == 0


class TestAFolderThatWasClearedAway:
    def test_keeps_nobody_from_work_and_is_told_once(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", CLEARED, str(tmp_path)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own
        assert run.stdout == "went on\n", run.stderr
        assert run.stderr.count("the metrics cannot be counted") == 1
