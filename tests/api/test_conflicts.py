from typing import Any

import pytest

from tests.api.factories import Thing, make_claim, make_evidence, make_relation, make_source, make_topic
from tests.conftest import Api
from tests.problems import assert_problem

FOR, AGAINST, ASIDE = "No date was set", "A date was promised", "The talks ended"


def conflicts(api: Api, query: str = "") -> list[Thing]:
    found: list[Thing] = api.read(f"/v1/conflicts{query}")["data"]
    return found


def told(found: list[Thing]) -> list[tuple[Any, ...]]:
    """Return kind and claims of conflicts."""
    return [(each["kind"], *(claim["label"] for claim in each["claims"])) for each in found]


def quotes(side: Thing) -> list[str]:
    return [link["passage"]["exact"] for link in side["evidence"]]


def link(api: Api, claim: Thing, exact: str, stance: str, basis: str = "content") -> Thing:
    return make_evidence(api, claim, make_source(api), exact=exact, stance=stance, basis=basis)


def at_odds(api: Api, text: str = "at odds", **fields: Any) -> Thing:
    """Keep a claim with evidence of both stances, and some beside."""
    claim = make_claim(api, text, **fields)
    link(api, claim, FOR, "supports")
    link(api, claim, AGAINST, "contradicts")
    return claim


def said(api: Api, text: str, speaker: str, **fields: Any) -> Thing:
    return make_claim(api, text, speaker={"name": speaker}, **fields)


class TestEvidence:
    def test_of_both_stances_faces_itself(self, api: Api) -> None:
        claim = at_odds(api, claim_date="2025-10")
        (found,) = conflicts(api)
        assert (found["kind"], found["relation"], found["same_speaker"]) == ("evidence", None, False)
        assert [each["stance"] for each in found["sides"]] == ["supports", "contradicts"]
        assert [quotes(each) for each in found["sides"]] == [[FOR], [AGAINST]]
        shown = {
            "id": claim["id"],
            "label": "at odds",
            "speaker": None,
            "claim_date": "2025-10",
            "verdict": "conflicting_evidence",
        }
        assert found["claims"] == [shown]
        assert [each["claim"] for each in found["sides"]] == [shown, shown]

    def test_on_what_was_said_is_left_out_of_its_sides(self, api: Api) -> None:
        claim = at_odds(api)
        link(api, claim, FOR, "supports", "attribution")
        link(api, claim, ASIDE, "mentions")
        assert [quotes(each) for each in conflicts(api)[0]["sides"]] == [[FOR], [AGAINST]]

    def test_is_shown_as_it_is_shown_elsewhere(self, api: Api) -> None:
        claim = at_odds(api)
        sides = conflicts(api)[0]["sides"]
        shown = api.read(f"/v1/claims/{claim['id']}")["evidence"]
        assert [*sides[0]["evidence"], *sides[1]["evidence"]] == shown

    @pytest.mark.parametrize(
        "links",
        [
            [("supports", "content")],
            [("supports", "content"), ("contradicts", "attribution")],
            [("supports", "attribution"), ("contradicts", "attribution")],
            [("mentions", "content"), ("contradicts", "content")],
        ],
    )
    def test_that_is_not_of_both_stances_is_no_conflict(self, api: Api, links: list[tuple[str, str]]) -> None:
        claim = make_claim(api)
        for stance, basis in links:
            link(api, claim, FOR, stance, basis)
        assert conflicts(api) == []

    def test_of_a_deleted_claim_is_no_conflict(self, api: Api) -> None:
        api.delete(f"/v1/claims/{at_odds(api)['id']}")
        assert conflicts(api) == []


class TestTwoClaims:
    def test_that_contradict_each_other_face_each_other_with_all_their_passages(self, api: Api) -> None:
        first, second = said(api, "first", "Kremlin"), said(api, "second", "White House")
        link(api, first, FOR, "supports", "attribution")
        link(api, second, AGAINST, "contradicts")
        link(api, second, ASIDE, "mentions")
        made = make_relation(api, first, second, type="contradicts", note="why")
        (found,) = conflicts(api)
        assert (found["kind"], found["same_speaker"]) == ("contradicts", False)
        assert found["relation"] == {"id": made["id"], "type": "contradicts", "note": "why"}
        assert [each["claim"]["label"] for each in found["sides"]] == ["Kremlin: first", "White House: second"]
        assert [each["stance"] for each in found["sides"]] == [None, None]
        assert [quotes(each) for each in found["sides"]] == [[FOR], [AGAINST, ASIDE]]
        assert found["claims"] == [each["claim"] for each in found["sides"]]

    @pytest.mark.parametrize("kind", ["contradicts", "supersedes"])
    def test_of_one_speaker_are_told_to_be_so(self, api: Api, kind: str) -> None:
        make_relation(api, said(api, "new", "Trump"), said(api, "old", "Trump"), type=kind)
        (found,) = conflicts(api)
        assert (found["kind"], found["same_speaker"]) == (kind, True)

    def test_that_supersede_each_other_are_no_conflict_of_two_speakers(self, api: Api) -> None:
        make_relation(api, said(api, "new", "Trump"), said(api, "old", "Vance"), type="supersedes")
        make_relation(api, make_claim(api), make_claim(api), type="supersedes")
        assert conflicts(api) == []

    def test_of_which_nobody_knows_the_speaker_are_not_of_one_speaker(self, api: Api) -> None:
        make_relation(api, make_claim(api), make_claim(api), type="contradicts")
        assert [each["same_speaker"] for each in conflicts(api)] == [False]

    @pytest.mark.parametrize("kind", ["supports", "qualifies", "same_as", "related"])
    def test_that_are_related_otherwise_are_no_conflict(self, api: Api, kind: str) -> None:
        make_relation(api, said(api, "new", "Trump"), said(api, "old", "Trump"), type=kind)
        assert conflicts(api) == []

    @pytest.mark.parametrize("what", ["relation", "source", "target"])
    def test_are_no_conflict_where_something_of_it_was_deleted(self, api: Api, what: str) -> None:
        made = make_relation(api, type="contradicts")
        paths = {
            "relation": f"/v1/relations/{made['id']}",
            "source": f"/v1/claims/{made['source']['id']}",
            "target": f"/v1/claims/{made['target']['id']}",
        }
        api.delete(paths[what])
        assert conflicts(api) == []


class TestList:
    @pytest.fixture
    def known(self, api: Api) -> dict[str, str]:
        """Make a conflict of every kind, in this order; the ids of what they are found by."""
        make_topic(api, "summit")
        torn = at_odds(api, "torn", topics=["summit"], speaker={"name": "Zelensky"})
        old, new = said(api, "old", "Trump"), said(api, "new", "Trump")
        other = said(api, "other", "Kremlin", topics=["summit"])
        make_relation(api, new, old, type="supersedes")
        make_relation(api, new, old, type="contradicts")
        make_relation(api, other, new, type="contradicts")
        return {
            "torn": torn["id"],
            "new": new["id"],
            "trump": new["speaker"]["id"],
            "kremlin": other["speaker"]["id"],
            "zelensky": torn["speaker"]["id"],
            "now": api.read("/v1/relations")["data"][0]["created_at"],
        }

    WHOLE = (
        ("contradicts", "Kremlin: other", "Trump: new"),
        ("contradicts", "Trump: new", "Trump: old"),
        ("supersedes", "Trump: new", "Trump: old"),
        ("evidence", "Zelensky: torn"),
    )

    def test_has_all_newest_first(self, api: Api, known: dict[str, str]) -> None:
        assert told(conflicts(api)) == list(self.WHOLE)

    def test_can_be_turned_round(self, api: Api, known: dict[str, str]) -> None:
        assert told(conflicts(api, "?sort=created_at")) == list(self.WHOLE)[::-1]

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_comes_in_pages_that_lose_nothing(self, api: Api, known: dict[str, str], limit: int) -> None:
        page, found = api.read(f"/v1/conflicts?limit={limit}"), []
        while True:
            found += page["data"]
            if page["next_cursor"] is None:
                break
            page = api.read(f"/v1/conflicts?limit={limit}&cursor={page['next_cursor']}")
        assert found == conflicts(api)

    @pytest.mark.parametrize(
        ("query", "places"),
        [
            ("kind=evidence", [3]),
            ("kind=contradicts", [0, 1]),
            ("kind=supersedes", [2]),
            ("same_speaker=true", [1, 2]),
            ("same_speaker=false", [0, 3]),
            ("claim_id={torn}", [3]),
            ("claim_id={new}", [0, 1, 2]),
            ("speaker_id={trump}", [0, 1, 2]),
            ("speaker_id={kremlin}", [0]),
            ("speaker_id={zelensky}", [3]),
            ("topic=SUMMIT", [0, 3]),
            ("topic=summit&kind=contradicts&same_speaker=false", [0]),
            ("topic=other", []),
        ],
    )
    def test_keeps_to_its_filters(self, api: Api, known: dict[str, str], query: str, places: list[int]) -> None:
        found = told(conflicts(api, "?" + query.format(**known)))
        assert found == [self.WHOLE[place] for place in places]

    def test_can_be_read_as_it_was(self, api: Api, known: dict[str, str]) -> None:
        before = conflicts(api)
        api.delete(f"/v1/claims/{known['new']}")
        for each in api.read(f"/v1/claims/{known['torn']}")["evidence"]:
            api.patch(f"/v1/evidence/{each['id']}", {"stance": "supports"})
        assert conflicts(api) == []
        assert conflicts(api, f"?as_of={known['now']}") == before

    @pytest.mark.parametrize("query", ["kind=disputed", "same_speaker=yes", "sort=kind", "updated_since=2025", "x=1"])
    def test_refuses_by_name(self, api: Api, query: str) -> None:
        assert_problem(api.get(f"/v1/conflicts?{query}"), "invalid", query.partition("=")[0])


class TestTheDemo:
    @pytest.mark.usefixtures("dossier")
    def test_has_the_conflicts_of_its_claims_and_relations(self, api: Api) -> None:
        torn = {each["id"] for each in api.read("/v1/claims?verdict=conflicting_evidence&limit=200")["data"]}
        found = conflicts(api, "?limit=200")
        kinds = [each["kind"] for each in found]
        assert {each["claims"][0]["id"] for each in found if each["kind"] == "evidence"} == torn
        assert (kinds.count("contradicts"), kinds.count("supersedes")) == (5, 2)
        assert sum(each["same_speaker"] for each in found) == 4
