"""The ledger: who did what to which entity, and how it stood after that."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.changes import Change
from claims_api.web import long_polling
from claims_api.web.session import EXTENSION
from tests.api.factories import make_claim, make_evidence, make_passage, make_source, make_speaker, make_topic, told
from tests.conftest import Api
from tests.problems import assert_problem

REPLACE = {
    "sqlite": "INSERT OR REPLACE INTO changes SELECT * FROM changes LIMIT 1",
    "postgresql": "INSERT INTO changes SELECT * FROM changes LIMIT 1 ON CONFLICT (seq) DO UPDATE SET actor = 'nobody'",
}
NOBODY = "019a0b1c-2d3e-7f40-8123-456789abcdef"
Entry = dict[str, Any]


def history(api: Api, noun: str, identity: str, query: str = "") -> list[Entry]:
    entries: list[Entry] = api.read(f"/v1/{noun}/{identity}/history{query}")["data"]
    return entries


def newest_seq(api: Api) -> str:
    """Make a change, and return its place in the feed."""
    return str(history(api, "sources", make_source(api)["id"])[0]["seq"])


class TestHistory:
    @pytest.mark.parametrize(
        ("noun", "make", "change"),
        [
            ("claims", make_claim, {"text": "another"}),
            ("sources", make_source, {"title": "another"}),
            ("speakers", make_speaker, {"name": "another"}),
            ("topics", make_topic, {"name": "another"}),
        ],
    )
    def test_tells_of_making_changing_and_deleting_newest_first(
        self, api: Api, noun: str, make: Callable[[Api], Entry], change: dict[str, str]
    ) -> None:
        made = make(api)
        api.patch(f"/v1/{noun}/{made['id']}", change)
        api.delete(f"/v1/{noun}/{made['id']}")
        entries = history(api, noun, made["id"])
        assert [each["action"] for each in entries] == ["delete", "update", "create"]
        assert [each["version"] for each in entries] == [3, 2, 1]

    def test_names_who_did_it(self, api: Api) -> None:
        assert history(api, "claims", make_claim(api)["id"])[0]["actor"] == "write key"

    def test_tells_which_fields_were_altered(self, api: Api) -> None:
        claim = make_claim(api, "before")
        api.patch(f"/v1/claims/{claim['id']}", {"text": "after"})
        assert history(api, "claims", claim["id"])[0]["changes"] == {"text": {"before": "before", "after": "after"}}

    def test_keeps_the_topics_of_a_claim(self, api: Api) -> None:
        claim = make_claim(api, topics=["summit"])
        api.patch(f"/v1/claims/{claim['id']}", {"topics": ["ceasefire"]})
        assert [each["state"]["topics"] for each in history(api, "claims", claim["id"])] == [["ceasefire"], ["summit"]]

    def test_does_not_blame_a_claims_change_for_another_name_of_its_topic(self, api: Api) -> None:
        topic, claim = make_topic(api, "war"), make_claim(api, topics=["war"])
        api.patch(f"/v1/topics/{topic['id']}", {"name": "conflict"})
        api.patch(f"/v1/claims/{claim['id']}", {"status": "published"})
        assert list(history(api, "claims", claim["id"])[0]["changes"]) == ["status"]

    def test_of_a_claim_tells_that_its_evidence_has_changed(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.delete(f"/v1/evidence/{link['id']}")
        counts = [each["state"]["content_supports"] for each in history(api, "claims", claim["id"])]
        assert counts == [0, 1, 0]
        assert [each["action"] for each in history(api, "evidence", link["id"])] == ["delete", "create"]

    def test_of_a_claim_made_with_its_evidence_begins_with_both(self, api: Api) -> None:
        passage = make_passage(api)
        claim = make_claim(api, evidence=[{"stance": "supports", "passage_id": passage["id"]}])
        (entry,) = history(api, "claims", claim["id"])
        assert (entry["action"], entry["version"], entry["state"]["content_supports"]) == ("create", 1, 1)

    def test_of_one_request_has_what_is_referred_to_first(self, api: Api) -> None:
        after = newest_seq(api)
        link = {"stance": "supports", "source_id": make_source(api)["id"], "exact": "No date was set"}
        make_claim(api, evidence=[link], topics=["summit"], speaker={"name": "Kremlin"})
        entries = api.read(f"/v1/changes?after={after}")["data"][1:]
        assert [each["entity"] for each in entries] == ["speaker", "topic", "passage", "claim", "evidence"]

    def test_has_nothing_of_a_change_that_changes_nothing(self, api: Api) -> None:
        claim = make_claim(api)
        api.patch(f"/v1/claims/{claim['id']}", {"text": claim["text"]})
        assert len(history(api, "claims", claim["id"])) == 1

    def test_has_nothing_of_what_was_refused(self, api: Api) -> None:
        claim, source = make_claim(api), make_source(api)
        body = {"stance": "supports", "source_id": source["id"], "exact": "nowhere to be found"}
        assert_problem(api.post(f"/v1/claims/{claim['id']}/evidence", body), "quote-not-found")
        assert len(history(api, "claims", claim["id"])) == 1

    def test_comes_in_pages_that_lose_nothing(self, api: Api) -> None:
        claim = make_claim(api)
        for number in range(4):
            api.patch(f"/v1/claims/{claim['id']}", {"text": f"text {number}"})
        whole, found, query = history(api, "claims", claim["id"]), [], "?limit=2"
        while True:
            page = api.read(f"/v1/claims/{claim['id']}/history{query}")
            found += page["data"]
            if page["next_cursor"] is None:
                break
            query = f"?limit=2&before={page['next_cursor']}"
        assert found == whole
        assert len(found) == 5

    @pytest.mark.parametrize(
        "noun", ["assessments", "claims", "evidence", "passages", "relations", "sources", "speakers", "topics"]
    )
    def test_of_nothing_is_not_found(self, api: Api, noun: str) -> None:
        assert_problem(api.get(f"/v1/{noun}/{NOBODY}/history"), "not-found")

    def test_is_of_its_own_kind(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/topics/{make_claim(api)['id']}/history"), "not-found")


class TestThePagesOfAHistory:
    @pytest.mark.parametrize("which", ["history", "assessment-history"])
    def test_name_the_next_one_in_a_header(self, api: Api, which: str) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        first = api.get(f"/v1/claims/{claim['id']}/{which}?limit=1")
        path = first.headers["Link"].removeprefix("<").partition(">")[0]
        second = api.get(path)
        (newer,), (older,) = told(first)["data"], told(second)["data"]
        assert (newer["at"] > older["at"], "Link" in second.headers) == (True, False)


class TestFeed:
    def test_gives_each_change_with_its_state_in_order(self, api: Api) -> None:
        after = newest_seq(api)
        claim = make_claim(api)
        api.patch(f"/v1/claims/{claim['id']}", {"text": "another"})
        entries = api.read(f"/v1/changes?after={after}")["data"]
        assert [(each["entity"], each["action"], each["state"]["text"]) for each in entries] == [
            ("claim", "create", claim["text"]),
            ("claim", "update", "another"),
        ]

    def test_always_tells_where_to_go_on(self, api: Api) -> None:
        after = newest_seq(api)
        assert api.read(f"/v1/changes?after={after}") == {"data": [], "next_cursor": after}

    def test_of_one_kind_leaves_out_the_others(self, api: Api) -> None:
        after = newest_seq(api)
        make_topic(api)
        speaker = make_speaker(api)
        entries = api.read(f"/v1/changes?after={after}&entity=speaker")["data"]
        assert [each["entity_id"] for each in entries] == [speaker["id"]]

    def test_is_seen_whole_and_in_order_beside_many_writers(self, api: Api) -> None:
        after = newest_seq(api)

        def write(number: int) -> int:
            own = Api(api.client.application.test_client(), api.key)
            return own.post("/v1/topics", {"name": f"topic {number}"}).status_code

        seen: list[int] = []
        with ThreadPoolExecutor(6) as threads:
            writing = [threads.submit(write, number) for number in range(40)]
            while True:
                done = all(each.done() for each in writing)
                page = api.read(f"/v1/changes?after={after}&limit=7")
                seen += [each["seq"] for each in page["data"]]
                after = page["next_cursor"]
                if done and not page["data"]:
                    break
        assert seen == list(range(seen[0], seen[0] + 40))


class TestTheLedger:
    @pytest.mark.parametrize(
        "statement", [update(Change).values(actor="nobody"), delete(Change)], ids=["update", "delete"]
    )
    def test_cannot_be_rewritten(self, api: Api, database: Database, statement: Any) -> None:
        make_topic(api)
        with pytest.raises(DBAPIError, match="only grows"), database.writing() as session:
            session.execute(statement)

    def test_cannot_have_a_row_replaced(self, api: Api, database: Database) -> None:
        make_topic(api)
        with pytest.raises(DBAPIError, match="only grows"), database.writing() as session:
            session.execute(text(REPLACE[database.engine.dialect.name]))

    def test_has_no_gaps(self, api: Api, database: Database) -> None:
        make_topic(api)
        with database.reading() as connection:
            counted = connection.execute(text("SELECT count(*), min(seq), max(seq) FROM changes")).one()
        assert counted[2] - counted[1] + 1 == counted[0]


class TestHistoryWithEvidence:
    def test_has_the_changes_of_the_links_among_those_of_the_claim(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"stance": "contradicts"})
        entries = history(api, "claims", claim["id"], "?include=evidence")
        seen = [(each["entity"], each["action"]) for each in reversed(entries)]
        assert seen[0] == ("claim", "create")
        assert sorted(seen[1:3]) == [("claim", "update"), ("evidence", "create")]
        assert sorted(seen[3:]) == [("claim", "update"), ("evidence", "update")]

    def test_tells_what_each_change_altered_in_its_own_entity(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"stance": "contradicts"})
        entries = history(api, "claims", claim["id"], "?include=evidence&limit=2")
        altered = {each["entity"]: each["changes"] for each in entries}
        assert altered["evidence"] == {"stance": {"before": "supports", "after": "contradicts"}}
        assert altered["claim"]["content_contradicts"] == {"before": 0, "after": 1}

    def test_has_nothing_of_another_claims_evidence(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, make_claim(api))
        assert len(history(api, "claims", claim["id"], "?include=evidence")) == 1

    def test_is_of_claims_only(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/topics/{make_topic(api)['id']}/history?include=evidence"), "invalid")


def assessments(api: Api, claim: Entry, query: str = "") -> list[Entry]:
    entries: list[Entry] = api.read(f"/v1/claims/{claim['id']}/assessment-history{query}")["data"]
    return entries


class TestAssessmentHistory:
    def test_tells_each_verdict_newest_first(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        link = make_evidence(api, claim, stance="contradicts")
        api.delete(f"/v1/evidence/{link['id']}")
        verdicts = [each["assessment"]["verdict"] for each in assessments(api, claim)]
        assert verdicts == ["supported", "conflicting_evidence", "supported", "not_enough_evidence"]

    def test_tells_whether_it_was_said_beside_it(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, basis="attribution")
        newest = assessments(api, claim)[0]
        assert (newest["assessment"]["verdict"], newest["attribution"]["verdict"]) == (
            "not_enough_evidence",
            "supported",
        )

    def test_is_what_the_claim_showed_at_that_moment(self, api: Api) -> None:
        claim = make_claim(api)
        for stance in ("supports", "contradicts"):
            make_evidence(api, claim, stance=stance)
        for each in assessments(api, claim):
            then = api.read(f"/v1/claims/{claim['id']}?as_of={each['at']}")
            assert (each["assessment"], each["attribution"]) == (then["assessment"], then["attribution"])

    def test_names_the_change_of_the_link_that_caused_it(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"stance": "contradicts"})
        (cause,) = assessments(api, claim)[0]["caused_by"]
        assert (cause["entity"], cause["entity_id"], cause["action"]) == ("evidence", link["id"], "update")

    def test_begins_with_the_making_of_the_claim(self, api: Api) -> None:
        claim = make_claim(api)
        (entry,) = assessments(api, claim)
        (cause,) = entry["caused_by"]
        assert (cause["entity"], cause["entity_id"], cause["action"]) == ("claim", claim["id"], "create")

    def test_names_all_links_that_came_with_the_claim(self, api: Api) -> None:
        links = [{"stance": "supports", "passage_id": make_passage(api)["id"]} for _ in range(2)]
        claim = make_claim(api, evidence=links)
        (entry,) = assessments(api, claim)
        assert {each["entity_id"] for each in entry["caused_by"]} == {each["id"] for each in claim["evidence"]}

    def test_has_nothing_of_what_leaves_the_assessment_as_it_is(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"note": "on reflection"})
        api.patch(f"/v1/claims/{claim['id']}", {"text": "another"})
        assert len(assessments(api, claim)) == 2

    def test_comes_in_pages_that_lose_nothing(self, api: Api) -> None:
        claim = make_claim(api)
        for _ in range(3):
            make_evidence(api, claim)
        first = api.read(f"/v1/claims/{claim['id']}/assessment-history?limit=3")
        rest = assessments(api, claim, f"?limit=3&before={first['next_cursor']}")
        assert first["data"] + rest == assessments(api, claim)
        assert (len(first["data"]), len(rest)) == (3, 1)

    def test_goes_on_being_readable_when_the_claim_is_deleted(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        before = assessments(api, claim)
        api.delete(f"/v1/claims/{claim['id']}")
        assert assessments(api, claim) == before

    def test_of_nothing_is_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/assessment-history"), "not-found")


class TestWaiting:
    def test_ends_with_the_next_change(self, api: Api) -> None:
        after = newest_seq(api)
        own = Api(api.client.application.test_client(), api.key)
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(own.read, f"/v1/changes?after={after}&wait=30")
            topic = make_topic(api)
            (entry,) = answer.result(timeout=20)["data"]
        assert entry["entity_id"] == topic["id"]

    def test_ends_with_nothing_when_the_time_is_over(self, api: Api) -> None:
        after = newest_seq(api)
        assert api.read(f"/v1/changes?after={after}&wait=1") == {"data": [], "next_cursor": after}

    def test_does_not_delay_what_is_there_already(self, api: Api) -> None:
        make_topic(api)
        began = time.monotonic()
        assert api.read("/v1/changes?after=0&limit=1&wait=30")["data"]
        assert time.monotonic() - began < 20

    def test_of_more_than_there_are_places_for_is_answered_at_once(self, api: Api, settings: Settings) -> None:
        crowded = Api(create_app(replace(settings, waiters=0)).test_client(), api.key)
        after, began = newest_seq(api), time.monotonic()
        answer = crowded.get(f"/v1/changes?after={after}&wait=30")
        assert (told(answer)["data"], answer.headers["Retry-After"]) == ([], "1")
        assert time.monotonic() - began < 20
        crowded.client.application.extensions[EXTENSION].dispose()

    def test_ends_when_the_process_is_told_to_stop(self, api: Api, settings: Settings) -> None:
        app = create_app(settings)
        after, began = newest_seq(api), time.monotonic()
        before = signal.getsignal(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        long_polling.end_on_signals(app)
        try:
            signal.raise_signal(signal.SIGUSR1)
            assert Api(app.test_client(), api.key).read(f"/v1/changes?after={after}&wait=30")["data"] == []
        finally:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGUSR1, before)
        assert time.monotonic() - began < 20
        app.extensions[EXTENSION].dispose()

    def test_gives_its_place_back(self, api: Api, settings: Settings) -> None:
        narrow = Api(create_app(replace(settings, waiters=1)).test_client(), api.key)
        after = newest_seq(api)
        for _ in range(2):
            began = time.monotonic()
            narrow.read(f"/v1/changes?after={after}&wait=1")
            assert time.monotonic() - began > 0.9
        narrow.client.application.extensions[EXTENSION].dispose()

    def test_for_what_comes_after_the_end_is_refused(self, api: Api) -> None:
        beyond = int(newest_seq(api)) + 1
        assert_problem(api.get(f"/v1/changes?after={beyond}&wait=30"), "invalid")

    @pytest.mark.parametrize("wait", ["31", "-1", "x", "1.5"])
    def test_longer_than_allowed_is_refused(self, api: Api, wait: str) -> None:
        assert_problem(api.get(f"/v1/changes?wait={wait}"), "invalid")
