from typing import Any

import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    ids,
    make_claim,
    make_evidence,
    make_namesake,
    make_passage,
    make_source,
    make_speaker,
    make_topic,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

KNOWN = {
    "text": "  “No date”\r\n\twas set — 100 % 🕊 ",
    "claim_date": "2025-10",
    "claim_type": "quote_verification",
    "language": "zh-Hant-TW",
    "location": "Будапешт ",
    "status": "published",
}


def verdict_of(api: Api, claim: Thing) -> str:
    verdict: str = api.read(f"/v1/claims/{claim['id']}")["assessment"]["verdict"]
    return verdict


class TestCreate:
    def test_answers_with_the_label(self, api: Api) -> None:
        claim = api.made("/v1/claims", {"label": "Kremlin: no date was set"})
        assert (claim["label"], claim["text"]) == ("Kremlin: no date was set", "no date was set")

    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = api.made("/v1/claims", KNOWN)
        assert {name: made[name] for name in KNOWN} == KNOWN

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        body = {"text": "x", "evidence": [{"stance": "supports", "passage_id": make_passage(api)["id"]}]}
        response = api.post("/v1/claims", body)
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/claims/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        link = {"stance": "supports", "passage_id": make_passage(api)["id"]}
        made = make_claim(api, topics=["summit"], evidence=[link])
        assert (made["version"], made["created_by"]) == (1, "write key")
        assert made["created_at"] == made["updated_at"]

    def test_needs_only_a_text(self, api: Api) -> None:
        made = make_claim(api, "x")
        unknown = ("speaker", "claim_date", "claim_type", "language", "location", "first_appearance_id")
        assert {made[name] for name in unknown} == {None}
        assert (made["label"], made["status"], made["topics"], made["evidence"]) == ("x", "draft", [], [])

    def test_keeps_where_it_first_appeared(self, api: Api) -> None:
        passage = make_passage(api)
        assert make_claim(api, first_appearance_id=passage["id"])["first_appearance_id"] == passage["id"]

    def test_refuses_an_unknown_field_by_name(self, api: Api) -> None:
        assert_problem(api.post("/v1/claims", {"text": "x", "verdict": "supported"}), "invalid", "/verdict")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/text"),
            ({"text": "x", "speaker_id": NOBODY}, "/speaker_id"),
            ({"text": "x", "first_appearance_id": NOBODY}, "/first_appearance_id"),
            ({"text": "x", "speaker": {"name": "New"}, "speaker_id": NOBODY}, "/speaker"),
            ({"text": "x", "speaker": {"kind": "person"}}, "/speaker/name"),
            ({"text": "x", "speaker": {"name": "New", "aliases": []}}, "/speaker/aliases"),
            ({"text": "x", "topics": ["new", " "]}, "/topics/1"),
            ({"text": "x", "speaker": {"name": "New"}, "topics": ["new"], "first_appearance_id": NOBODY},
             "/first_appearance_id"),
        ],
    )  # fmt: skip
    def test_refuses(self, api: Api, database: Database, body: dict[str, Any], pointer: str) -> None:
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", body), "invalid", pointer)


class TestCreateByLabel:
    @pytest.mark.parametrize(
        ("label", "speaker", "text"),
        [
            ("Kremlin: no date: none", "Kremlin", "no date: none"),
            ("  Kremlin :no date  ", "Kremlin", "no date"),
            ("Kremlin:\nno date", "Kremlin", "no date"),
        ],
    )
    def test_splits_at_the_first_colon(self, api: Api, label: str, speaker: str, text: str) -> None:
        made = api.made("/v1/claims", {"label": label})
        assert (made["speaker"]["name"], made["text"]) == (speaker, text)
        assert made["label"] == f"{speaker}: {text}"

    def test_is_the_text_alone_without_a_colon(self, api: Api) -> None:
        made = api.made("/v1/claims", {"label": "no date was set"})
        assert (made["speaker"], made["text"], made["label"]) == (None, "no date was set", "no date was set")

    @pytest.mark.parametrize(
        "label", [": no date", "Kremlin:", "Kremlin: ", " : x", ":", "\u200b: x", "Kremlin: \u2060"]
    )
    def test_refuses_half_a_label(self, api: Api, database: Database, label: str) -> None:
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", {"label": label}), "invalid", "/label")

    @pytest.mark.parametrize("beside", [{"text": "x"}, {"speaker": {"name": "New"}}, {"speaker_id": NOBODY}])
    def test_refuses_what_the_label_stands_for(self, api: Api, database: Database, beside: dict[str, Any]) -> None:
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", {"label": "Kremlin: x", **beside}), "invalid", "/label")

    def test_refuses_a_name_longer_than_a_speaker_may_have(self, api: Api, database: Database) -> None:
        with nothing_stored(database):
            response = api.post("/v1/claims", {"label": f"{'n' * 501}: x"})
            assert_problem(response, "invalid", "/label")


class TestCreateWithSpeaker:
    @pytest.mark.parametrize("name", ["Kremlin", "KREMLIN", " kremlin ", "rf presidency", "ＲＦ  Presidency"])
    def test_finds_who_is_named(self, api: Api, name: str) -> None:
        speaker = make_speaker(api, aliases=["RF Presidency"])
        claim = make_claim(api, speaker={"name": name, "kind": "person"})
        assert claim["speaker"] == {"id": speaker["id"], "name": "Kremlin", "kind": "organization"}
        assert len(api.read("/v1/speakers")["data"]) == 1

    def test_takes_who_is_identified(self, api: Api) -> None:
        speaker = make_speaker(api)
        assert make_claim(api, speaker_id=speaker["id"])["speaker"]["id"] == speaker["id"]

    @pytest.mark.parametrize(("kind", "kept"), [({}, "person"), ({"kind": "group"}, "group")])
    def test_makes_who_is_new(self, api: Api, kind: dict[str, str], kept: str) -> None:
        claim = make_claim(api, speaker={"name": "Quint ", **kind})
        speaker = api.read(f"/v1/speakers/{claim['speaker']['id']}")
        assert (speaker["name"], speaker["kind"], speaker["created_by"]) == ("Quint ", kept, "write key")

    def test_makes_who_is_new_once(self, api: Api) -> None:
        claims = [make_claim(api, text, speaker={"name": "Quint"}) for text in ("one", "two")]
        assert claims[0]["speaker"] == claims[1]["speaker"]

    def test_refuses_a_name_of_several_and_names_them(self, api: Api, database: Database) -> None:
        first = make_speaker(api, aliases=["RU"])
        second = make_namesake(api, "Roe University", kind="group", aliases=["ru"])
        with nothing_stored(database):
            response = api.post("/v1/claims", {"text": "x", "topics": ["new"], "speaker": {"name": "Ru"}})
        candidates = assert_problem(response, "invalid", "/speaker")["candidates"]
        assert candidates == [{name: each[name] for name in ("id", "name", "kind")} for each in (first, second)]

    def test_takes_the_one_of_several_that_is_of_the_kind(self, api: Api) -> None:
        make_speaker(api, aliases=["RU"])
        second = make_namesake(api, "Roe University", kind="group", aliases=["ru"])
        claim = make_claim(api, speaker={"name": "Ru", "kind": "group"})
        assert claim["speaker"]["id"] == second["id"]

    def test_does_not_find_who_was_deleted(self, api: Api) -> None:
        old = make_speaker(api)
        api.delete(f"/v1/speakers/{old['id']}")
        assert make_claim(api, speaker={"name": "Kremlin"})["speaker"]["id"] != old["id"]


class TestCreateWithTopics:
    def test_finds_and_makes_them_by_name(self, api: Api) -> None:
        make_topic(api)
        made = make_claim(api, topics=["SUMMIT", "visas"])
        assert made["topics"] == ["summit", "visas"]
        assert len(api.read("/v1/topics")["data"]) == 2

    def test_files_under_a_topic_once(self, api: Api) -> None:
        assert make_claim(api, topics=["visas", "Visas", " visas "])["topics"] == ["visas"]

    def test_makes_a_topic_once_for_all_claims(self, api: Api) -> None:
        for text in ("one", "two"):
            make_claim(api, text, topics=["visas"])
        assert len(api.read("/v1/topics")["data"]) == 1


class TestCreateWithEvidence:
    def test_keeps_all_of_it_in_its_order(self, api: Api) -> None:
        source = make_source(api)
        quotes = ["The talks ended", "No date was set", "A date was promised"]
        links = [{"stance": "supports", "source_id": source["id"], "exact": each} for each in quotes]
        made = make_claim(api, evidence=links)
        assert [each["passage"]["exact"] for each in made["evidence"]] == quotes
        assert made["assessment"]["counts"]["supports"] == 3
        assert {each["claim_id"] for each in made["evidence"]} == {made["id"]}

    def test_stores_nothing_when_one_link_is_bad(self, api: Api, database: Database) -> None:
        source = make_source(api)
        good = {"stance": "supports", "source_id": source["id"], "stated_by": {"name": "New speaker"}}
        links = [{**good, "exact": each} for each in ("The talks ended", "No date was set", "No such words")]
        body = {"label": "Somebody: x", "topics": ["new topic"], "evidence": links}
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", body), "quote-not-found", "/evidence/2/exact")

    @pytest.mark.parametrize(
        ("link", "code", "pointer"),
        [
            ({"exact": "date"}, "quote-ambiguous", "/exact"),
            ({"exact": "date", "start": 0, "end": 4}, "quote-mismatch", "/start"),
            ({"exact": "talks", "stated_by_id": NOBODY}, "invalid", "/stated_by_id"),
            ({"exact": "talks", "passage_id": NOBODY}, "invalid", "/passage_id"),
            ({"exact": "talks", "stance": "denies"}, "invalid", "/stance"),
            ({"exact": "talks", "credibility": 7}, "invalid", "/credibility"),
            ({"exact": "talks", "stated_by": {"name": "x" * 501}}, "invalid", "/stated_by/name"),
            ({"exact": "talks", "sance": "supports"}, "invalid", "/sance"),
        ],
    )
    def test_says_which_link_is_bad(
        self, api: Api, database: Database, link: dict[str, Any], code: str, pointer: str
    ) -> None:
        good = {"stance": "supports", "source_id": make_source(api)["id"]}
        links = [{**good, "exact": "No date"}, {**good, **link}]
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", {"text": "x", "evidence": links}), code, f"/evidence/1{pointer}")

    def test_does_not_name_an_existing_link_that_was_never_kept(self, api: Api, database: Database) -> None:
        link = {"stance": "supports", "passage_id": make_passage(api)["id"]}
        with nothing_stored(database):
            response = api.post("/v1/claims", {"text": "x", "evidence": [link, link]})
        assert response.status_code in {409, 422}
        assert "existing" not in told(response)

    def test_takes_200_links_and_no_more(self, api: Api, database: Database) -> None:
        source = make_source(api, " ".join(f"word{number:03}" for number in range(201)))
        links = [
            {"stance": "supports", "source_id": source["id"], "exact": f"word{number:03}"} for number in range(201)
        ]
        with nothing_stored(database):
            assert_problem(api.post("/v1/claims", {"text": "x", "evidence": links}), "invalid", "/evidence")
        assert make_claim(api, evidence=links[:200])["assessment"]["passages"] == 200


class TestRead:
    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}"), "not-found")

    def test_shows_the_evidence_as_evidence_shows_itself(self, api: Api) -> None:
        claim = make_claim(api)
        links = [make_evidence(api, claim), make_evidence(api, claim, stated_by={"name": "Kremlin"})]
        assert api.read(f"/v1/claims/{claim['id']}")["evidence"] == links


class TestAssessment:
    @pytest.mark.parametrize(
        ("stances", "verdict"),
        [
            ("", "not_enough_evidence"),
            ("supports", "supported"),
            ("contradicts", "refuted"),
            ("supports contradicts", "conflicting_evidence"),
            ("mentions", "not_enough_evidence"),
            ("mentions supports", "supported"),
            ("mentions contradicts contradicts", "refuted"),
        ],
    )
    def test_follows_from_the_sides_that_are_there(self, api: Api, stances: str, verdict: str) -> None:
        claim = make_claim(api)
        for stance in stances.split():
            make_evidence(api, claim, stance=stance)
        assessment = api.read(f"/v1/claims/{claim['id']}")["assessment"]
        assert assessment["verdict"] == verdict
        assert assessment["explanation"].startswith(f"{verdict}: ")
        assert sum(assessment["counts"].values()) == len(stances.split())

    def test_names_its_rule(self, api: Api) -> None:
        claim = make_claim(api)
        assert claim["assessment"]["rule"] == claim["attribution"]["rule"] == "sides-present/1"

    def test_keeps_what_was_said_apart_from_what_is_so(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, basis="attribution")
        make_evidence(api, claim, stance="contradicts")
        seen = api.read(f"/v1/claims/{claim['id']}")
        assert (seen["assessment"]["verdict"], seen["attribution"]["verdict"]) == ("refuted", "supported")
        assert seen["assessment"]["counts"] == {"supports": 0, "contradicts": 1, "mentions": 0}
        assert seen["attribution"]["counts"] == {"supports": 1, "contradicts": 0, "mentions": 0}

    def test_counts_a_group_once(self, api: Api) -> None:
        claim = make_claim(api)
        links: list[Thing] = [{"group": "a"}, {"group": "a"}, {"group": "b"}, {}, {}]
        for fields in links:
            make_evidence(api, claim, **fields)
        assessment = api.read(f"/v1/claims/{claim['id']}")["assessment"]
        assert (assessment["counts"]["supports"], assessment["passages"]) == (4, 5)

    def test_counts_a_group_on_each_side_where_it_stands(self, api: Api) -> None:
        claim = make_claim(api)
        for stance in ("supports", "supports", "contradicts"):
            make_evidence(api, claim, stance=stance, group="a")
        counts = api.read(f"/v1/claims/{claim['id']}")["assessment"]["counts"]
        assert counts == {"supports": 1, "contradicts": 1, "mentions": 0}

    def test_takes_four_sources_that_quote_one_speaker_for_one_origin(self, api: Api) -> None:
        claim = make_claim(api)
        for name in ("an official", "An Official", "AN OFFICIAL", "an  official"):
            make_evidence(api, claim, stated_by={"name": name, "kind": "unnamed"})
        assessment = api.read(f"/v1/claims/{claim['id']}")["assessment"]
        assert (assessment["passages"], assessment["sources"], assessment["origins"]) == (4, 4, 1)

    def test_takes_a_source_that_speaks_for_itself_for_one_origin(self, api: Api) -> None:
        claim, source = make_claim(api), make_source(api)
        for exact in ("The talks ended", "No date was set"):
            make_evidence(api, claim, source, exact=exact)
        make_evidence(api, claim, source, exact="A date was promised", stated_by={"name": "Kremlin"})
        assessment = api.read(f"/v1/claims/{claim['id']}")["assessment"]
        assert (assessment["passages"], assessment["sources"], assessment["origins"]) == (3, 1, 2)


def narrowed(api: Api) -> tuple[Thing, dict[str, str]]:
    """Make a claim that every filter can tell from another one; return it with what the filters need."""
    make_evidence(api, make_claim(api, speaker={"name": "Other"}, topics=["visas"], claim_date="2024"))
    source, speaker = make_source(api), make_speaker(api, aliases=["RF Presidency"])
    link = {"stance": "contradicts", "source_id": source["id"], "exact": "No date was set"}
    wanted = make_claim(api, **{**KNOWN, "speaker_id": speaker["id"], "topics": ["summit"], "evidence": [link]})
    return wanted, {"speaker": speaker["id"], "source": source["id"], "since": wanted["updated_at"]}


class TestList:
    def test_by_source_forgets_a_link_that_was_taken_away(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api)
        link = make_evidence(api, claim, source)
        assert ids(api.read(f"/v1/claims?source_id={source['id']}")) == [claim["id"]]
        api.delete(f"/v1/evidence/{link['id']}")
        assert ids(api.read(f"/v1/claims?source_id={source['id']}")) == []

    @pytest.mark.parametrize(
        "query",
        [
            "speaker_id={speaker}",
            "speaker=KREMLIN",
            "speaker=rf%20presidency",
            "topic=Summit",
            "status=published",
            "claim_type=quote_verification",
            "language=zh-Hant-TW",
            "verdict=refuted",
            "stance=contradicts",
            "source_id={source}",
            "claim_date_from=2025",
            "updated_since={since}",
            "speaker=Kremlin&topic=summit&verdict=refuted&claim_date_to=2025-12",
        ],
    )
    def test_narrows_by(self, api: Api, query: str) -> None:
        wanted, known = narrowed(api)
        assert ids(api.read(f"/v1/claims?{query.format(**known)}")) == [wanted["id"]]

    @pytest.mark.parametrize(
        "query",
        ["speaker_id=" + NOBODY, "speaker=nobody", "topic=none", "source_id=" + NOBODY, "verdict=conflicting_evidence"],
    )
    def test_finds_nothing_where_there_is_nothing(self, api: Api, query: str) -> None:
        narrowed(api)
        assert api.read(f"/v1/claims?{query}") == {"data": [], "next_cursor": None}

    @pytest.mark.parametrize("verdict", ["supported", "refuted", "conflicting_evidence", "not_enough_evidence"])
    def test_narrows_to_the_verdict_that_it_shows(self, api: Api, verdict: str) -> None:
        for stances in ("", "supports", "contradicts", "supports contradicts", "mentions"):
            claim = make_claim(api, stances or "none")
            for stance in stances.split():
                make_evidence(api, claim, stance=stance)
        everything = api.read("/v1/claims")["data"]
        expected = [each["id"] for each in everything if each["assessment"]["verdict"] == verdict]
        assert expected
        assert ids(api.read(f"/v1/claims?verdict={verdict}")) == expected

    def test_narrows_to_stances_of_any_basis(self, api: Api) -> None:
        make_evidence(api, make_claim(api, "other"), stance="supports")
        claim = make_claim(api)
        make_evidence(api, claim, stance="mentions", basis="attribution")
        assert ids(api.read("/v1/claims?stance=mentions")) == [claim["id"]]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("claim_date_from=2025-10-15", "2025 2025-10 2025-10-15 2025-10-31 2025-11"),
            ("claim_date_to=2025-10-15", "2024-12-31 2025 2025-10 2025-10-01 2025-10-15"),
            ("claim_date_from=2025-10&claim_date_to=2025-10", "2025 2025-10 2025-10-01 2025-10-15 2025-10-31"),
            ("claim_date_from=2025-10-15&claim_date_to=2025-10-15", "2025 2025-10 2025-10-15"),
            ("claim_date_to=2024", "2024-12-31"),
            ("claim_date_from=2025-11", "2025 2025-11"),
            ("claim_date_from=2026", ""),
        ],
    )
    def test_takes_a_vague_date_for_any_day_that_it_may_mean(self, api: Api, query: str, found: str) -> None:
        dates = "2024-12-31 2025 2025-10 2025-10-01 2025-10-15 2025-10-31 2025-11"
        for date in dates.split():
            make_claim(api, claim_date=date)
        make_claim(api)
        listed = api.read(f"/v1/claims?sort=claim_date&{query}")["data"]
        assert [each["claim_date"] for each in listed] == found.split()

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("created_at", "b a c"),
            ("-created_at", "c a b"),
            ("updated_at", "a c b"),
            ("-updated_at", "b c a"),
            ("claim_date", "b c a"),
            ("-claim_date", "a c b"),
        ],
    )
    def test_sorts_by(self, api: Api, sort: str, expected: str) -> None:
        dates = {"b": None, "a": "2025-10-22", "c": "2025"}
        first, *_ = [make_claim(api, text, claim_date=date) for text, date in dates.items()]
        api.patch(f"/v1/claims/{first['id']}", {"location": "Last to change"})
        assert [each["text"] for each in api.read(f"/v1/claims?sort={sort}")["data"]] == expected.split()

    def test_shows_what_a_single_claim_shows_but_for_the_evidence(self, api: Api) -> None:
        claim, _ = narrowed(api)
        shown = api.read("/v1/claims?speaker=Kremlin")["data"][0]
        assert shown == {name: value for name, value in claim.items() if name not in {"evidence", "similar"}}

    def test_brings_the_evidence_when_asked(self, api: Api) -> None:
        claims = [make_claim(api, text) for text in ("one", "two", "three")]
        for claim in claims[:2] * 2:
            make_evidence(api, claim)
        listed = api.read("/v1/claims?include=evidence&sort=created_at")["data"]
        assert listed == [api.read(f"/v1/claims/{claim['id']}") for claim in claims]
        assert [len(each["evidence"]) for each in listed] == [2, 2, 0]


class TestUpdate:
    def test_leaves_what_is_not_sent(self, api: Api) -> None:
        claim = make_claim(api, **KNOWN, speaker={"name": "Kremlin"}, topics=["summit"])
        changed = told(api.patch(f"/v1/claims/{claim['id']}", {"status": "archived"}))
        moved = ("status", "version", "updated_at")
        assert changed["status"] == "archived"
        assert {k: v for k, v in changed.items() if k not in moved} == {
            k: v for k, v in claim.items() if k not in moved
        }

    @pytest.mark.parametrize(
        "field",
        ["speaker", "speaker_id", "claim_date", "claim_type", "language", "location", "first_appearance_id"],
    )
    def test_takes_away_what_is_null(self, api: Api, field: str) -> None:
        passage = make_passage(api)
        claim = make_claim(api, **KNOWN, speaker={"name": "Kremlin"}, first_appearance_id=passage["id"])
        api.patch(f"/v1/claims/{claim['id']}", {field: None})
        assert api.read(f"/v1/claims/{claim['id']}")[field.replace("speaker_id", "speaker")] is None

    @pytest.mark.parametrize("field", ["text", "status", "topics", "label", "evidence", "assessment", "id"])
    def test_refuses_to_take_away(self, api: Api, field: str) -> None:
        claim = make_claim(api)
        assert_problem(api.patch(f"/v1/claims/{claim['id']}", {field: None}), "invalid", f"/{field}")

    @pytest.mark.parametrize(
        "changes",
        [{}, {"text": KNOWN["text"]}, KNOWN, {"topics": ["A", "b"]}, {"speaker": {"name": "KREMLIN"}}],
    )
    def test_keeps_the_version_when_nothing_changes(self, api: Api, changes: dict[str, Any]) -> None:
        claim = make_claim(api, **KNOWN, speaker={"name": "Kremlin"}, topics=["b", "a"])
        response = api.patch(f"/v1/claims/{claim['id']}", changes)
        assert (response.status_code, told(response)) == (200, claim)

    @pytest.mark.parametrize(
        "changes",
        [
            {"text": "new", "location": "here"},
            {"topics": ["new"]},
            {"topics": []},
            {"speaker": {"name": "New"}},
            {"text": "new", "topics": ["new"], "speaker": {"name": "New"}},
        ],
    )
    def test_adds_one_to_the_version(self, api: Api, changes: dict[str, Any]) -> None:
        claim = make_claim(api, topics=["old"])
        changed = told(api.patch(f"/v1/claims/{claim['id']}", changes))
        assert changed["version"] == 2
        assert changed["updated_at"] > changed["created_at"] == claim["created_at"]

    def test_takes_the_whole_list_of_topics_anew(self, api: Api) -> None:
        claim = make_claim(api, topics=["old", "kept"])
        changed = told(api.patch(f"/v1/claims/{claim['id']}", {"topics": ["Kept", "new"]}))
        assert changed["topics"] == ["kept", "new"]

    def test_shows_the_new_speaker_in_the_label(self, api: Api) -> None:
        claim = make_claim(api, "x", speaker={"name": "Kremlin"})
        changed = told(api.patch(f"/v1/claims/{claim['id']}", {"speaker": {"name": "Peskov"}}))
        assert (changed["label"], changed["speaker"]["name"]) == ("Peskov: x", "Peskov")

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"text": "new", "speaker_id": NOBODY}, "/speaker_id"),
            ({"text": "new", "first_appearance_id": NOBODY}, "/first_appearance_id"),
            ({"text": "new", "topics": ["new"], "speaker": {"name": "N"}, "speaker_id": NOBODY}, "/speaker"),
            ({"speaker": {"name": "New"}, "topics": ["new"], "first_appearance_id": NOBODY}, "/first_appearance_id"),
        ],
    )
    def test_stores_nothing_of_a_change_that_is_refused(
        self, api: Api, database: Database, changes: dict[str, Any], pointer: str
    ) -> None:
        claim = make_claim(api)
        with nothing_stored(database):
            assert_problem(api.patch(f"/v1/claims/{claim['id']}", changes), "invalid", pointer)
        assert api.read(f"/v1/claims/{claim['id']}") == claim

    def test_leaves_the_evidence(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        assert told(api.patch(f"/v1/claims/{claim['id']}", {"text": "new"}))["evidence"] == [link]

    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.patch(f"/v1/claims/{NOBODY}", {"text": "x"}), "not-found")


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api, topics=['summit'])['id']}"
        assert api.delete(path).status_code == 204
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/claims")["data"] == []
        assert api.read("/v1/claims?topic=summit")["data"] == []

    def test_hides_its_evidence(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.delete(f"/v1/claims/{claim['id']}")
        assert_problem(api.get(f"/v1/evidence/{link['id']}"), "not-found")
        assert api.read("/v1/evidence")["data"] == []

    def test_leaves_the_evidence_of_others(self, api: Api) -> None:
        claim, other, source = make_claim(api), make_claim(api, "two"), make_source(api)
        make_evidence(api, claim, source)
        link = make_evidence(api, other, source)
        api.delete(f"/v1/claims/{claim['id']}")
        assert ids(api.read("/v1/evidence")) == [link["id"]]
        assert verdict_of(api, other) == "supported"

    def test_leaves_passages_and_sources(self, api: Api) -> None:
        claim = make_claim(api)
        passage = make_evidence(api, claim)["passage"]
        api.delete(f"/v1/claims/{claim['id']}")
        assert api.read(f"/v1/passages/{passage['id']}")["exact"] == "No date was set"
        assert api.read(f"/v1/sources/{passage['source']['id']}/versions/1")["text"] == TEXT

    @pytest.mark.parametrize(("method", "below"), [("PATCH", ""), ("DELETE", ""), ("POST", "/evidence")])
    def test_leaves_nothing_to_change(self, api: Api, method: str, below: str) -> None:
        path, passage = f"/v1/claims/{make_claim(api)['id']}", make_passage(api)
        api.delete(path)
        bodies = {"PATCH": {}, "POST": {"stance": "supports", "passage_id": passage["id"]}}
        assert_problem(api.request(method, path + below, bodies.get(method)), "not-found")
