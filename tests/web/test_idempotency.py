"""A request that is sent again is answered again, and done once."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from claims_api import clock
from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.idempotency import KeptAnswer
from claims_api.models.words import Scope
from claims_api.services import idempotency, keys
from claims_api.services.idempotency import Attempt
from tests.api.factories import make_claim, make_source
from tests.conftest import Api
from tests.problems import assert_problem

BODY = {"text": "no date was set", "speaker": {"name": "Kremlin"}, "topics": ["summit"]}


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def sent(api: Api, key: str, path: str = "/v1/claims", body: object = BODY) -> TestResponse:
    return api.post(path, body, headers={"Idempotency-Key": key})


def claims_kept(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(Claim)).scalar_one()


class TestSentAgain:
    def test_gives_the_first_answer_byte_for_byte(self, api: Api, key: str) -> None:
        first, second = sent(api, key), sent(api, key)
        assert (second.status_code, second.data) == (first.status_code, first.data)

    def test_gives_the_headers_of_the_first(self, api: Api, key: str) -> None:
        first, second = sent(api, key), sent(api, key)
        for name in ("Location", "ETag", "Content-Type"):
            assert second.headers[name] == first.headers[name]

    def test_says_that_it_is_a_replay(self, api: Api, key: str) -> None:
        first, second = sent(api, key), sent(api, key)
        assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")

    def test_is_done_once(self, api: Api, database: Database, key: str) -> None:
        for _ in range(3):
            sent(api, key)
        assert claims_kept(database) == 1

    def test_gives_the_first_answer_though_the_claim_has_changed(self, api: Api, key: str) -> None:
        first = sent(api, key)
        api.patch(first.headers["Location"], {"text": "another"})
        assert sent(api, key).data == first.data

    def test_gives_200_again_for_a_passage_that_was_there(self, api: Api, key: str) -> None:
        body = {"source_id": make_source(api)["id"], "exact": "No date was set"}
        api.made("/v1/passages", body)
        first, second = (sent(api, key, "/v1/passages", body) for _ in range(2))
        assert (first.status_code, second.status_code, second.data) == (200, 200, first.data)


class TestAtTheSameTime:
    def test_is_done_once(self, api: Api, database: Database, key: str) -> None:
        def send(_: int) -> int:
            return sent(Api(api.client.application.test_client(), api.key), key).status_code

        with ThreadPoolExecutor(8) as threads:
            statuses = set(threads.map(send, range(12)))
        assert claims_kept(database) == 1
        assert statuses <= {201, 409}

    def test_is_told_to_wait_where_the_database_lets_both_begin(self, database: Database, api: Api, key: str) -> None:
        with database.writing() as session:
            if session.get_bind().dialect.name == "sqlite":
                return  # it has one writer: the second request waits by itself, as the test above shows
            idempotency.earlier_answer(session, Attempt("write key", key, "of another request"))
            response = sent(api, key)
        problem = assert_problem(response, "busy")
        assert problem["detail"] == "The same request is being done at this moment; send it again for its answer."
        assert response.headers["Retry-After"]


class TestTheSameKey:
    def test_with_another_body_is_refused(self, api: Api, database: Database, key: str) -> None:
        sent(api, key)
        assert_problem(sent(api, key, body={**BODY, "text": "another"}), "key-reused")
        assert claims_kept(database) == 1

    def test_on_another_path_is_refused(self, api: Api, key: str) -> None:
        paths = [f"/v1/claims/{make_claim(api)['id']}/assessments" for _ in range(2)]
        assert sent(api, key, paths[0], {"verdict": "refuted"}).status_code == 201
        assert_problem(sent(api, key, paths[1], {"verdict": "refuted"}), "key-reused")

    def test_with_other_parameters_is_refused(self, api: Api, key: str) -> None:
        body = {"name": "Kremlin", "kind": "organization"}
        sent(api, key, "/v1/speakers", body)
        assert_problem(sent(api, key, "/v1/speakers?allow_duplicate=true", body), "key-reused")

    def test_of_another_owner_is_another_key(self, api: Api, database: Database, key: str) -> None:
        with database.writing() as session:
            _, other = keys.create(session, name="somebody else", scope=Scope.WRITE)
        path = "/v1/claims?allow_duplicate=true"
        first, second = sent(api, key, path), sent(Api(api.client, other), key, path)
        assert first.get_json()["id"] != second.get_json()["id"]

    def test_counts_for_a_day(self, api: Api, database: Database, key: str) -> None:
        first = sent(api, key)
        with database.writing() as session:
            session.execute(update(KeptAnswer).values(created_at=clock.utcnow() - dt.timedelta(hours=25)))
        second = sent(api, key, body={**BODY, "text": "another"})
        assert second.status_code == 201
        assert second.get_json()["id"] != first.get_json()["id"]


class TestARefusal:
    def test_is_not_remembered(self, api: Api, key: str) -> None:
        assert_problem(sent(api, key, body={"text": ""}), "invalid")
        assert sent(api, key).status_code == 201

    def test_of_a_quote_is_not_remembered(self, api: Api, key: str) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}/evidence"
        body = {"stance": "supports", "source_id": make_source(api)["id"], "exact": "nowhere to be found"}
        assert_problem(sent(api, key, path, body), "quote-not-found")
        assert sent(api, key, path, {**body, "exact": "No date was set"}).status_code == 201

    def test_for_want_of_a_key_comes_first(self, anybody: Api, key: str) -> None:
        assert_problem(sent(anybody, key), "unauthorized")


class TestTheHeader:
    @pytest.mark.parametrize("length", [0, 256])
    def test_of_no_length_that_is_taken_is_refused(self, api: Api, length: int) -> None:
        problem = assert_problem(sent(api, "k" * length), "malformed")
        assert problem["detail"].startswith("An Idempotency-Key has 1 to 255 characters, all of them ASCII")
        assert "Send a UUID" in problem["remedy"]

    @pytest.mark.parametrize("length", [1, 255])
    def test_of_any_other_length_is_taken(self, api: Api, length: int) -> None:
        assert sent(api, "k" * length).status_code == 201

    def test_is_refused_where_the_answer_is_shown_once(self, admin: Api, key: str) -> None:
        response = sent(admin, key, "/v1/keys", {"name": "desk", "scopes": ["read"]})
        problem = assert_problem(response, "invalid", "Idempotency-Key")
        assert problem["detail"] == "This takes no Idempotency-Key: its answer is shown once and kept nowhere."
        assert problem["errors"][0]["detail"] == "Not taken here."

    def test_may_hold_whatever_characters_a_header_may(self, api: Api, make_key: Callable[[Scope], str]) -> None:
        odd = '"ü; a=b, \\'
        assert sent(api, odd).data == sent(api, odd).data
