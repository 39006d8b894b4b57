import pytest

from tests.api.factories import NOBODY, Thing, ids, make_claim, make_evidence, make_relation, make_speaker
from tests.conftest import Api
from tests.problems import assert_problem

DATES = ("2025-10-21", None, "2025", "2025-10", None, "2025-10-21", "1999-12-31")
IN_ORDER = (6, 2, 3, 0, 5, 1, 4)


@pytest.fixture
def speaker(api: Api) -> Thing:
    return make_speaker(api, "Trump")


def timeline(api: Api, speaker: Thing, query: str = "") -> list[Thing]:
    found: list[Thing] = api.read(f"/v1/speakers/{speaker['id']}/timeline{query}")["data"]
    return found


def said(api: Api, speaker: Thing, text: str, date: str | None = None) -> Thing:
    return make_claim(api, text, speaker_id=speaker["id"], claim_date=date)


class TestTimeline:
    def test_goes_by_date_and_leaves_those_without_to_the_end(self, api: Api, speaker: Thing) -> None:
        made = [said(api, speaker, str(number), date)["id"] for number, date in enumerate(DATES)]
        make_claim(api)
        assert [each["id"] for each in timeline(api, speaker)] == [made[number] for number in IN_ORDER]

    def test_can_be_turned_round(self, api: Api, speaker: Thing) -> None:
        for number, date in enumerate(DATES):
            said(api, speaker, str(number), date)
        assert timeline(api, speaker, "?sort=-date") == timeline(api, speaker)[::-1]

    @pytest.mark.parametrize("limit", [1, 2, 3])
    @pytest.mark.parametrize("order", ["date", "-date"])
    def test_comes_in_pages_that_lose_nothing(self, api: Api, speaker: Thing, order: str, limit: int) -> None:
        for number, date in enumerate(DATES):
            said(api, speaker, str(number), date)
        path, found = f"/v1/speakers/{speaker['id']}/timeline?sort={order}&limit={limit}", []
        page = api.read(path)
        while page["next_cursor"] is not None:
            found += page["data"]
            page = api.read(f"{path}&cursor={page['next_cursor']}")
        assert [*found, *page["data"]] == timeline(api, speaker, f"?sort={order}")

    def test_shows_claims_as_they_are_listed_with_their_reversals(self, api: Api, speaker: Thing) -> None:
        make_evidence(api, said(api, speaker, "x"))
        (listed,) = api.read("/v1/claims")["data"]
        (found,) = timeline(api, speaker)
        assert found == {**listed, "reversals": []}
        assert found["assessment"]["verdict"] == "supported"

    def test_of_a_speaker_without_claims_is_empty(self, api: Api, speaker: Thing) -> None:
        assert timeline(api, speaker) == []

    def test_of_nobody_is_not_found(self, api: Api, speaker: Thing) -> None:
        api.delete(f"/v1/speakers/{speaker['id']}")
        for identity in (NOBODY, speaker["id"]):
            assert_problem(api.get(f"/v1/speakers/{identity}/timeline"), "not-found")

    def test_leaves_out_what_was_deleted(self, api: Api, speaker: Thing) -> None:
        api.delete(f"/v1/claims/{said(api, speaker, 'x')['id']}")
        assert timeline(api, speaker) == []

    def test_can_be_read_as_it_was(self, api: Api, speaker: Thing) -> None:
        old, new = said(api, speaker, "old", "2025-08"), said(api, speaker, "new", "2025-10")
        relation = make_relation(api, new, old, type="supersedes")
        before = timeline(api, speaker)
        api.delete(f"/v1/relations/{relation['id']}")
        api.patch(f"/v1/claims/{old['id']}", {"claim_date": None})
        api.delete(f"/v1/claims/{new['id']}")
        assert timeline(api, speaker, f"?as_of={relation['created_at']}") == before
        api.delete(f"/v1/claims/{old['id']}")
        api.delete(f"/v1/speakers/{speaker['id']}")
        assert timeline(api, speaker, f"?as_of={relation['created_at']}") == before


class TestReversals:
    @pytest.mark.parametrize(
        ("kind", "seen_from_old", "seen_from_new"),
        [("supersedes", "incoming", "outgoing"), ("contradicts", "both", "both")],
    )
    def test_are_seen_from_both_claims(
        self, api: Api, speaker: Thing, kind: str, seen_from_old: str, seen_from_new: str
    ) -> None:
        old, new = said(api, speaker, "old", "2025-08"), said(api, speaker, "new", "2025-10")
        made = make_relation(api, new, old, type=kind, note="why")
        shared = {"id": made["id"], "type": kind, "note": "why"}
        first, second = timeline(api, speaker)
        assert first["reversals"] == [
            {**shared, "direction": seen_from_old, "claim": {"id": new["id"], "label": "Trump: new"}}
        ]
        assert second["reversals"] == [
            {**shared, "direction": seen_from_new, "claim": {"id": old["id"], "label": "Trump: old"}}
        ]

    def test_are_told_on_a_page_that_lacks_the_other_claim(self, api: Api, speaker: Thing) -> None:
        old, new = said(api, speaker, "old", "2025-08"), said(api, speaker, "new", "2025-10")
        make_relation(api, new, old, type="supersedes")
        (found,) = timeline(api, speaker, "?limit=1")
        assert [each["claim"]["id"] for each in found["reversals"]] == [new["id"]]

    @pytest.mark.parametrize("kind", ["supports", "qualifies", "same_as", "related"])
    def test_are_no_other_relations(self, api: Api, speaker: Thing, kind: str) -> None:
        make_relation(api, said(api, speaker, "old"), said(api, speaker, "new"), type=kind)
        assert [each["reversals"] for each in timeline(api, speaker)] == [[], []]

    def test_are_of_one_speaker(self, api: Api, speaker: Thing) -> None:
        mine, other = said(api, speaker, "mine"), said(api, make_speaker(api, "Vance"), "other")
        make_relation(api, mine, other, type="contradicts")
        assert [each["reversals"] for each in timeline(api, speaker)] == [[]]

    def test_end_with_the_claim_or_the_relation(self, api: Api, speaker: Thing) -> None:
        old, new = said(api, speaker, "old"), said(api, speaker, "new")
        first = make_relation(api, new, old, type="supersedes")
        make_relation(api, new, old, type="contradicts")
        api.delete(f"/v1/relations/{first['id']}")
        assert [each["type"] for each in timeline(api, speaker)[0]["reversals"]] == ["contradicts"]
        api.delete(f"/v1/claims/{old['id']}")
        assert [(each["id"], each["reversals"]) for each in timeline(api, speaker)] == [(new["id"], [])]


class TestTheDemo:
    @pytest.mark.usefixtures("dossier")
    def test_shows_who_reversed_what(self, api: Api) -> None:
        (trump,) = ids(api.read("/v1/speakers?name=Donald%20Trump"))
        found = api.read(f"/v1/speakers/{trump}/timeline")["data"]
        assert sum(len(each["reversals"]) for each in found) == 8
        dates = [each["claim_date"] for each in found]
        assert dates == sorted(dates)
