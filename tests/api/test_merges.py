"""Two speakers who turn out to be one, and the undoing of that."""

from itertools import pairwise

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
    nothing_stored,
    told,
    wrong,
)
from tests.conftest import Api
from tests.problems import assert_problem
from tests.web.test_statements import counted

QUOTES = ("The talks ended", "No date was set", "A date was promised")


def merge(api: Api, gone: Thing, into: Thing) -> Thing:
    response = api.post(f"/v1/speakers/{gone['id']}/merge", {"into_id": into["id"]})
    assert response.status_code == 200, response.text
    return told(response)


def unmerge(api: Api, gone: Thing) -> Thing:
    response = api.post(f"/v1/speakers/{gone['id']}/unmerge")
    assert response.status_code == 200, response.text
    return told(response)


def quoting(api: Api, claim: Thing, source: Thing, speaker: Thing, exact: str) -> Thing:
    return make_evidence(api, claim, source, exact=exact, stated_by_id=speaker["id"])


def claim_of(api: Api, claim: Thing) -> Thing:
    return api.read(f"/v1/claims/{claim['id']}")


def speaker_of(api: Api, claim: Thing) -> str:
    return str(claim_of(api, claim)["speaker"]["id"])


def witness_of(api: Api, link: Thing) -> str:
    return str(api.read(f"/v1/evidence/{link['id']}")["stated_by"]["id"])


def lasting(claim: Thing) -> Thing:
    """Leave out what every change alters, of a claim's links too."""
    kept = {name: value for name, value in claim.items() if name not in {"updated_at", "version"}}
    return {**kept, "evidence": [lasting(each) for each in claim.get("evidence", [])]}


@pytest.fixture
def sergei(api: Api) -> Thing:
    return make_speaker(api, "Sergei Lavrov", kind="person", aliases=["S. Lavrov", "Minister"])


@pytest.fixture
def sergey(api: Api) -> Thing:
    return make_speaker(api, "Sergey Lavrov", kind="person", aliases=["Lavrov"])


@pytest.fixture
def torn(api: Api, sergei: Thing, sergey: Thing) -> Thing:
    """A claim of the one, whose links are stated by both."""
    source, claim = make_source(api), make_claim(api, "x", speaker_id=sergei["id"])
    for exact, witness in zip(QUOTES, (sergei, sergey, sergei), strict=True):
        quoting(api, claim, source, witness, exact)
    return claim_of(api, claim)


class TestMerge:
    def test_gives_all_claims_and_links_to_the_other(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        mine, other = make_claim(api, "mine", speaker_id=sergei["id"]), make_claim(api, "other")
        source = make_source(api)
        links = [quoting(api, claim, source, sergei, QUOTES[0]) for claim in (mine, other)]
        assert merge(api, sergei, sergey)["moved"] == {"claims": 1, "evidence": 2}
        assert speaker_of(api, mine) == sergey["id"]
        assert [witness_of(api, each) for each in links] == [sergey["id"]] * 2
        assert claim_of(api, other)["speaker"] is None

    def test_leaves_what_others_have(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        third = make_speaker(api, "Kremlin")
        theirs = make_claim(api, "theirs", speaker_id=third["id"])
        quoted = quoting(api, theirs, make_source(api), third, QUOTES[0])
        before = claim_of(api, theirs)
        merge(api, sergei, sergey)
        assert (claim_of(api, theirs), witness_of(api, quoted)) == (before, third["id"])

    def test_makes_the_names_aliases_of_the_other(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        speaker = merge(api, sergei, sergey)["speaker"]
        assert (speaker["id"], speaker["name"]) == (sergey["id"], "Sergey Lavrov")
        assert speaker["aliases"] == ["Lavrov", "Sergei Lavrov", "S. Lavrov", "Minister"]
        for name in ("sergei lavrov", "MINISTER", "Lavrov", "Sergey Lavrov"):
            assert ids(api.read(f"/v1/speakers?name={name}")) == [sergey["id"]]

    def test_says_no_name_twice(self, api: Api) -> None:
        one = make_speaker(api, "Kremlin", aliases=["Moscow", "Moscow", "Peskov"])
        other = make_namesake(api, "Kremlin", aliases=["Peskov"])
        assert merge(api, one, other)["speaker"]["aliases"] == ["Peskov", "Moscow"]

    def test_deletes_the_one_who_is_merged(self, api: Api, admin: Api, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        assert_problem(api.get(f"/v1/speakers/{sergei['id']}"), "not-found")
        shown = admin.read(f"/v1/speakers/{sergei['id']}?include_deleted=true")
        assert shown["merged_into_id"] == sergey["id"]

    def test_counts_the_origins_anew(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        assert torn["assessment"]["origins"] == 2
        merge(api, sergei, sergey)
        now = claim_of(api, torn)
        assert (now["assessment"]["origins"], now["version"]) == (1, torn["version"] + 1)

    def test_is_told_by_the_ledger_as_one_moment(
        self, api: Api, torn: Thing, sergei: Thing, sergey: Thing, database: Database
    ) -> None:
        after = api.read(f"/v1/evidence/{torn['evidence'][-1]['id']}/history")["data"][0]["seq"]
        merge(api, sergei, sergey)
        entries = api.read(f"/v1/changes?after={after}")["data"]
        assert sorted((each["entity"], each["action"]) for each in entries) == [
            ("claim", "update"),
            ("evidence", "update"),
            ("evidence", "update"),
            ("speaker", "delete"),
            ("speaker", "update"),
        ]
        assert len({each["at"] for each in entries}) == 1
        with database.reading() as connection:
            assert wrong(connection) == []

    def test_leaves_the_past_as_it_was(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        paths = [
            f"/v1/claims/{torn['id']}?",
            "/v1/claims?include=evidence&speaker=minister&",
            f"/v1/claims?speaker_id={sergei['id']}&",
            f"/v1/speakers/{sergei['id']}/timeline?",
            f"/v1/evidence?stated_by_id={sergei['id']}&",
        ]
        before = [api.read(path) for path in paths]
        merge(api, sergei, sergey)
        assert [api.read(f"{path}as_of={torn['updated_at']}") for path in paths] == before

    def test_into_the_same_is_refused(self, api: Api, database: Database, sergei: Thing) -> None:
        with nothing_stored(database):
            response = api.post(f"/v1/speakers/{sergei['id']}/merge", {"into_id": sergei["id"]})
        assert_problem(response, "invalid", "/into_id")

    def test_to_more_aliases_than_a_speaker_may_have_is_refused(self, api: Api, database: Database) -> None:
        one, two = (make_speaker(api, kind, aliases=[f"{kind} {n}" for n in range(60)]) for kind in ("one", "two"))
        with nothing_stored(database):
            response = api.post(f"/v1/speakers/{one['id']}/merge", {"into_id": two["id"]})
        assert_problem(response, "invalid", "/into_id")

    def test_into_nobody_is_refused(self, api: Api, database: Database, sergei: Thing, sergey: Thing) -> None:
        api.delete(f"/v1/speakers/{sergey['id']}")
        with nothing_stored(database):
            for into in (NOBODY, sergey["id"]):
                response = api.post(f"/v1/speakers/{sergei['id']}/merge", {"into_id": into})
                assert_problem(response, "invalid", "/into_id")

    def test_of_nobody_is_not_found(self, api: Api, database: Database, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        with nothing_stored(database):
            for gone in (NOBODY, sergei["id"]):
                assert_problem(api.post(f"/v1/speakers/{gone}/merge", {"into_id": sergey["id"]}), "not-found")

    def test_is_done_once_with_one_key(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        path, headers = f"/v1/speakers/{sergei['id']}/merge", {"Idempotency-Key": "once"}
        answers = [api.post(path, {"into_id": sergey["id"]}, headers=headers) for _ in range(2)]
        assert told(answers[0]) == told(answers[1])
        assert answers[1].headers["Idempotent-Replayed"] == "true"


class TestTheNumberOfStatements:
    def test_grows_by_one_for_each_thing_that_is_moved(
        self, api: Api, sergei: Thing, sergey: Thing, database: Database
    ) -> None:
        source, sent = make_source(api), []
        for added in (2, 40):
            for _ in range(added):
                quoting(api, make_claim(api, speaker_id=sergei["id"], topics=["talks"]), source, sergei, QUOTES[0])
            with counted(database) as statements:
                merge(api, sergei, sergey)
                unmerge(api, sergei)
            sent.append(len(statements))
        # A claim and its link, there and back: each becomes a new version, for which the database is asked one by one.
        assert sent[1] - sent[0] <= 4 * added


class TestWhatWasDeletedBefore:
    def test_comes_back_to_whoever_stands_for_the_speaker(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        make_evidence(api, claim, stated_by_id=sergei["id"])
        last = make_speaker(api, "Foreign Ministry")
        api.delete(f"/v1/claims/{claim['id']}")
        merge(api, sergei, sergey)
        merge(api, sergey, last)
        restored = told(api.post(f"/v1/claims/{claim['id']}/restore"))
        assert restored["speaker"]["id"] == last["id"]
        assert [each["stated_by"]["id"] for each in restored["evidence"]] == [last["id"]]

    def test_with_its_claim_is_counted_anew(
        self, api: Api, torn: Thing, sergei: Thing, sergey: Thing, database: Database
    ) -> None:
        path = f"/v1/claims/{torn['id']}"
        api.delete(path)
        merge(api, sergei, sergey)
        restored = told(api.post(f"{path}/restore"))
        assert (restored["assessment"]["origins"], restored["version"]) == (1, torn["version"] + 2)
        told_since = [each["action"] for each in api.read(f"{path}/history")["data"]][:2]
        assert told_since == ["restore", "delete"]
        assert api.read(f"{path}?as_of={restored['updated_at']}") == restored
        with database.reading() as connection:
            assert wrong(connection) == []

    def test_of_a_claim_that_stays_comes_back_so_too(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        link = make_evidence(api, make_claim(api), stated_by_id=sergei["id"])
        api.delete(f"/v1/evidence/{link['id']}")
        merge(api, sergei, sergey)
        restored = told(api.post(f"/v1/evidence/{link['id']}/restore"))
        assert (restored["stated_by"]["id"], restored["version"]) == (sergey["id"], link["version"] + 2)

    def test_goes_back_step_by_step_over_a_chain_of_mergers(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        link = make_evidence(api, make_claim(api), stated_by_id=sergei["id"])
        api.delete(f"/v1/claims/{claim['id']}")
        api.delete(f"/v1/evidence/{link['id']}")
        chain = [sergei, sergey, make_speaker(api, "Foreign Ministry"), make_speaker(api, "Government")]
        for gone, into in pairwise(chain):
            merge(api, gone, into)
        api.post(f"/v1/claims/{claim['id']}/restore")
        api.post(f"/v1/evidence/{link['id']}/restore")
        for gone in reversed(chain[:-1]):
            assert unmerge(api, gone)["moved"] == {"claims": 1, "evidence": 1}
            assert (speaker_of(api, claim), witness_of(api, link)) == (gone["id"], gone["id"])

    def test_and_restored_since_goes_back_with_the_rest(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        api.delete(f"/v1/claims/{claim['id']}")
        merge(api, sergei, sergey)
        api.post(f"/v1/claims/{claim['id']}/restore")
        assert unmerge(api, sergei)["moved"] == {"claims": 1, "evidence": 0}
        assert speaker_of(api, claim) == sergei["id"]


class TestUnmerge:
    def test_gives_everything_back(
        self, api: Api, torn: Thing, sergei: Thing, sergey: Thing, database: Database
    ) -> None:
        merge(api, sergei, sergey)
        undone = unmerge(api, sergei)
        assert undone["moved"] == {"claims": 1, "evidence": 2}
        assert undone["left"] == []
        assert lasting(claim_of(api, torn)) == lasting(torn)
        assert lasting(undone["speaker"]) == lasting(sergei)
        assert lasting(api.read(f"/v1/speakers/{sergey['id']}")) == lasting(sergey)
        assert ids(api.read("/v1/speakers?name=minister")) == [sergei["id"]]
        with database.reading() as connection:
            assert wrong(connection) == []

    def test_leaves_the_others_own(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        before = make_claim(api, "before", speaker_id=sergey["id"])
        quoted = quoting(api, make_claim(api, "y", speaker_id=sergei["id"]), make_source(api), sergey, QUOTES[0])
        merge(api, sergei, sergey)
        since = make_claim(api, "since", speaker={"name": "Minister"})
        assert unmerge(api, sergei)["moved"] == {"claims": 1, "evidence": 0}
        assert {speaker_of(api, before), speaker_of(api, since), witness_of(api, quoted)} == {sergey["id"]}

    def test_leaves_what_was_given_away_and_names_it(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        link = torn["evidence"][0]
        api.patch(f"/v1/claims/{torn['id']}", {"speaker": {"name": "Kremlin"}})
        api.patch(f"/v1/evidence/{link['id']}", {"stated_by": None})
        undone = unmerge(api, sergei)
        assert undone["moved"] == {"claims": 0, "evidence": 1}
        assert undone["left"] == [{"entity": "claim", "id": torn["id"]}, {"entity": "evidence", "id": link["id"]}]
        assert claim_of(api, torn)["speaker"]["name"] == "Kremlin"

    def test_leaves_what_was_given_to_the_other_on_purpose(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        for speaker in ({"speaker_id": None}, {"speaker_id": sergey["id"]}):
            api.patch(f"/v1/claims/{claim['id']}", speaker)
        assert unmerge(api, sergei)["left"] == [{"entity": "claim", "id": claim["id"]}]
        assert speaker_of(api, claim) == sergey["id"]

    def test_keeps_other_changes_of_what_it_gives_back(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        api.patch(f"/v1/claims/{claim['id']}", {"text": "mended"})
        unmerge(api, sergei)
        assert claim_of(api, claim)["label"] == "Sergei Lavrov: mended"

    def test_leaves_what_was_deleted_since_and_names_it(
        self, api: Api, torn: Thing, sergei: Thing, sergey: Thing
    ) -> None:
        merge(api, sergei, sergey)
        api.delete(f"/v1/claims/{torn['id']}")
        undone = unmerge(api, sergei)
        assert undone["moved"] == {"claims": 0, "evidence": 0}
        assert [each["entity"] for each in undone["left"]] == ["claim", "evidence", "evidence"]

    def test_takes_back_only_the_names_that_came(self, api: Api) -> None:
        one = make_speaker(api, "Kremlin", aliases=["Moscow"])
        other = make_namesake(api, "Presidency", aliases=["Moscow"])
        merge(api, one, other)
        api.patch(f"/v1/speakers/{other['id']}", {"aliases": ["Moscow", "Kremlin", "The Kremlin"]})
        unmerge(api, one)
        assert api.read(f"/v1/speakers/{other['id']}")["aliases"] == ["Moscow", "The Kremlin"]

    def test_of_a_chain_goes_backwards(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        last = make_speaker(api, "Foreign Ministry")
        merge(api, sergei, sergey)
        merge(api, sergey, last)
        unmerge(api, sergey)
        unmerge(api, sergei)
        assert lasting(claim_of(api, torn)) == lasting(torn)

    def test_out_of_turn_is_refused(self, api: Api, database: Database, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        merge(api, sergey, make_speaker(api, "Foreign Ministry"))
        with nothing_stored(database):
            problem = assert_problem(api.post(f"/v1/speakers/{sergei['id']}/unmerge"), "cites-deleted")
        assert problem["cites"] == [{"entity": "speaker", "id": sergey["id"]}]

    @pytest.mark.parametrize("name", ["sergei lavrov", "Minister"], ids=["name", "alias"])
    def test_is_refused_where_another_took_a_name_since(
        self, api: Api, database: Database, sergei: Thing, sergey: Thing, name: str
    ) -> None:
        merge(api, sergei, sergey)
        third = make_namesake(api, name)
        with nothing_stored(database):
            problem = assert_problem(api.post(f"/v1/speakers/{sergei['id']}/unmerge"), "duplicate")
        assert problem["existing"] == {"id": third["id"]}

    def test_beside_one_who_took_the_name_can_be_allowed(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        third = make_namesake(api, "Minister")
        undone = told(api.post(f"/v1/speakers/{sergei['id']}/unmerge?allow_duplicate=true"))
        assert lasting(undone["speaker"]) == lasting(sergei)
        assert ids(api.read("/v1/speakers?name=minister&sort=created_at")) == [sergei["id"], third["id"]]

    def test_leaves_namesakes_who_were_there_before(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        third = make_namesake(api, "Minister")
        merge(api, sergei, sergey)
        unmerge(api, sergei)
        assert ids(api.read("/v1/speakers?name=minister&sort=created_at")) == [sergei["id"], third["id"]]

    def test_is_refused_where_an_older_speaker_took_a_name_since(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        third = make_namesake(api, "Kremlin", aliases=["S. Lavrov"])
        merge(api, sergei, sergey)
        api.patch(f"/v1/speakers/{third['id']}?allow_duplicate=true", {"name": "Minister"})
        problem = assert_problem(api.post(f"/v1/speakers/{sergei['id']}/unmerge"), "duplicate")
        assert problem["existing"] == {"id": third["id"]}

    def test_of_one_who_is_there_already_asks_for_no_names(self, api: Api, sergei: Thing) -> None:
        make_namesake(api, "Minister")
        assert unmerge(api, sergei)["moved"] == {"claims": 0, "evidence": 0}

    def test_leaves_what_was_given_on_and_back_by_hand(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        merge(api, sergey, make_speaker(api, "Foreign Ministry"))
        api.patch(f"/v1/claims/{claim['id']}", {"speaker": {"name": "Kremlin"}})
        unmerge(api, sergey)
        api.patch(f"/v1/claims/{claim['id']}", {"speaker_id": sergey["id"]})
        assert unmerge(api, sergei)["left"] == [{"entity": "claim", "id": claim["id"]}]
        assert speaker_of(api, claim) == sergey["id"]

    def test_gives_back_what_was_only_mended_while_it_was_further_on(
        self, api: Api, sergei: Thing, sergey: Thing
    ) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        merge(api, sergey, make_speaker(api, "Foreign Ministry"))
        api.patch(f"/v1/claims/{claim['id']}", {"text": "mended"})
        unmerge(api, sergey)
        assert unmerge(api, sergei)["left"] == []
        assert speaker_of(api, claim) == sergei["id"]

    def test_gives_back_what_was_restored_while_the_other_was_merged(
        self, api: Api, sergei: Thing, sergey: Thing
    ) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        api.delete(f"/v1/claims/{claim['id']}")
        merge(api, sergey, make_speaker(api, "Foreign Ministry"))
        api.post(f"/v1/claims/{claim['id']}/restore")
        unmerge(api, sergey)
        unmerge(api, sergei)
        assert speaker_of(api, claim) == sergei["id"]

    def test_leaves_a_name_that_another_one_brought_too(self, api: Api, sergey: Thing) -> None:
        one, two = (make_namesake(api, name, aliases=["Minister"]) for name in ("One", "Two"))
        for each in (one, two):
            merge(api, each, sergey)
        path = f"/v1/speakers/{sergey['id']}"
        unmerge(api, one)
        assert api.read(path)["aliases"] == ["Lavrov", "Minister", "Two"]
        unmerge(api, two)
        assert api.read(path)["aliases"] == ["Lavrov"]

    def test_leaves_a_name_that_was_given_by_hand_since(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        path = f"/v1/speakers/{sergey['id']}"
        for aliases in ([], ["Minister"]):
            api.patch(path, {"aliases": aliases})
        unmerge(api, sergei)
        assert api.read(path)["aliases"] == ["Minister"]

    def test_leaves_one_who_was_deleted_since_as_it_is(
        self, api: Api, admin: Api, sergei: Thing, sergey: Thing
    ) -> None:
        merge(api, sergei, sergey)
        path = f"/v1/speakers/{sergey['id']}"
        api.delete(path)
        before = admin.read(f"{path}?include_deleted=true")
        unmerge(api, sergei)
        assert admin.read(f"{path}?include_deleted=true") == before

    def test_names_nothing_that_came_after_the_merger(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        claim = make_claim(api, "x", speaker_id=sergei["id"])
        api.delete(f"/v1/claims/{claim['id']}")
        merge(api, sergei, sergey)
        api.post(f"/v1/claims/{claim['id']}/restore")
        api.patch(f"/v1/claims/{claim['id']}", {"speaker": {"name": "Kremlin"}})
        assert unmerge(api, sergei)["left"] == []

    def test_can_be_done_again_after_another_merger(self, api: Api, torn: Thing, sergei: Thing, sergey: Thing) -> None:
        for _ in range(2):
            merge(api, sergei, sergey)
            assert unmerge(api, sergei)["moved"] == {"claims": 1, "evidence": 2}
        assert lasting(claim_of(api, torn)) == lasting(torn)

    def test_names_only_what_its_own_merger_moved(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        make_claim(api, "x", speaker_id=sergei["id"])
        merge(api, sergei, sergey)
        third, fourth = make_speaker(api, "Kremlin"), make_speaker(api, "Moscow")
        make_claim(api, "y", speaker_id=third["id"])
        merge(api, third, fourth)
        assert unmerge(api, sergei)["left"] == []
        assert unmerge(api, third)["moved"] == {"claims": 1, "evidence": 0}

    def test_does_nothing_to_a_speaker_who_is_there(self, api: Api, database: Database, sergei: Thing) -> None:
        with nothing_stored(database):
            assert unmerge(api, sergei) == {"speaker": sergei, "moved": {"claims": 0, "evidence": 0}, "left": []}

    def test_of_one_who_was_deleted_otherwise_is_refused(self, api: Api, database: Database, sergei: Thing) -> None:
        api.delete(f"/v1/speakers/{sergei['id']}")
        with nothing_stored(database):
            problem = assert_problem(api.post(f"/v1/speakers/{sergei['id']}/unmerge"), "invalid")
        assert [each["parameter"] for each in problem["errors"]] == ["speaker_id"]

    def test_of_one_who_never_was_is_not_found(self, api: Api) -> None:
        assert_problem(api.post(f"/v1/speakers/{NOBODY}/unmerge"), "not-found")


class TestRestoringInstead:
    def test_is_refused_while_the_other_goes_by_the_names(self, api: Api, sergei: Thing, sergey: Thing) -> None:
        merge(api, sergei, sergey)
        problem = assert_problem(api.post(f"/v1/speakers/{sergei['id']}/restore"), "duplicate")
        assert problem["existing"] == {"id": sergey["id"]}

    def test_brings_back_the_speaker_alone(
        self, api: Api, admin: Api, torn: Thing, sergei: Thing, sergey: Thing
    ) -> None:
        merge(api, sergei, sergey)
        restored = told(api.post(f"/v1/speakers/{sergei['id']}/restore?allow_duplicate=true"))
        assert "merged_into_id" not in restored
        assert speaker_of(api, torn) == sergey["id"]


class TestAPassageThatStandsAnew:
    def test_as_first_appearance_does_not_cost_a_restored_claim_its_links(self, api: Api) -> None:
        source = make_source(api, TEXT)
        first = make_passage(api, QUOTES[0], source)
        claim = make_claim(api, first_appearance_id=first["id"])
        link = make_evidence(api, claim, source)
        api.delete(f"/v1/claims/{claim['id']}")
        api.delete(f"/v1/passages/{first['id']}")
        anew = make_passage(api, QUOTES[0], source)
        restored = told(api.post(f"/v1/claims/{claim['id']}/restore"))
        assert restored["first_appearance_id"] == anew["id"]
        assert [each["id"] for each in restored["evidence"]] == [link["id"]]
