"""Answers are given again while nothing is written, and never after that."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, update
from werkzeug.test import TestResponse

from claims_api import metrics
from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database, open_database
from claims_api.models.claims import Claim
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.api.factories import make_claim, make_evidence, make_source, make_speaker, make_topic
from tests.conftest import Api, Service
from tests.metrics import value
from tests.problems import assert_problem
from tests.web.test_statements import counted

# The fourth answer is one that is given again. A Postgres now and then does something of its own in between.
OFTEN = 12
Makes = Callable[..., Api]


@pytest.fixture
def made(app: Any, settings: Settings, make_key: Callable[[Scope], str]) -> Iterator[Makes]:
    """Make a client of an application of its own on the database, with other settings."""
    applications = []

    def make(**others: Any) -> Api:
        applications.append(create_app(replace(settings, **others)))
        return Api(applications[-1].test_client(), make_key(Scope.WRITE))

    yield make
    for each in applications:
        each.extensions[EXTENSION].dispose()


def repeats() -> float:
    return value(metrics.exposition().decode(), "claims_http_cache_hits_total")


def is_repeated(api: Api, path: str, **kwargs: Any) -> int:
    """Ask until an answer is one that is given again, and return how often that was; 0 where none ever is."""
    for asks in range(1, OFTEN + 1):
        before = repeats()
        api.get(path, **kwargs)
        if repeats() > before:
            return asks
    return 0


@contextmanager
def once_asked(database: Database, do: Callable[[], object]) -> Iterator[None]:
    """Do something, by somebody else, right after the database has told for the first time what is kept."""
    left = [do]

    def act(*_: Any) -> None:
        if left:
            other = threading.Thread(target=left.pop())
            other.start()
            other.join()

    event.listen(database.engine, "after_cursor_execute", act)
    yield
    event.remove(database.engine, "after_cursor_execute", act)


def told(response: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """Return all of an answer but the request's id."""
    headers = {name: text for name, text in response.headers.items() if name != "X-Request-Id"}
    return response.status_code, response.data, headers


class TestARepeatedAnswer:
    @pytest.mark.parametrize("path", ["/v1/claims/{}", "/v1/claims", "/v1/search?q=date", "/v1/claims/{}/history"])
    def test_is_that_which_was_given(self, api: Api, path: str) -> None:
        path = path.format(make_claim(api)["id"])
        first = api.get(path)
        assert is_repeated(api, path)
        assert told(api.get(path)) == told(first)

    def test_may_be_that_nothing_has_changed(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        headers = {"If-None-Match": api.get(path).headers["ETag"]}
        first = api.get(path, headers=headers)
        assert is_repeated(api, path, headers=headers)
        assert told(api.get(path, headers=headers)) == told(first)
        assert first.status_code == 304

    def test_has_the_id_of_its_own_request(self, api: Api) -> None:
        assert is_repeated(api, "/v1/topics")
        assert api.get("/v1/topics", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] == "mine"

    def test_is_counted_as_any_other(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        labels = {"method": "GET", "route": "/v1/claims/{claim_id}", "status": "200"}
        before = value(metrics.exposition().decode(), "claims_http_requests_total", **labels)
        asks = is_repeated(api, path)
        after = value(metrics.exposition().decode(), "claims_http_requests_total", **labels)
        assert after - before == asks > 0

    def test_is_another_with_other_conditions(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        assert is_repeated(api, path)
        assert api.get(path, headers={"If-None-Match": api.get(path).headers["ETag"]}).status_code == 304
        assert_problem(api.get(path, headers={"If-Match": '"another"'}), "stale")

    def test_is_another_for_other_parameters(self, api: Api) -> None:
        make_claim(api)
        make_claim(api)
        assert is_repeated(api, "/v1/claims?limit=1")
        assert len(api.read("/v1/claims?limit=2")["data"]) == 2

    def test_has_no_body_for_who_asks_for_headers_alone(self, api: Api) -> None:
        assert is_repeated(api, "/v1/topics")
        response = api.request("HEAD", "/v1/topics")
        assert (response.status_code, response.data) == (200, b"")

    def test_costs_none_of_the_statements_that_made_it(self, api: Api, database: Database) -> None:
        assert is_repeated(api, "/v1/topics")
        with counted(database) as statements:
            api.get("/v1/topics")
        assert statements == []


class TestACommit:
    def test_of_this_process_ends_it(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        assert is_repeated(api, path)
        api.patch(path, {"status": "published"})
        assert api.read(path)["status"] == "published"

    def test_of_anything_that_is_shown_with_it_ends_it(self, api: Api) -> None:
        claim = make_claim(api, speaker_id=make_speaker(api)["id"])
        path = f"/v1/claims/{claim['id']}"
        assert is_repeated(api, path)
        make_evidence(api, claim)
        assert len(api.read(path)["evidence"]) == 1

    def test_of_another_process_ends_it(self, api: Api, settings: Settings) -> None:
        claim = make_claim(api)
        path = f"/v1/claims/{claim['id']}"
        assert is_repeated(api, path)
        other = open_database(settings.database_url)
        with other.writing() as session:
            session.execute(update(Claim).where(Claim.id == claim["id"]).values(text="told elsewhere"))
        other.dispose()
        assert api.read(path)["text"] == "told elsewhere"

    def test_ends_what_was_not_modified(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        headers = {"If-None-Match": api.get(path).headers["ETag"]}
        assert is_repeated(api, path, headers=headers)
        api.patch(path, {"status": "published"})
        assert api.get(path, headers=headers).status_code == 200

    def test_lets_it_be_repeated_anew_however_often(self, made: Makes) -> None:
        narrow = made(response_cache_kib=2)
        path = f"/v1/topics/{make_topic(narrow)['id']}"
        for number in range(5):
            assert is_repeated(narrow, path)
            narrow.patch(path, {"name": f"topic {number}"})

    def test_is_seen_at_once_whoever_keeps_asking(self, api: Api, app: Any) -> None:
        path, is_over = f"/v1/claims/{make_claim(api)['id']}", threading.Event()

        def ask() -> None:
            reader = Api(app.test_client())
            while not is_over.is_set():
                reader.get(path)

        readers = [threading.Thread(target=ask) for _ in range(3)]
        for each in readers:
            each.start()
        try:
            seen = []
            for number in range(30):
                api.patch(path, {"text": f"number {number}"})
                seen.append(api.read(path)["text"])
        finally:
            is_over.set()
            for each in readers:
                each.join()
        assert seen == [f"number {number}" for number in range(30)]


class TestAnAnswerThatWasMadeDuringACommit:
    def test_is_not_given_again(self, api: Api, app: Any, database: Database) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        for each in (path, path, "/v1/topics"):
            api.get(each)

        def write() -> None:
            writer = Api(app.test_client(), api.key)
            writer.patch(path, {"text": "written meanwhile"})
            # ExistingId by now: it has the process learn of the commit.
            writer.get("/v1/topics")

        with once_asked(database, write):
            assert api.read(path)["text"] != "written meanwhile"
        assert {api.read(path)["text"] for _ in range(OFTEN)} == {"written meanwhile"}


class TestAnAnswerThatTwoAskForAtOnce:
    def test_is_kept_once(self, made: Makes) -> None:
        narrow = made(response_cache_kib=2)
        database: Database = narrow.client.application.extensions[EXTENSION]
        with database.asking(), database.asking():
            pass  # there is a connection for each now
        narrow.get("/v1/topics")
        narrow.get("/v1/topics")
        with once_asked(database, lambda: narrow.get("/v1/topics")):
            narrow.get("/v1/topics")
        assert is_repeated(narrow, "/v1/topics") == 1


class TestIsNotRepeated:
    def test_what_only_some_may_see(self, admin: Api, anybody: Api) -> None:
        claim = make_claim(admin)
        link = make_evidence(admin, claim)
        admin.delete(f"/v1/evidence/{link['id']}")
        path = f"/v1/claims/{claim['id']}/evidence?include_deleted=true"
        assert not is_repeated(admin, path)
        assert_problem(anybody.get(path), "unauthorized")

    def test_what_needs_a_key(self, made: Makes) -> None:
        private = made(public_reads=False)
        assert not is_repeated(private, "/v1/claims")
        assert_problem(Api(private.client).get("/v1/claims"), "unauthorized")

    @pytest.mark.parametrize("path", ["/metrics", "/v1/changes", "/v1/export", "/v1/claims?limit=0"])
    def test_what_is_of_the_process_or_waits_or_streams_or_is_refused(self, api: Api, path: str) -> None:
        assert not is_repeated(api, path)

    @pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v1/nothing", "/v1/claims?limit=0"])
    def test_what_never_is_without_asking_the_database(self, postgresql: Service, path: str) -> None:
        anybody = Api(postgresql.app.test_client())
        anybody.get("/v1/claims")  # by the first connection SQLAlchemy sends some things of its own
        before = value(metrics.exposition().decode(), "claims_db_statements_total")
        with counted(postgresql.database) as statements:
            assert not is_repeated(anybody, path)
        assert value(metrics.exposition().decode(), "claims_db_statements_total") - before == len(statements)

    def test_what_came_with_a_body(self, api: Api) -> None:
        assert not is_repeated(api, "/v1/topics", data="{}")

    def test_anything_where_a_setting_says_so(self, made: Makes) -> None:
        assert not is_repeated(made(response_cache_kib=0), "/v1/claims")

    def test_more_than_there_is_room_for(self, made: Makes) -> None:
        narrow = made(response_cache_kib=2)
        assert is_repeated(narrow, "/v1/topics")
        assert is_repeated(narrow, "/v1/speakers")
        before = repeats()
        narrow.get("/v1/topics")
        assert repeats() == before

    def test_what_was_asked_for_longest_ago(self, made: Makes) -> None:
        narrow = made(response_cache_kib=3)
        for path in ("/v1/topics", "/v1/speakers", "/v1/topics", "/v1/claims"):
            assert is_repeated(narrow, path)
        before = repeats()
        narrow.get("/v1/topics")
        assert repeats() == before + 1
        narrow.get("/v1/speakers")
        assert repeats() == before + 1

    def test_what_has_no_room_beside_nothing(self, made: Makes) -> None:
        narrow = made(response_cache_kib=2)
        assert is_repeated(narrow, "/v1/topics")
        assert not is_repeated(narrow, "/v1/topics", headers={"If-None-Match": f'"{"x" * 10_000}"'})
        before = repeats()
        narrow.get("/v1/topics")
        assert repeats() == before + 1

    def test_a_long_text(self, api: Api) -> None:
        short, long = make_source(api), make_source(api, "word " * 60_000)
        assert is_repeated(api, f"/v1/sources/{short['id']}/versions/1")
        assert not is_repeated(api, f"/v1/sources/{long['id']}/versions/1")

    def test_what_was_asked_for_before_a_thousand_others(self, sqlite: Service) -> None:
        anybody = Api(sqlite.app.test_client())
        assert is_repeated(anybody, "/v1/topics")
        anybody.get("/v1/speakers")
        for number in range(1100):
            anybody.get(f"/v1/speakers?name={number}")
        # Once to be known, once to be kept.
        assert is_repeated(anybody, "/v1/speakers") == 3

    def test_what_is_asked_in_more_words_than_there_is_room_for(self, made: Makes) -> None:
        headers = {"If-None-Match": f'"{"x" * 10_000}"'}
        assert not is_repeated(
            made(response_cache_kib=8), f"/v1/speakers/{make_speaker(made())['id']}", headers=headers
        )
