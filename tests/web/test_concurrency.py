"""Many at once: nothing is lost, doubled or miscounted, and nobody waits for nobody."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext

from claims_api.db import Database
from claims_api.web import session as web_session
from tests.api.factories import (
    make_assessment,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    make_speaker,
    wrong,
)
from tests.conftest import Api

AtOnce = Callable[[Callable[[Api, int], int], int], Counter[int]]
WORDS = " ".join(f"word{number:03}" for number in range(200))


@pytest.fixture
def circles(database: Database) -> Iterator[list[str]]:
    """Return what Postgres says wherever some wait for each other: it breaks one of them off after a second."""
    found: list[str] = []

    def note(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == "40P01":
            found.append(str(context.original_exception))

    event.listen(database.engine, "handle_error", note)
    yield found
    event.remove(database.engine, "handle_error", note)


@pytest.fixture
def at_once(api: Api, circles: list[str]) -> Iterator[AtOnce]:
    """Return what calls a function many times at once, each with a client of its own, and counts the statuses."""

    def run(send: Callable[[Api, int], int], times: int) -> Counter[int]:
        def one(number: int) -> int:
            return send(Api(api.client.application.test_client(), api.key), number)

        with ThreadPoolExecutor(6) as threads:
            return Counter(threads.map(one, range(times)))

    yield run
    assert circles == []


def link(source: dict[str, Any], number: int, **fields: Any) -> dict[str, Any]:
    return {"stance": "supports", "source_id": source["id"], "exact": f"word{number:03}", **fields}


class TestEvidenceOnOneClaim:
    def test_is_counted_right_while_some_is_added_and_some_taken_away(self, api: Api, at_once: AtOnce) -> None:
        source, claim = make_source(api, WORDS), make_claim(api)
        old = [make_evidence(api, claim, source, exact=f"word{number:03}")["id"] for number in range(6)]

        def send(own: Api, number: int) -> int:
            if number < len(old):
                return own.delete(f"/v1/evidence/{old[number]}").status_code
            return own.post(f"/v1/claims/{claim['id']}/evidence", link(source, 100 + number)).status_code

        assert at_once(send, 18) == {204: 6, 201: 12}
        assert api.read(f"/v1/claims/{claim['id']}")["assessment"]["counts"]["supports"] == 12


class TestOneClaim:
    def test_is_kept_once(self, api: Api, at_once: AtOnce) -> None:
        body = {"text": "no date was set", "speaker": {"name": "Kremlin"}}
        assert at_once(lambda own, _: own.post("/v1/claims", body).status_code, 12) == {201: 1, 409: 11}
        assert len(api.read("/v1/claims")["data"]) == 1


class TestAssessmentsOfOneClaim:
    def test_are_counted_right_while_some_are_made_and_some_withdrawn(
        self, api: Api, database: Database, at_once: AtOnce
    ) -> None:
        claim = make_claim(api)
        old = [make_assessment(api, claim, reviewer=f"reviewer {number}")["id"] for number in range(6)]

        def send(own: Api, number: int) -> int:
            if number < len(old):
                return own.delete(f"/v1/assessments/{old[number]}").status_code
            body = {"verdict": "supported", "reviewer": f"reviewer {number % 4}"}
            return own.post(f"/v1/claims/{claim['id']}/assessments", body).status_code

        assert at_once(send, 18) == {204: 6, 201: 12}
        shown = api.read(f"/v1/claims/{claim['id']}")
        assert [each["verdict"] for each in shown["assessments"]] == ["supported"] * 4
        with database.reading() as connection:
            assert wrong(connection) == []


class TestNewNames:
    def test_make_one_speaker_and_one_topic(self, api: Api, at_once: AtOnce) -> None:
        body = {"text": "x", "speaker": {"name": "Kremlin"}, "topics": ["summit"]}
        assert at_once(lambda own, _: own.post("/v1/claims?allow_duplicate=true", body).status_code, 12) == {201: 12}
        assert len(api.read("/v1/speakers")["data"]) == len(api.read("/v1/topics")["data"]) == 1

    def test_and_old_names_are_taken_in_an_order_that_holds_nobody_up(self, api: Api, at_once: AtOnce) -> None:
        source = make_source(api, WORDS)
        make_speaker(api, "old")

        def send(own: Api, number: int) -> int:
            first, second = ("old", f"new {number}") if number % 2 else (f"new {number}", "old")
            links = [link(source, number, stated_by={"name": second})]
            body = {"text": "x", "speaker": {"name": first}, "evidence": links}
            return own.post("/v1/claims?allow_duplicate=true", body).status_code

        assert at_once(send, 24) == {201: 24}

    @pytest.mark.parametrize("change", ["aliases", "job_title"])
    def test_beside_one_that_is_being_changed_hold_nobody_up(self, api: Api, at_once: AtOnce, change: str) -> None:
        old = make_speaker(api, "old")["id"]
        source = make_source(api, WORDS)

        def send(own: Api, number: int) -> int:
            if number % 2:
                value = [f"alias {number}"] if change == "aliases" else f"title {number}"
                return own.patch(f"/v1/speakers/{old}", {change: value}).status_code
            links = [link(source, number, stated_by={"name": f"new {number}"})]
            body = {"text": "x", "speaker": {"name": "old"}, "evidence": links}
            return own.post("/v1/claims?allow_duplicate=true", body).status_code

        assert at_once(send, 60) == {200: 30, 201: 30}

    def test_beside_a_topic_that_is_being_changed_hold_nobody_up(self, api: Api, at_once: AtOnce) -> None:
        old = api.made("/v1/topics", {"name": "old"})["id"]

        def send(own: Api, number: int) -> int:
            if number % 2:
                return own.patch(f"/v1/topics/{old}", {"name": ("old", "OLD")[number // 2 % 2]}).status_code
            body = {"text": "x", "topics": ["old", f"new {number}"]}
            return own.post("/v1/claims?allow_duplicate=true", body).status_code

        assert at_once(send, 60) == {200: 30, 201: 30}


class TestOneName:
    @pytest.mark.parametrize(("noun", "body"), [("speakers", {"kind": "group"}), ("topics", {"description": "x"})])
    def test_that_is_changed_with_and_without_a_condition_holds_nobody_up(
        self, api: Api, at_once: AtOnce, noun: str, body: dict[str, str]
    ) -> None:
        fields = {"kind": "person"} if noun == "speakers" else {}
        thing = api.made(f"/v1/{noun}", {"name": "first", **fields})

        def send(own: Api, number: int) -> int:
            headers = {"If-Match": "*"} if number % 2 else {}
            change = {**body, "name": f"name {number}"}
            return own.request("PATCH", f"/v1/{noun}/{thing['id']}", change, headers=headers).status_code

        assert at_once(send, 16) == {200: 16}


class TestOnePlace:
    def test_makes_one_passage(self, api: Api, at_once: AtOnce) -> None:
        body = {"source_id": make_source(api, WORDS)["id"], "exact": "word007"}
        assert at_once(lambda own, _: own.post("/v1/passages", body).status_code, 12) == {201: 1, 200: 11}

    def test_is_linked_to_one_claim_once(self, api: Api, at_once: AtOnce) -> None:
        source, claim = make_source(api, WORDS), make_claim(api)
        path = f"/v1/claims/{claim['id']}/evidence"
        assert at_once(lambda own, _: own.post(path, link(source, 7)).status_code, 8) == {201: 1, 409: 7}


class TestOneSource:
    @pytest.mark.parametrize("same", [{"url": "https://example.com/a"}, {"text": "No date was set."}])
    def test_is_kept_once(self, api: Api, at_once: AtOnce, same: dict[str, str]) -> None:
        body = {"title": "A report", **same}
        assert at_once(lambda own, _: own.post("/v1/sources", body).status_code, 12) == {201: 1, 409: 11}
        assert len(api.read("/v1/sources")["data"]) == 1

    def test_told_by_its_url_or_by_its_text_holds_nobody_up(self, api: Api, at_once: AtOnce) -> None:
        def send(own: Api, number: int) -> int:
            # Whoever comes second is refused by one of both, whatever the order.
            body = {"title": "x", "url": f"https://x.org/{number % 4}", "text": f"text {number // 4 % 4}"}
            return own.post("/v1/sources", body).status_code

        assert at_once(send, 32) == {201: 4, 409: 28}


class TestTwoSources:
    def test_cited_in_either_order_hold_nobody_up(self, api: Api, at_once: AtOnce) -> None:
        sources = [make_source(api, WORDS), make_source(api, WORDS)]

        def send(own: Api, number: int) -> int:
            links = [link(source, number) for source in (sources if number % 2 else reversed(sources))]
            return own.post("/v1/claims", {"text": f"x {number}", "evidence": links}).status_code

        assert at_once(send, 24) == {201: 24}


class TestAPassage:
    def test_that_is_being_deleted_is_either_linked_or_gone(self, api: Api, at_once: AtOnce) -> None:
        claim, passages = make_claim(api), [make_passage(api)["id"] for _ in range(8)]
        path = f"/v1/claims/{claim['id']}/evidence"

        def send(own: Api, number: int) -> int:
            passage = passages[number // 2]
            if number % 2:
                return own.delete(f"/v1/passages/{passage}").status_code
            return own.post(path, {"stance": "supports", "passage_id": passage}).status_code

        assert set(at_once(send, 16)) <= {201, 422, 204, 409}
        links = api.read(f"/v1/claims/{claim['id']}")["evidence"]
        assert all(api.get(f"/v1/passages/{each['passage']['id']}").status_code == 200 for each in links)


class TestWhatOthersReferTo:
    """Whoever changes it, and whoever writes twice to what refers to it, holds up nobody."""

    @pytest.mark.parametrize("write", ["delete", "assess"])
    def test_a_speaker_of_claims(self, api: Api, at_once: AtOnce, write: str) -> None:
        speaker = make_speaker(api, "old")["id"]
        claims = [make_claim(api, speaker_id=speaker)["id"] for _ in range(30)]

        def send(own: Api, number: int) -> int:
            claim = f"/v1/claims/{claims[number // 2]}"
            if number % 2:
                return own.patch(f"/v1/speakers/{speaker}", {"job_title": f"title {number}"}).status_code
            if write == "delete":
                return own.delete(claim).status_code
            return own.post(f"{claim}/assessments", {"verdict": "refuted"}).status_code

        assert at_once(send, 60) == {200: 30, 204 if write == "delete" else 201: 30}

    def test_a_source_of_passages(self, api: Api, at_once: AtOnce) -> None:
        source = make_source(api, WORDS)
        passages = [make_passage(api, f"word{number:03}", source)["id"] for number in range(30)]

        def send(own: Api, number: int) -> int:
            if number % 2:
                return own.patch(f"/v1/sources/{source['id']}", {"title": f"title {number}"}).status_code
            return own.delete(f"/v1/passages/{passages[number // 2]}").status_code

        assert at_once(send, 60) == {200: 30, 204: 30}


class TestAKey:
    def test_that_is_rotated_by_many_is_replaced_once(self, admin: Api) -> None:
        for _ in range(3):
            key = admin.made("/v1/keys", {"name": "desk", "scopes": ["read"]})

            def rotate(_: int, path: str = f"/v1/keys/{key['id']}/rotate") -> int:
                own = Api(admin.client.application.test_client(), admin.key)
                return own.post(path, {"grace_seconds": 60}).status_code

            with ThreadPoolExecutor(6) as threads:
                assert Counter(threads.map(rotate, range(6))) == {201: 1, 409: 5}


class TestATransactionThatTheDatabaseBreaksOff:
    def test_is_run_again(self, session_app: Flask, database: Database) -> None:
        with database.reading() as connection:
            if connection.dialect.name == "sqlite":
                return  # it has one writer, and breaks nothing off
        tries: list[None] = []

        def view() -> str:
            tries.append(None)
            with database.writing() as session:
                if len(tries) == 1:
                    session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))
            return "done"

        with session_app.app_context():
            assert web_session.retried(view)() == "done"
        assert len(tries) == 2


class TestEachConnection:
    def test_to_sqlite_keeps_what_was_promised(self, database: Database) -> None:
        with database.reading() as connection:
            if connection.dialect.name != "sqlite":
                return  # the other database keeps it by itself
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    def test_for_reading_sees_one_moment(self, api: Api, database: Database) -> None:
        with database.reading() as connection:
            before = connection.execute(text("SELECT count(*) FROM topics")).scalar_one()
            api.made("/v1/topics", {"name": "summit"})
            assert connection.execute(text("SELECT count(*) FROM topics")).scalar_one() == before


class TestTwoClaims:
    def test_are_related_once_whichever_way_it_is_stated(self, api: Api, at_once: AtOnce) -> None:
        first, second = make_claim(api)["id"], make_claim(api)["id"]

        def send(own: Api, number: int) -> int:
            source, target = (first, second) if number % 2 else (second, first)
            return own.post(f"/v1/claims/{source}/relations", {"type": "same_as", "target_id": target}).status_code

        assert at_once(send, 12) == {201: 1, 409: 11}

    def test_never_supersede_each_other(self, api: Api, at_once: AtOnce) -> None:
        pairs = [(make_claim(api)["id"], make_claim(api)["id"]) for _ in range(8)]

        def send(own: Api, number: int) -> int:
            pair = pairs[number // 2]
            source, target = pair if number % 2 else pair[::-1]
            return own.post(f"/v1/claims/{source}/relations", {"type": "supersedes", "target_id": target}).status_code

        assert at_once(send, 16) == {201: 8, 422: 8}

    def test_are_either_related_or_one_is_gone(self, api: Api, at_once: AtOnce) -> None:
        pairs = [(make_claim(api)["id"], make_claim(api)["id"]) for _ in range(8)]

        def send(own: Api, number: int) -> int:
            source, target = pairs[number // 2]
            if number % 2:
                return own.delete(f"/v1/claims/{target}").status_code
            return own.post(f"/v1/claims/{source}/relations", {"type": "supports", "target_id": target}).status_code

        assert set(at_once(send, 16)) <= {201, 204, 422}
        assert api.read("/v1/relations")["data"] == []


class TestCirclesOfMany:
    def test_are_never_closed(self, api: Api, at_once: AtOnce) -> None:
        claims = [make_claim(api)["id"] for _ in range(9)]

        def send(own: Api, number: int) -> int:
            body = {"type": "supersedes", "target_id": claims[(number + 1) % len(claims)]}
            return own.post(f"/v1/claims/{claims[number]}/relations", body).status_code

        assert at_once(send, len(claims)) == {201: 8, 422: 1}


class TestAMerger:
    def test_leaves_nothing_behind_while_others_write(self, api: Api, at_once: AtOnce, database: Database) -> None:
        source = make_source(api, WORDS)
        gone, into = make_speaker(api, "gone")["id"], make_speaker(api, "into")["id"]
        claims = [make_claim(api, speaker_id=gone)["id"] for _ in range(4)]

        def send(own: Api, number: int) -> int:
            if number == 6:
                return own.post(f"/v1/speakers/{gone}/merge", {"into_id": into}).status_code
            if number % 3 == 0:
                return own.post("/v1/claims?allow_duplicate=true", {"text": "x", "speaker_id": gone}).status_code
            if number % 3 == 1:
                path = f"/v1/claims/{claims[number % 4]}/evidence"
                return own.post(path, link(source, number, stated_by_id=gone)).status_code
            return own.patch(f"/v1/claims/{claims[number % 4]}", {"speaker": {"name": f"n{number}"}}).status_code

        assert set(at_once(send, 20)) <= {200, 201, 422}
        left = api.read(f"/v1/claims?speaker_id={gone}")["data"], api.read(f"/v1/evidence?stated_by_id={gone}")["data"]
        assert left == ([], [])
        with database.reading() as connection:
            assert wrong(connection) == []

    def test_holds_nobody_up_who_names_one_of_the_two_and_somebody_new(self, api: Api, at_once: AtOnce) -> None:
        pairs = [(make_speaker(api, f"a{n}")["id"], make_speaker(api, f"b{n}")["id"]) for n in range(10)]
        source = make_source(api, WORDS)

        def send(own: Api, number: int) -> int:
            pair, kind = number // 6, number % 6
            if kind == 3:
                gone, into = pairs[pair]
                return own.post(f"/v1/speakers/{gone}/merge", {"into_id": into}).status_code
            links = [link(source, number, stated_by={"name": f"new {number}"})]
            body = {"text": "x", "speaker": {"name": f"{'ab'[number % 2]}{pair}"}, "evidence": links}
            return own.post("/v1/claims?allow_duplicate=true", body).status_code

        assert at_once(send, 60) == {200: 10, 201: 50}

    def test_into_one_whose_claims_others_change_holds_nobody_up(self, api: Api, at_once: AtOnce) -> None:
        pairs = [(make_speaker(api, f"a{n}")["id"], make_speaker(api, f"b{n}")["id"]) for n in range(15)]
        claims = [make_claim(api, speaker_id=into)["id"] for _, into in pairs]

        def send(own: Api, number: int) -> int:
            gone, into = pairs[number // 2]
            if number % 2:
                return own.post(f"/v1/speakers/{gone}/merge", {"into_id": into}).status_code
            return own.patch(f"/v1/claims/{claims[number // 2]}", {"speaker": {"name": f"new {number}"}}).status_code

        assert at_once(send, 30) == {200: 30}

    def test_of_two_into_each_other_is_done_once(self, api: Api, at_once: AtOnce) -> None:
        pairs = [(make_speaker(api, f"a{n}")["id"], make_speaker(api, f"b{n}")["id"]) for n in range(6)]

        def send(own: Api, number: int) -> int:
            pair = pairs[number // 2]
            gone, into = pair if number % 2 else pair[::-1]
            return own.post(f"/v1/speakers/{gone}/merge", {"into_id": into}).status_code

        found = at_once(send, 12)
        assert found[200] == 6
        assert set(found) <= {200, 404, 422}


class TestVersionsOfOneSource:
    def test_leave_no_passage_behind_that_is_made_meanwhile(
        self, api: Api, database: Database, at_once: AtOnce
    ) -> None:
        source = make_source(api, WORDS)

        def send(own: Api, number: int) -> int:
            if number % 3 == 0:
                text = f"{WORDS} and {number}"
                return own.post(f"/v1/sources/{source['id']}/versions", {"text": text}).status_code
            return own.post("/v1/passages", {"source_id": source["id"], "exact": f"word{number:03}"}).status_code

        assert at_once(send, 18) == {201: 18}
        passages = api.read(f"/v1/passages?source_id={source['id']}")["data"]
        newest = api.read(f"/v1/sources/{source['id']}")["current_version"]["number"]
        assert newest == 7
        assert {(each["now"] or each["source"])["version"] for each in passages} == {newest}
        with database.reading() as connection:
            assert wrong(connection) == []

    def test_of_one_text_are_one(self, api: Api, at_once: AtOnce) -> None:
        source = make_source(api, WORDS)
        path = f"/v1/sources/{source['id']}/versions"
        assert at_once(lambda own, _: own.post(path, {"text": "another"}).status_code, 6) == {201: 1, 200: 5}

    def test_wait_for_no_claims_that_cite_their_passages(self, api: Api, at_once: AtOnce) -> None:
        source = make_source(api, WORDS)
        passages = [make_passage(api, f"word{number:03}", source)["id"] for number in range(20)]

        def send(own: Api, number: int) -> int:
            if number % 3 == 0:
                text = f"{WORDS} and {number}"
                return own.post(f"/v1/sources/{source['id']}/versions", {"text": text}).status_code
            links = [{"stance": "supports", "passage_id": each} for each in reversed(passages)]
            return own.post("/v1/claims", {"text": f"claim {number}", "evidence": links}).status_code

        assert at_once(send, 18) == {201: 18}
