"""The past: asked as of a moment, every answer is the one that was given then, whatever was done since."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask

from claims_api import clock
from claims_api.models.words import Scope
from tests.api.factories import (
    ids,
    make_assessment,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    make_speaker,
    make_topic,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

ExistingId = dict[str, str]

QUOTES = ("No date was set", "the spokesman said", "A date was promised")
ONES = ("/v1/claims/{claim}", "/v1/claims/{claim}/evidence", "/v1/evidence/{link}", "/v1/assessments/{opinion}")
LISTINGS = (
    "/v1/claims?include=evidence",
    "/v1/claims?include=evidence&speaker=KREMLIN",
    "/v1/claims?include=evidence&speaker=Moscow",
    "/v1/claims?speaker_id={speaker}&sort=updated_at",
    "/v1/claims?include=evidence&topic=Summit",
    "/v1/claims?include=evidence&verdict=supported",
    "/v1/claims?include=evidence&verdict=refuted",
    "/v1/claims?include=evidence&stance=supports&sort=claim_date",
    "/v1/claims?include=evidence&status=draft&claim_type=position&language=EN",
    "/v1/claims?include=evidence&source_id={source}&sort=-claim_date",
    "/v1/claims?include=evidence&claim_date_from=2025-10&claim_date_to=2025-10-21",
    "/v1/claims?include=evidence&updated_since={made}",
    "/v1/claims/{claim}/evidence?stance=supports&basis=content&source_id={source}",
    "/v1/claims?include=evidence&disagrees_with_derived=true",
    "/v1/claims?needs=evidence",
    "/v1/claims?needs=second_origin",
    "/v1/claims?needs=content_evidence",
    "/v1/claims?needs=reanchoring",
    "/v1/claims?needs=assessment",
    "/v1/claims?needs=conflict_review",
    "/v1/claims/{claim}/assessments?reviewer=desk&is_current=true",
    "/v1/assessments?claim_id={claim}&verdict=refuted&sort=assessed_at",
    "/v1/evidence?claim_id={claim}&sort=updated_at",
    "/v1/evidence?source_id={source}&passage_id={passage}&stated_by_id={witness}&updated_since={made}",
)
CHANGES: dict[str, tuple[str, str, Any]] = {
    "another text": ("PATCH", "/v1/claims/{claim}", {"text": "another"}),
    "another speaker": ("PATCH", "/v1/claims/{claim}", {"speaker": {"name": "Peskov"}}),
    "other topics": ("PATCH", "/v1/claims/{claim}", {"topics": ["ceasefire"]}),
    "another date": ("PATCH", "/v1/claims/{claim}", {"claim_date": "2024", "status": "published"}),
    "another type": ("PATCH", "/v1/claims/{claim}", {"claim_type": None, "language": "ru"}),
    "a claim more": ("POST", "/v1/claims", {"label": "Kremlin: another", "topics": ["summit"]}),
    "a link more": ("POST", "/v1/claims/{claim}/evidence", {"stance": "mentions", "passage_id": "{other_passage}"}),
    "another stance": ("PATCH", "/v1/evidence/{link}", {"stance": "contradicts"}),
    "another basis": ("PATCH", "/v1/evidence/{link}", {"basis": "attribution", "note": "another"}),
    "another witness": ("PATCH", "/v1/evidence/{link}", {"stated_by": {"name": "Moscow"}}),
    "a renamed speaker": ("PATCH", "/v1/speakers/{speaker}", {"name": "RF Presidency", "aliases": []}),
    "a renamed witness": ("PATCH", "/v1/speakers/{witness}", {"name": "Dmitry Peskov"}),
    "a renamed topic": ("PATCH", "/v1/topics/{topic}", {"name": "ceasefire talks"}),
    "another title": ("PATCH", "/v1/sources/{source}", {"title": "another", "publisher": "TASS"}),
    "another opinion": ("POST", "/v1/claims/{claim}/assessments", {"verdict": "supported", "reviewer": "Desk"}),
    "an opinion more": ("POST", "/v1/claims/{claim}/assessments", {"verdict": "refuted", "reviewer": "other"}),
    "an opinion less": ("DELETE", "/v1/assessments/{opinion}", None),
    "a link less": ("DELETE", "/v1/evidence/{link}", None),
    "no claim": ("DELETE", "/v1/claims/{claim}", None),
}


@pytest.fixture
def known(api: Api) -> ExistingId:
    """Make a claim that shows something of everything; the ids of it all."""
    speaker, source = make_speaker(api, "Kremlin", aliases=["Moscow"]), make_source(api)
    witnessed = {"source_id": source["id"], "exact": "No date was set", "stated_by": {"name": "Peskov"}}
    quoting = {"source_id": make_source(api)["id"], "exact": "the spokesman said", "stance": "contradicts"}
    links = [{"stance": "supports", **witnessed}, {"basis": "attribution", **quoting}]
    fields = {"claim_date": "2025-10-21", "claim_type": "position", "language": "en"}
    claim = make_claim(api, speaker_id=speaker["id"], topics=["summit"], evidence=links, **fields)
    link, other_passage = claim["evidence"][0], make_passage(api)
    opinion = make_assessment(api, claim, reviewer="Desk")
    return {
        "claim": claim["id"],
        "opinion": opinion["id"],
        "made": claim["created_at"],
        "speaker": speaker["id"],
        "source": source["id"],
        "link": link["id"],
        "passage": link["passage"]["id"],
        "witness": link["stated_by"]["id"],
        "topic": ids(api.read("/v1/topics"))[0],
        "other_passage": other_passage["id"],
        "other_source": other_passage["source"]["id"],
        "later": now(),
    }


def change(api: Api, known: ExistingId, name: str) -> None:
    method, path, body = CHANGES[name]
    body = body and {key: value.format(**known) if key == "passage_id" else value for key, value in body.items()}
    response = api.request(method, path.format(**known), body)
    assert response.status_code < 300, response.text


def now() -> str:
    return written(clock.utcnow())


def written(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def right_before(moment: str) -> str:
    return written(dt.datetime.fromisoformat(moment) - dt.timedelta(microseconds=1))


def past(path: str, moment: str) -> str:
    """Return the address of what was answered at a moment."""
    return f"{path}{'&' if '?' in path else '?'}as_of={moment}"


def answer(api: Api, path: str) -> bytes:
    response = api.get(path)
    assert response.status_code == 200, response.text
    data: bytes = response.data
    return data


def answers(api: Api, known: ExistingId, moment: str | None = None) -> dict[str, bytes]:
    """Return what every path answers, now or as of a moment."""
    paths = [path.format(**known) for path in (*ONES, *LISTINGS)]
    return {path: api.get(path if moment is None else past(path, moment)).data for path in paths}


def newest_seq(api: Api) -> int:
    entries = api.read(f"/v1/topics/{make_topic(api, f'topic {now()}')['id']}/history")["data"]
    return int(entries[0]["seq"])


def moments_after(api: Api, seq: int) -> list[dt.datetime]:
    """Return when each change after this one was made, in the order of the ledger."""
    entries = api.read(f"/v1/changes?after={seq}&limit=200")["data"]
    return [dt.datetime.fromisoformat(each["at"]) for each in entries]


class TestEveryAnswer:
    @pytest.mark.parametrize("name", CHANGES)
    def test_is_as_it_was_before_a_change(self, api: Api, known: ExistingId, name: str) -> None:
        before, moment = answers(api, known), now()
        change(api, known, name)
        assert answers(api, known) != before
        assert answers(api, known, moment) == before

    def test_is_as_it_was_at_each_moment_between_many_changes(self, api: Api, known: ExistingId) -> None:
        path, given = "/v1/claims?include=evidence", {}
        for name in CHANGES:
            change(api, known, name)
            given[now()] = answer(api, path)
        assert len(set(given.values())) == len(CHANGES)
        assert {moment: answer(api, past(path, moment)) for moment in given} == given

    def test_as_of_now_is_the_present_one(self, api: Api, known: ExistingId) -> None:
        assert answers(api, known, now()) == answers(api, known)

    def test_is_the_same_for_a_moment_in_any_zone(self, api: Api, known: ExistingId) -> None:
        moment = clock.utcnow()
        there = moment.astimezone(dt.timezone(dt.timedelta(hours=-5, minutes=-30)))
        change(api, known, "another text")
        assert answers(api, known, there.isoformat()) == answers(api, known, written(moment))

    @pytest.mark.parametrize("text", ['"quotes" \\ and \n lines', "007", "null", "[1]", "1e5", "Лавров 🕊\u2028", " x "])
    def test_keeps_what_people_wrote(self, api: Api, text: str) -> None:
        claim = make_claim(api, text, location=text, speaker={"name": text}, topics=[text])
        make_evidence(api, claim, make_source(api, title=text), note=text, group=text, stated_by={"name": text})
        path = f"/v1/claims/{claim['id']}"
        before, moment = answer(api, path), now()
        api.patch(path, {"text": "another", "location": None, "speaker_id": None, "topics": []})
        assert answer(api, past(path, moment)) == before


class TestAClaim:
    def test_as_of_its_making_is_the_answer_to_it(self, api: Api, known: ExistingId) -> None:
        made = api.post(
            "/v1/claims", {"text": "x", "evidence": [{"stance": "supports", "passage_id": known["passage"]}]}
        )
        path = f"/v1/claims/{told(made)['id']}"
        api.patch(path, {"text": "another"})
        assert answer(api, past(path, told(made)["created_at"])) == made.data

    def test_as_of_its_last_change_is_the_answer_to_it(self, api: Api, known: ExistingId) -> None:
        path = f"/v1/claims/{known['claim']}"
        changed = api.patch(path, {"text": "another", "topics": ["ceasefire"]})
        api.patch(path, {"text": "a third", "topics": []})
        assert answer(api, past(path, told(changed)["updated_at"])) == changed.data

    def test_as_of_each_entry_of_its_history_is_as_it_was_after_it(self, api: Api, known: ExistingId) -> None:
        path = f"/v1/claims/{known['claim']}"
        given = [answer(api, path)]
        for name in ("another text", "a link more", "another stance", "another date", "a link less"):
            change(api, known, name)
            given.append(answer(api, path))
        moments = [each["at"] for each in api.read(f"{path}/history")["data"]][::-1]
        assert [answer(api, past(path, each)) for each in moments[-len(given) :]] == given

    def test_right_before_a_change_is_as_it_was_before(self, api: Api, known: ExistingId) -> None:
        path = f"/v1/claims/{known['claim']}"
        before = answer(api, path)
        changed = told(api.patch(path, {"text": "another"}))
        assert answer(api, past(path, right_before(changed["updated_at"]))) == before

    def test_is_not_there_before_its_making(self, api: Api) -> None:
        claim = make_claim(api)
        for path in (f"/v1/claims/{claim['id']}", f"/v1/claims/{claim['id']}/evidence"):
            assert_problem(api.get(past(path, right_before(claim["created_at"]))), "not-found")

    def test_is_in_no_list_before_its_making(self, api: Api, known: ExistingId) -> None:
        for path in ("/v1/claims", f"/v1/claims?speaker_id={known['speaker']}", "/v1/evidence"):
            assert len(api.read(past(path, known["made"]))["data"]) > 0
            assert api.read(past(path, right_before(known["made"]))) == {"data": [], "next_cursor": None}

    def test_can_still_be_read_as_of_before_its_deletion(self, api: Api, known: ExistingId) -> None:
        path = f"/v1/claims/{known['claim']}"
        before = answer(api, path)
        api.delete(path)
        deletion = api.read(f"{path}/history")["data"][0]["at"]
        assert answer(api, past(path, right_before(deletion))) == before
        assert_problem(api.get(past(path, deletion)), "not-found")

    def test_that_was_restored_is_still_away_as_of_between(self, api: Api, known: ExistingId) -> None:
        path = f"/v1/claims/{known['claim']}"
        api.delete(path)
        between = now()
        restored = api.post(f"{path}/restore")
        assert_problem(api.get(past(path, between)), "not-found")
        assert api.read(past("/v1/claims", between))["data"] == api.read(past("/v1/evidence", between))["data"] == []
        assert answer(api, past(path, told(restored)["updated_at"])) == restored.data

    def test_that_was_deleted_then_is_shown_to_admins(
        self, api: Api, known: ExistingId, app: Flask, make_key: Callable[[Scope], str]
    ) -> None:
        admin, path = Api(app.test_client(), make_key(Scope.ADMIN)), f"/v1/claims/{known['claim']}"
        api.delete(path)
        deleted, moment = answer(admin, f"{path}?include_deleted=true"), now()
        api.post(f"{path}/restore")
        assert answer(admin, past(f"{path}?include_deleted=true", moment)) == deleted
        assert b"deleted_at" in deleted


class TestALink:
    def test_as_of_its_making_is_the_answer_to_it(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api))
        path = f"/v1/evidence/{link['id']}"
        api.patch(path, {"stance": "mentions"})
        assert api.read(past(path, link["created_at"])) == link

    def test_is_not_there_before_its_making(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        before = right_before(link["created_at"])
        assert_problem(api.get(past(f"/v1/evidence/{link['id']}", before)), "not-found")
        assert api.read(past(f"/v1/claims/{claim['id']}", before)) == claim
        assert api.read(past(f"/v1/claims/{claim['id']}/evidence", before))["data"] == []

    def test_can_still_be_read_as_of_before_its_deletion(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api))
        path = f"/v1/evidence/{link['id']}"
        api.delete(path)
        deletion = api.read(f"{path}/history")["data"][0]["at"]
        assert api.read(past(path, right_before(deletion))) == link
        assert_problem(api.get(past(path, deletion)), "not-found")


class TestAFilter:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/v1/claims?speaker=Kremlin", "a renamed speaker"),
            ("/v1/claims?speaker=Moscow", "a renamed speaker"),
            ("/v1/claims?speaker_id={speaker}", "another speaker"),
            ("/v1/claims?topic=summit", "other topics"),
            ("/v1/claims?topic=summit", "a renamed topic"),
            ("/v1/claims?verdict=supported", "another stance"),
            ("/v1/claims?stance=supports", "a link less"),
            ("/v1/claims?status=draft", "another date"),
            ("/v1/claims?claim_type=position", "another type"),
            ("/v1/claims?language=en", "another type"),
            ("/v1/claims?source_id={source}", "a link less"),
            ("/v1/claims?claim_date_from=2025-10-21", "another date"),
            ("/v1/evidence?stance=supports", "another stance"),
            ("/v1/evidence?basis=content", "another basis"),
            ("/v1/evidence?stated_by_id={witness}", "another witness"),
            ("/v1/evidence?source_id={source}", "a link less"),
            ("/v1/evidence?passage_id={passage}", "no claim"),
            ("/v1/claims/{claim}/evidence?stance=supports", "a link less"),
            ("/v1/claims/{claim}/evidence?basis=content", "another basis"),
        ],
    )
    def test_finds_by_what_was_so_then(self, api: Api, known: ExistingId, path: str, name: str) -> None:
        path = path.format(**known)
        before, moment = answer(api, path), now()
        change(api, known, name)
        assert api.read(path)["data"] == []
        assert answer(api, past(path, moment)) == before

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/v1/claims?speaker=rf%20presidency", "a renamed speaker"),
            ("/v1/claims?speaker_id={witness}", "another speaker"),
            ("/v1/claims?topic=ceasefire", "other topics"),
            ("/v1/claims?topic=ceasefire%20talks", "a renamed topic"),
            ("/v1/claims?verdict=refuted", "another stance"),
            ("/v1/claims?verdict=not_enough_evidence", "another basis"),
            ("/v1/claims?stance=mentions", "a link more"),
            ("/v1/claims?status=published", "another date"),
            ("/v1/claims?source_id={other_source}", "a link more"),
            ("/v1/claims?claim_date_to=2024", "another date"),
            ("/v1/claims?updated_since={later}", "another text"),
            ("/v1/evidence?stance=contradicts&basis=content", "another stance"),
            ("/v1/evidence?stated_by_id={speaker}", "another witness"),
            ("/v1/evidence?updated_since={later}", "another basis"),
            ("/v1/evidence?passage_id={other_passage}", "a link more"),
            ("/v1/claims/{claim}/evidence?source_id={other_source}", "a link more"),
        ],
    )
    def test_does_not_find_by_what_is_so_only_now(self, api: Api, known: ExistingId, path: str, name: str) -> None:
        path, moment = path.format(**known), now()
        change(api, known, name)
        assert len(api.read(path)["data"]) == 1
        assert api.read(past(path, moment))["data"] == []


class TestAMoment:
    def test_that_is_still_to_come_is_refused(self, api: Api, known: ExistingId) -> None:
        for path in ("/v1/claims", "/v1/evidence", *ONES):
            response = api.get(past(path.format(**known), written(clock.utcnow() + dt.timedelta(minutes=1))))
            assert assert_problem(response, "invalid")["errors"][0]["parameter"] == "as_of"

    @pytest.mark.parametrize(
        "moment", ["", "x", "yesterday", "2025-10-22", "2025-10-22T12:00:00", "2025-02-30T00:00:00Z"]
    )
    def test_that_is_none_is_refused(self, api: Api, known: ExistingId, moment: str) -> None:
        for path in ("/v1/claims", "/v1/evidence", *ONES):
            assert_problem(api.get(past(path.format(**known), moment)), "invalid", "as_of")

    def test_is_one_for_all_that_a_request_makes(self, api: Api) -> None:
        source, seq = make_source(api), newest_seq(api)
        links = [{"stance": "supports", "source_id": source["id"], "exact": quote} for quote in QUOTES]
        claim = make_claim(api, speaker={"name": "Kremlin"}, topics=["summit"], evidence=links)
        recorded = [dt.datetime.fromisoformat(claim["created_at"])] * 9
        assert moments_after(api, seq) == recorded
        shown = [each[name] for each in (claim, *claim["evidence"]) for name in ("created_at", "updated_at")]
        assert set(shown) == {claim["created_at"]}

    def test_is_one_for_a_claim_and_the_links_that_go_with_it(self, api: Api, known: ExistingId) -> None:
        seq = newest_seq(api)
        api.delete(f"/v1/claims/{known['claim']}")
        assert len(moments_after(api, seq)) == 4
        assert len(set(moments_after(api, seq))) == 1

    def test_is_later_with_each_commit_of_many_writers(self, api: Api) -> None:
        seq = newest_seq(api)

        def write(number: int) -> int:
            own = Api(api.client.application.test_client(), api.key)
            return own.post("/v1/claims", {"text": f"claim {number}"}).status_code

        with ThreadPoolExecutor(6) as threads:
            assert set(threads.map(write, range(40))) == {201}
        moments = moments_after(api, seq)
        assert len(moments) == 40
        assert moments == sorted(set(moments))

    @pytest.mark.parametrize("behind", [0, 60])
    def test_is_later_with_each_commit_though_the_clock_is_not(
        self, api: Api, monkeypatch: pytest.MonkeyPatch, behind: int
    ) -> None:
        seq, stopped = newest_seq(api), clock.utcnow() - dt.timedelta(seconds=behind)
        monkeypatch.setattr(clock, "utcnow", lambda: stopped)
        claims = [make_claim(api, f"claim {number}") for number in range(3)]
        moments = moments_after(api, seq)
        assert moments == sorted(set(moments))
        assert [len(api.read(past("/v1/claims", each["created_at"]))["data"]) for each in claims] == [1, 2, 3]


class TestPages:
    def test_of_then_lose_nothing_while_the_present_changes(self, api: Api) -> None:
        claims = [make_claim(api, f"claim {number}")["id"] for number in range(6)]
        path = past("/v1/claims?sort=updated_at", now())
        whole, found, cursor = ids(api.read(path)), [], ""
        for claim in claims[::2]:
            page = api.read(f"{path}&limit=2{cursor}")
            found += ids(page)
            cursor = f"&cursor={page['next_cursor']}"
            api.delete(f"/v1/claims/{claim}")
            api.patch(f"/v1/claims/{claims[1]}", {"text": f"after the deletion of {claim}"})
            make_claim(api, "one more")
        assert found == whole == claims
        assert page["next_cursor"] is None

    @pytest.mark.parametrize("sort", ["-created_at", "-updated_at", "claim_date"])
    def test_of_then_keep_to_the_order_of_then(self, api: Api, sort: str) -> None:
        claims = [make_claim(api, f"claim {number}", claim_date=f"202{number}")["id"] for number in range(3)]
        path = f"/v1/claims?sort={sort}"
        before, moment = ids(api.read(path)), now()
        api.patch(f"/v1/claims/{claims[0]}", {"claim_date": "2030"})
        make_claim(api, claim_date="2021")
        assert ids(api.read(path)) != before
        assert ids(api.read(past(path, moment))) == before

    def test_of_one_moment_do_not_go_on_at_another(self, api: Api) -> None:
        for number in range(3):
            make_claim(api, f"claim {number}")
        cursor = api.read(f"{past('/v1/claims?limit=1', now())}")["next_cursor"]
        for path in ("/v1/claims?limit=1", past("/v1/claims?limit=1", now())):
            assert_problem(api.get(f"{path}&cursor={cursor}"), "malformed")


class TestETag:
    @pytest.mark.parametrize("path", [ONES[0], ONES[2]])
    def test_of_then_is_that_of_the_answer_then(self, api: Api, known: ExistingId, path: str) -> None:
        path = path.format(**known)
        tag, moment = api.get(path).headers["ETag"], now()
        change(api, known, "another stance")
        assert api.get(past(path, moment)).headers["ETag"] == tag != api.get(path).headers["ETag"]

    @pytest.mark.parametrize("path", [ONES[0], ONES[2]])
    def test_of_then_saves_reading_it_again(self, api: Api, known: ExistingId, path: str) -> None:
        path = path.format(**known)
        tag, moment = api.get(path).headers["ETag"], now()
        change(api, known, "another stance")
        response = api.get(past(path, moment), headers={"If-None-Match": tag})
        assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)


class TestAMomentThatIsRightNow:
    def test_is_told_once_and_for_all_beside_many_writers(self, api: Api) -> None:
        source = make_source(api)
        links = [{"passage_id": make_passage(api, quote, source)["id"], "stance": "supports"} for quote in QUOTES]
        told_then: dict[str, bytes] = {}
        enough = Event()

        def write(number: int) -> None:
            own = Api(api.client.application.test_client(), api.key)
            while not enough.is_set():
                claim = make_claim(own, f"by {number}", evidence=links)
                own.patch(f"/v1/claims/{claim['id']}", {"text": f"by {number} again"})

        with ThreadPoolExecutor(4) as threads:
            writing = [threads.submit(write, number) for number in range(4)]
            try:
                while len(told_then) < 20 and not any(each.done() for each in writing):
                    path = past("/v1/claims?limit=5&sort=-updated_at", now())
                    told_then[path] = answer(api, path)
            finally:
                enough.set()
        assert [each.result() for each in writing] == [None] * 4
        assert {path: api.get(path).data for path in told_then} == told_then
