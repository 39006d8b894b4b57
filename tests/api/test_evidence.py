import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    ids,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    make_speaker,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

EXACT = "No date was set"
START = TEXT.index(EXACT)
END = START + len(EXACT)
SAID: Thing = {
    "stance": "contradicts",
    "basis": "attribution",
    "group": " a ",
    "note": "Why “so”\r\n\t🕊 ",
    "credibility": 6,
}


class TestASecondLink:
    @pytest.mark.parametrize(
        ("place", "field"), [({"exact": "No date was set"}, "exact"), ({"start": 0, "end": 9}, "start")]
    )
    def test_is_refused_at_what_says_its_place(self, api: Api, place: Thing, field: str) -> None:
        claim, source = make_claim(api), make_source(api)
        path, body = f"/v1/claims/{claim['id']}/evidence", {"source_id": source["id"], "stance": "supports", **place}
        api.made(path, body)
        assert_problem(api.post(path, body), "duplicate", f"/{field}")

    @pytest.mark.parametrize("before", ["", "A correction. "])
    def test_is_refused_where_the_words_stand_in_a_newer_text(self, api: Api, before: str) -> None:
        claim, source = make_claim(api), make_source(api)
        first = make_evidence(api, claim, source)
        api.made(f"/v1/sources/{source['id']}/versions", {"text": f"{before}{TEXT} And more."})
        newer = make_evidence(api, make_claim(api, "another"), source)["passage"]
        for again in ({"source_id": source["id"], "exact": "No date was set"}, {"passage_id": newer["id"]}):
            response = api.post(f"/v1/claims/{claim['id']}/evidence", {"stance": "supports", **again})
            assert assert_problem(response, "duplicate")["existing"] == {"id": first["id"]}

    def test_is_refused_where_the_first_was_made_before_there_was_a_text(self, api: Api) -> None:
        claim, source = make_claim(api), api.made("/v1/sources", {"title": "A report"})
        first = make_evidence(api, claim, source)
        api.made(f"/v1/sources/{source['id']}/versions", {"text": TEXT})
        again = {"stance": "supports", "source_id": source["id"], "exact": EXACT}
        response = api.post(f"/v1/claims/{claim['id']}/evidence", again)
        assert assert_problem(response, "duplicate")["existing"] == {"id": first["id"]}

    def test_is_made_of_words_that_have_changed_in_a_newer_text(self, api: Api) -> None:
        claim, source = make_claim(api), make_source(api)
        make_evidence(api, claim, source, exact="No date was set, the spokesman said.")
        newer = TEXT.replace("spokesman said", "spokesman has said")
        api.made(f"/v1/sources/{source['id']}/versions", {"text": newer})
        make_evidence(api, claim, source, exact="No date was set, the spokesman has said.")
        assert len(api.read(f"/v1/claims/{claim['id']}/evidence")["data"]) == 2


class TestNull:
    def test_is_as_good_as_not_said(self, api: Api) -> None:
        claim, source = make_claim(api), make_source(api)
        said = {"source_id": source["id"], "exact": "No date was set", "stance": "supports"}
        unsaid = dict.fromkeys(("passage_id", "prefix", "suffix", "occurrence", "start", "end", "stated_by", "note"))
        made = api.made(f"/v1/claims/{claim['id']}/evidence", {**said, **unsaid})
        assert made["passage"]["exact"] == "No date was set"


class TestCreate:
    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = make_evidence(api, make_claim(api), **SAID)
        assert {name: made[name] for name in SAID} == SAID

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        claim, passage = make_claim(api), make_passage(api)
        body = {"stance": "mentions", "passage_id": passage["id"]}
        response = api.post(f"/v1/claims/{claim['id']}/evidence", body)
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/evidence/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        made = make_evidence(api, make_claim(api))
        assert (made["version"], made["created_by"]) == (1, "write key")
        assert made["created_at"] == made["updated_at"]

    def test_bears_on_the_content_unless_told_otherwise(self, api: Api) -> None:
        made = make_evidence(api, make_claim(api))
        assert made["basis"] == "content"
        assert {made[name] for name in ("group", "note", "credibility", "stated_by")} == {None}

    def test_takes_back_what_an_answer_shows_of_what_is_not_known(self, api: Api) -> None:
        nothing = dict.fromkeys(["group", "note", "credibility", "stated_by_id"])
        made = make_evidence(api, make_claim(api), exact="The talks ended", prefix="", suffix="", **nothing)
        assert (made["passage"]["prefix"], made["stated_by"]) == ("", None)

    def test_takes_a_passage_that_is_kept_already(self, api: Api) -> None:
        claim, passage = make_claim(api), make_passage(api)
        made = make_evidence(api, claim, passage_id=passage["id"])
        assert made["claim_id"] == claim["id"]
        assert made["passage"] == {name: passage[name] for name in made["passage"]}

    @pytest.mark.parametrize(
        "quote", [{"exact": EXACT}, {"start": START, "end": END}, {"exact": EXACT, "start": START, "end": END}]
    )
    def test_makes_the_passage_of(self, api: Api, quote: dict[str, object]) -> None:
        claim, source = make_claim(api), make_source(api)
        body = {"stance": "supports", "source_id": source["id"], **quote}
        passage = api.made(f"/v1/claims/{claim['id']}/evidence", body)["passage"]
        assert (passage["exact"], passage["start"], passage["end"]) == (EXACT, START, END)
        assert ids(api.read("/v1/passages")) == [passage["id"]]

    def test_reuses_the_passage_at_that_place(self, api: Api) -> None:
        source = make_source(api)
        passage = make_passage(api, source=source)
        made = [make_evidence(api, make_claim(api, text), source) for text in ("one", "two")]
        assert [each["passage"]["id"] for each in made] == [passage["id"]] * 2

    @pytest.mark.parametrize("by", ["passage", "quote"])
    def test_refuses_to_link_claim_and_passage_twice(self, api: Api, database: Database, by: str) -> None:
        claim, source = make_claim(api), make_source(api)
        first = make_evidence(api, claim, source)
        place = {"passage_id": first["passage"]["id"]}
        if by == "quote":
            place = {"source_id": source["id"], "exact": EXACT}
        with nothing_stored(database):
            response = api.post(f"/v1/claims/{claim['id']}/evidence", {"stance": "contradicts", **place})
        assert assert_problem(response, "duplicate")["existing"] == {"id": first["id"]}
        assert api.read(f"/v1/claims/{claim['id']}")["version"] == 2

    def test_can_link_again_what_was_taken_apart(self, api: Api) -> None:
        claim, source = make_claim(api), make_source(api)
        first = make_evidence(api, claim, source)
        api.delete(f"/v1/evidence/{first['id']}")
        assert make_evidence(api, claim, source)["id"] != first["id"]

    def test_refuses_an_unknown_claim(self, api: Api, database: Database) -> None:
        source = make_source(api)
        body = {"stance": "supports", "source_id": source["id"], "exact": EXACT, "stated_by": {"name": "New"}}
        with nothing_stored(database):
            assert_problem(api.post(f"/v1/claims/{NOBODY}/evidence", body), "not-found")

    @pytest.mark.parametrize(
        ("place", "pointer"),
        [
            ({}, "/passage_id"),
            ({"exact": EXACT}, "/passage_id"),
            ({"passage_id": NOBODY}, "/passage_id"),
            ({"source_id": NOBODY, "exact": EXACT}, "/source_id"),
            ({"passage_id": "{passage}", "source_id": "{source}", "exact": EXACT}, "/passage_id"),
            ({"passage_id": "{passage}", "exact": EXACT}, "/passage_id"),
            ({"source_id": "{source}"}, "/exact"),
            ({"source_id": "{source}", "exact": EXACT, "stated_by_id": NOBODY}, "/stated_by_id"),
            (
                {"source_id": "{source}", "exact": EXACT, "stated_by_id": NOBODY, "stated_by": {"name": "N"}},
                "/stated_by",
            ),
        ],
    )
    def test_refuses_a_link_to(self, api: Api, database: Database, place: dict[str, str], pointer: str) -> None:
        claim, passage = make_claim(api), make_passage(api)
        known = {"{passage}": passage["id"], "{source}": passage["source"]["id"]}
        place = {name: known.get(value, value) if name.endswith("_id") else value for name, value in place.items()}
        with nothing_stored(database):
            response = api.post(f"/v1/claims/{claim['id']}/evidence", {"stance": "supports", **place})
        assert_problem(response, "invalid", pointer)

    def test_refuses_a_quote_that_is_not_in_the_source(self, api: Api, database: Database) -> None:
        claim, source = make_claim(api), make_source(api)
        body = {"stance": "supports", "source_id": source["id"], "exact": "A date was set"}
        with nothing_stored(database):
            response = api.post(f"/v1/claims/{claim['id']}/evidence", {**body, "stated_by": {"name": "New"}})
        assert_problem(response, "quote-not-found", "/exact")
        assert api.read(f"/v1/claims/{claim['id']}")["version"] == 1

    def test_makes_the_speaker_who_states_it(self, api: Api) -> None:
        made = make_evidence(api, make_claim(api), stated_by={"name": "an official", "kind": "unnamed"})
        speaker = api.read("/v1/speakers")["data"][0]
        assert made["stated_by"] == {"id": speaker["id"], "name": "an official"}
        assert speaker["kind"] == "unnamed"

    @pytest.mark.parametrize("name", ["Kremlin", "rf PRESIDENCY"])
    def test_finds_the_speaker_who_states_it(self, api: Api, name: str) -> None:
        speaker = make_speaker(api, aliases=["RF Presidency"])
        made = make_evidence(api, make_claim(api), stated_by={"name": name})
        assert made["stated_by"] == {"id": speaker["id"], "name": "Kremlin"}

    def test_makes_a_new_version_of_the_claim(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        seen = api.read(f"/v1/claims/{claim['id']}")
        assert seen["version"] == 2
        assert seen["updated_at"] > claim["updated_at"]


class TestRead:
    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/evidence/{NOBODY}"), "not-found")


class TestList:
    @pytest.mark.parametrize(
        "query",
        ["claim_id={c}", "passage_id={p}", "source_id={s}", "stated_by_id={b}", "stance=mentions", "basis=attribution"],
    )
    def test_narrows_by(self, api: Api, query: str) -> None:
        make_evidence(api, make_claim(api), stated_by={"name": "Other"})
        claim, speaker = make_claim(api, "two"), make_speaker(api)
        wanted = make_evidence(api, claim, stance="mentions", basis="attribution", stated_by_id=speaker["id"])
        passage = wanted["passage"]
        query = query.format(c=claim["id"], p=passage["id"], s=passage["source"]["id"], b=speaker["id"])
        assert api.read(f"/v1/evidence?{query}")["data"] == [wanted]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        made = make_evidence(api, claim)
        assert ids(api.read(f"/v1/evidence?updated_since={made['updated_at']}")) == [made["id"]]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("created_at", [0, 1, 2]),
            ("-created_at", [2, 1, 0]),
            ("updated_at", [1, 2, 0]),
            ("-updated_at", [0, 2, 1]),
        ],
    )
    @pytest.mark.parametrize("below", [False, True])
    def test_sorts_by(self, api: Api, sort: str, order: list[int], below: bool) -> None:
        claim = make_claim(api)
        made = [make_evidence(api, claim)["id"] for _ in range(3)]
        api.patch(f"/v1/evidence/{made[0]}", {"note": "Last to change"})
        path = f"/v1/claims/{claim['id']}/evidence" if below else "/v1/evidence"
        assert ids(api.read(f"{path}?sort={sort}")) == [made[index] for index in order]


class TestListOfClaim:
    def test_shows_that_claims_only(self, api: Api) -> None:
        claim, other = make_claim(api), make_claim(api, "two")
        wanted = make_evidence(api, claim)
        make_evidence(api, other)
        assert api.read(f"/v1/claims/{claim['id']}/evidence")["data"] == [wanted]

    @pytest.mark.parametrize("query", ["source_id={}", "stance=mentions", "basis=attribution"])
    def test_narrows_by(self, api: Api, query: str) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        wanted = make_evidence(api, claim, stance="mentions", basis="attribution")
        path = f"/v1/claims/{claim['id']}/evidence?{query.format(wanted['passage']['source']['id'])}"
        assert api.read(path)["data"] == [wanted]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        made = make_evidence(api, claim)
        path = f"/v1/claims/{claim['id']}/evidence?updated_since={made['updated_at']}"
        assert ids(api.read(path)) == [made["id"]]

    def test_gives_not_found_for_an_unknown_claim(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/evidence"), "not-found")

    def test_gives_not_found_for_a_deleted_claim(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        api.delete(f"/v1/claims/{claim['id']}")
        assert_problem(api.get(f"/v1/claims/{claim['id']}/evidence"), "not-found")


class TestUpdate:
    def test_changes_the_assessment_in_the_next_answer(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"stance": "contradicts"})
        assessment = api.read(f"/v1/claims/{claim['id']}")["assessment"]
        assert assessment["verdict"] == "refuted"
        assert assessment["counts"] == {"supports": 0, "contradicts": 1, "mentions": 0}

    def test_moves_the_count_to_the_other_basis(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.patch(f"/v1/evidence/{link['id']}", {"basis": "attribution"})
        seen = api.read(f"/v1/claims/{claim['id']}")
        assert seen["assessment"]["verdict"] == "not_enough_evidence"
        assert seen["attribution"]["verdict"] == "supported"

    def test_leaves_what_is_not_sent(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api), **SAID, stated_by={"name": "Kremlin"})
        changed = told(api.patch(f"/v1/evidence/{link['id']}", {"credibility": 1}))
        moved = ("credibility", "version", "updated_at")
        assert {k: v for k, v in changed.items() if k not in moved} == {k: v for k, v in link.items() if k not in moved}

    @pytest.mark.parametrize("field", ["group", "note", "credibility", "stated_by", "stated_by_id"])
    def test_takes_away_what_is_null(self, api: Api, field: str) -> None:
        link = make_evidence(api, make_claim(api), **SAID, stated_by={"name": "Kremlin"})
        response = api.patch(f"/v1/evidence/{link['id']}", {field: None})
        assert told(response)[field.removesuffix("_id")] is None

    @pytest.mark.parametrize("field", ["stance", "basis", "claim_id", "passage_id", "source_id", "exact"])
    def test_keeps_what_makes_the_link(self, api: Api, field: str) -> None:
        link = make_evidence(api, make_claim(api))
        assert_problem(api.patch(f"/v1/evidence/{link['id']}", {field: None}), "invalid", f"/{field}")

    def test_adds_one_to_the_versions_of_link_and_claim(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        changed = told(api.patch(f"/v1/evidence/{link['id']}", {"stance": "mentions", "note": "Both"}))
        assert changed["version"] == 2
        assert changed["updated_at"] > changed["created_at"] == link["created_at"]
        assert api.read(f"/v1/claims/{claim['id']}")["version"] == 3

    @pytest.mark.parametrize("changes", [{}, {"note": SAID["note"]}, SAID, {"stated_by": {"name": "KREMLIN"}}])
    def test_keeps_the_versions_when_nothing_changes(self, api: Api, changes: dict[str, object]) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim, **SAID, stated_by={"name": "Kremlin"})
        before = api.read(f"/v1/claims/{claim['id']}")
        response = api.patch(f"/v1/evidence/{link['id']}", changes)
        assert (response.status_code, told(response)) == (200, link)
        assert api.read(f"/v1/claims/{claim['id']}") == before

    def test_takes_another_speaker_by_name(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api), stated_by={"name": "Kremlin"})
        changed = told(api.patch(f"/v1/evidence/{link['id']}", {"stated_by": {"name": "Peskov"}}))
        assert changed["stated_by"]["name"] == "Peskov"

    def test_stores_nothing_of_a_change_that_is_refused(self, api: Api, database: Database) -> None:
        link = make_evidence(api, make_claim(api))
        with nothing_stored(database):
            body = {"stated_by": {"name": "New"}, "stated_by_id": NOBODY}
            assert_problem(api.patch(f"/v1/evidence/{link['id']}", body), "invalid", "/stated_by")
        assert api.read(f"/v1/evidence/{link['id']}") == link

    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.patch(f"/v1/evidence/{NOBODY}", {"stance": "supports"}), "not-found")


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        claim = make_claim(api)
        path = f"/v1/evidence/{make_evidence(api, claim)['id']}"
        assert api.delete(path).status_code == 204
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/evidence")["data"] == []
        assert api.read(f"/v1/claims/{claim['id']}")["evidence"] == []

    def test_changes_the_assessment_in_the_next_answer(self, api: Api) -> None:
        claim = make_claim(api)
        api.delete(f"/v1/evidence/{make_evidence(api, claim)['id']}")
        seen = api.read(f"/v1/claims/{claim['id']}")
        assert (seen["assessment"], seen["version"]) == (claim["assessment"], 3)

    def test_leaves_the_passage(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api))
        api.delete(f"/v1/evidence/{link['id']}")
        assert api.get(f"/v1/passages/{link['passage']['id']}").status_code == 200

    @pytest.mark.parametrize("again", ["patch", "delete"])
    def test_leaves_nothing_to_change(self, api: Api, again: str) -> None:
        path = f"/v1/evidence/{make_evidence(api, make_claim(api))['id']}"
        api.delete(path)
        assert_problem(api.request(again.upper(), path, {} if again == "patch" else None), "not-found")
