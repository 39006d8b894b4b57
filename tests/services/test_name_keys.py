"""Keys of names that former rules made: brought up to date in the ledger's sight, and never at another's cost."""

from urllib.parse import quote

import pytest

from claims_api.db import Database
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.words import SpeakerKind, Verdict
from claims_api.services import name_keys
from tests.api.factories import Thing, ids, make_claim, make_speaker, make_topic, nothing_stored, wrong
from tests.conftest import Api
from tests.former_keys import NAME, TYPED, Former, keep_former, keep_former_assessment
from tests.problems import assert_problem


def completed(database: Database) -> int:
    with database.writing() as session:
        return name_keys.complete(session)


def named(api: Api, noun: str, name: str) -> list[str]:
    return ids(api.read(f"/v1/{noun}?name={quote(name)}"))


def faults(database: Database) -> list[str]:
    with database.reading() as connection:
        return wrong(connection)


class TestKeysOfFormerRules:
    @pytest.mark.parametrize(("name", "typed"), [(NAME, TYPED), ("İbrahim Kalın", "IBRAHIM KALIN")])
    def test_lead_from_every_spelling_afterwards(self, api: Api, database: Database, name: str, typed: str) -> None:
        former = keep_former(database, name)
        assert completed(database) == 2
        for spelling in (name, typed):
            assert named(api, "topics", spelling) == [former.topic]
            assert named(api, "speakers", spelling) == [former.speaker]

    def test_lead_from_a_name_that_is_written_down(self, api: Api, database: Database) -> None:
        former = keep_former(database)
        completed(database)
        claim = make_claim(api, speaker={"name": TYPED, "kind": "person"}, topics=[TYPED])
        assert claim["speaker"]["id"] == former.speaker
        assert ids(api.read("/v1/topics")) == [former.topic]

    def test_change_as_the_services_own_doing(self, api: Api, database: Database) -> None:
        former = keep_former(database)
        completed(database)
        for noun, identity in (("topics", former.topic), ("speakers", former.speaker)):
            last, *_ = api.read(f"/v1/{noun}/{identity}/history")["data"]
            assert (last["version"], last["action"], last["actor"]) == (2, "update", "claims-api")

    def test_of_an_alias_change_with_it(self, api: Api, database: Database) -> None:
        former = keep_former(database, "Army", NAME)
        completed(database)
        assert named(api, "speakers", TYPED) == named(api, "speakers", "army") == [former.speaker]

    def test_change_once(self, database: Database) -> None:
        keep_former(database)
        completed(database)
        with nothing_stored(database):
            assert completed(database) == 0

    def test_of_names_that_present_rules_key_the_same_do_not_change(self, api: Api, database: Database) -> None:
        make_speaker(api, "Kremlin", aliases=["Moscow"])
        make_claim(api, topics=["summit"])
        with nothing_stored(database):
            assert completed(database) == 0


class TestReviewersOfFormerRules:
    @pytest.fixture
    def claim(self, api: Api, database: Database) -> Thing:
        """A claim that one reviewer, spelled in two ways, first supported and then refuted."""
        made = make_claim(api)
        keep_former_assessment(database, made["id"], Verdict.SUPPORTED, NAME)
        keep_former_assessment(database, made["id"], Verdict.REFUTED, TYPED)
        return made

    def test_are_one_who_changed_their_mind(self, api: Api, database: Database, claim: Thing) -> None:
        assert completed(database) == 1
        found = api.read(f"/v1/claims/{claim['id']}")
        assert [each["verdict"] for each in found["assessments"]] == ["refuted"]
        assert found["version"] == 4
        assert faults(database) == []

    def test_are_found_by_every_spelling(self, api: Api, database: Database, claim: Thing) -> None:
        completed(database)
        assert len(ids(api.read(f"/v1/assessments?reviewer={quote(TYPED)}"))) == 2

    def test_are_counted_where_a_claim_comes_back(self, api: Api, database: Database, claim: Thing) -> None:
        api.delete(f"/v1/claims/{claim['id']}")
        assert completed(database) == 0
        found = api.post(f"/v1/claims/{claim['id']}/restore").get_json()
        assert [each["verdict"] for each in found["assessments"]] == ["refuted"]
        assert faults(database) == []

    def test_are_counted_where_an_assessment_comes_back(self, api: Api, database: Database, claim: Thing) -> None:
        first = ids(api.read("/v1/assessments?sort=created_at"))[0]
        api.delete(f"/v1/assessments/{first}")
        completed(database)
        assert not api.post(f"/v1/assessments/{first}/restore").get_json()["is_current"]
        assert faults(database) == []


class TestNamesThatAnotherHas:
    def test_are_left_to_the_topic_that_has_it(
        self, api: Api, database: Database, capfd: pytest.CaptureFixture[str]
    ) -> None:
        typed, former = make_topic(api, TYPED), keep_former(database)
        completed(database)
        assert named(api, "topics", NAME) == [typed["id"]]
        assert former.topic in capfd.readouterr().err

    def test_are_those_of_both_speakers_so_that_it_is_asked_who_is_meant(self, api: Api, database: Database) -> None:
        typed, former = make_speaker(api, TYPED), keep_former(database)
        completed(database)
        assert set(named(api, "speakers", NAME)) == {typed["id"], former.speaker}
        response = api.post("/v1/claims", {"text": "no date was set", "speaker": {"name": NAME}})
        assert len(assert_problem(response, "invalid", "/speaker")["candidates"]) == 2

    def test_go_to_the_elder_of_two_former_topics(self, api: Api, database: Database) -> None:
        elder, _ = keep_former(database, NAME), keep_former(database, "צה\u02baל")
        completed(database)
        assert named(api, "topics", TYPED) == [elder.topic]

    def test_are_still_shared_by_namesakes(self, api: Api, database: Database) -> None:
        former = keep_former(database)
        with database.writing() as session:
            other = Speaker(name=NAME, kind=SpeakerKind.PERSON, aliases=[])
            session.add(other)
            session.flush()
            session.add(SpeakerName(speaker_id=other.id, key=NAME))
            both = {former.speaker, other.id}
        completed(database)
        assert set(named(api, "speakers", TYPED)) == both

    def test_do_not_keep_a_topic_from_being_changed(self, api: Api, database: Database) -> None:
        make_topic(api, TYPED)
        former = keep_former(database)
        completed(database)
        for changes in ({"description": "an army"}, {"name": NAME}):
            assert api.patch(f"/v1/topics/{former.topic}", changes).status_code == 200

    def test_come_with_a_merger(self, api: Api, database: Database) -> None:
        typed, former = make_speaker(api, TYPED), keep_former(database)
        completed(database)
        assert api.post(f"/v1/speakers/{former.speaker}/merge", {"into_id": typed["id"]}).status_code == 200
        assert named(api, "speakers", NAME) == [typed["id"]]


class TestDeletedNamesOfFormerRules:
    @pytest.fixture
    def former(self, api: Api, database: Database) -> Former:
        made = keep_former(database)
        for noun, identity in (("topics", made.topic), ("speakers", made.speaker)):
            assert api.delete(f"/v1/{noun}/{identity}").status_code == 204
        return made

    def test_stay_as_they_are(self, database: Database, former: Former) -> None:
        with nothing_stored(database):
            assert completed(database) == 0

    def test_get_their_keys_when_they_come_back(self, api: Api, former: Former) -> None:
        for noun, identity in (("topics", former.topic), ("speakers", former.speaker)):
            assert api.post(f"/v1/{noun}/{identity}/restore").status_code == 200
            assert named(api, noun, TYPED) == [identity]

    def test_get_them_when_a_merger_is_undone(self, api: Api, database: Database) -> None:
        made, into = keep_former(database), make_speaker(api)
        api.post(f"/v1/speakers/{made.speaker}/merge", {"into_id": into["id"]})
        assert api.post(f"/v1/speakers/{made.speaker}/unmerge").status_code == 200
        assert named(api, "speakers", TYPED) == [made.speaker]

    def test_are_refused_where_another_has_them_by_now(self, api: Api, former: Former) -> None:
        make_topic(api, TYPED)
        assert_problem(api.post(f"/v1/topics/{former.topic}/restore"), "duplicate")
