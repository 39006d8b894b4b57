"""Claims like others, and where evidence may be."""

import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    make_claim,
    make_evidence,
    make_source,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem


def alike(page: Thing) -> list[tuple[str, float]]:
    return [(each["claim"]["id"], each["score"]) for each in page["data"]]


def asked(api: Api, text: str, **fields: object) -> list[tuple[str, float]]:
    return alike(told(api.post("/v1/claims/similar", {"text": text, **fields})))


class TestSimilar:
    @pytest.mark.parametrize(
        "text", ["no date was set", "NO DATE WAS SET!", "Nó dâte, wäs sêt", "set was date no", "…no date — was set"]
    )
    def test_are_the_same_words_with_1(self, api: Api, text: str) -> None:
        claim = make_claim(api)
        assert asked(api, text) == [(claim["id"], 1)]

    def test_are_ranked_between_0_and_1(self, api: Api) -> None:
        near = make_claim(api, "no date was set for the summit")
        far = make_claim(api, "the summit was a success for the hosts")
        make_claim(api, "oil prices rose")
        (first, high), (second, low) = asked(api, "no date is set for the summit")
        assert (first, second) == (near["id"], far["id"])
        assert 0 < low < high < 1

    def test_are_less_like_where_another_says_them(self, api: Api) -> None:
        own, other = (make_claim(api, speaker={"name": name}) for name in ("Kremlin", "White House"))
        assert asked(api, "no date was set", speaker="kremlin") == [(own["id"], 1), (other["id"], 0.9)]
        assert {score for _, score in asked(api, "no date was set", speaker="Nobody known")} == {1}
        assert {score for _, score in asked(api, "no date was set", speaker=None, speaker_id=None)} == {1}

    def test_are_as_many_as_asked_for(self, api: Api) -> None:
        for _ in range(12):
            make_claim(api)
        assert [len(asked(api, "no date", limit=limit)) for limit in (1, 11, 100)] == [1, 11, 12]
        assert len(asked(api, "no date")) == 10

    @pytest.mark.parametrize("text", ["...", "🙂", "zzz"])
    def test_are_none_of_what_shares_no_word(self, api: Api, text: str) -> None:
        make_claim(api)
        assert asked(api, text) == []

    def test_are_no_deleted_ones(self, api: Api) -> None:
        api.delete(f"/v1/claims/{make_claim(api)['id']}")
        assert asked(api, "no date was set") == []

    def test_of_the_longest_texts_are_found(self, api: Api) -> None:
        text = " ".join(f"word{number}" for number in range(1_100))[:10_000]
        claim = make_claim(api, text)
        assert asked(api, text) == [(claim["id"], 1)]

    def test_keep_nothing_and_need_no_key_to_write(self, api: Api, anybody: Api, database: Database) -> None:
        make_claim(api)
        with nothing_stored(database):
            assert anybody.post("/v1/claims/similar", {"text": "no date was set"}).status_code == 200

    def test_need_a_text(self, api: Api) -> None:
        assert_problem(api.post("/v1/claims/similar", {}), "invalid", "/text")

    def test_to_a_claim_leave_itself_out(self, api: Api) -> None:
        one, other = make_claim(api, speaker={"name": "Kremlin"}), make_claim(api)
        assert alike(api.read(f"/v1/claims/{one['id']}/similar")) == [(other["id"], 0.9)]
        assert alike(api.read(f"/v1/claims/{other['id']}/similar")) == [(one["id"], 1)]

    def test_to_nothing_are_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/similar"), "not-found")


class TestASecondClaim:
    BODY = {"text": "no date was set", "speaker": {"name": "Kremlin"}, "claim_date": "2025"}  # noqa: RUF012

    def test_of_text_speaker_and_date_is_refused(self, api: Api, database: Database) -> None:
        first = api.made("/v1/claims", self.BODY)
        with nothing_stored(database):
            response = api.post("/v1/claims", self.BODY)
        assert assert_problem(response, "duplicate", "/text")["existing"] == {"id": first["id"]}

    def test_is_taken_if_that_is_said(self, api: Api) -> None:
        first = api.made("/v1/claims", self.BODY)
        second = api.made("/v1/claims?allow_duplicate=true", self.BODY)
        assert alike({"data": second["similar"]}) == [(first["id"], 1)]

    @pytest.mark.parametrize(
        "change", [{"text": "no dates were set"}, {"speaker": {"name": "White House"}}, {"claim_date": None}]
    )
    def test_of_another_text_speaker_or_date_is_taken(self, api: Api, change: Thing) -> None:
        api.made("/v1/claims", self.BODY)
        assert api.post("/v1/claims", {**self.BODY, **change}).status_code == 201

    def test_without_a_date_is_refused_too(self, api: Api) -> None:
        body = {"text": "x", "speaker": {"name": "Kremlin"}}
        api.made("/v1/claims", body)
        assert_problem(api.post("/v1/claims", body), "duplicate", "/text")

    def test_that_nobody_is_known_to_have_made_is_taken_and_told_of(self, api: Api) -> None:
        first, second = (api.made("/v1/claims", {"text": "x"}) for _ in range(2))
        assert alike({"data": second["similar"]}) == [(first["id"], 1)]

    def test_of_a_deleted_one_is_taken(self, api: Api) -> None:
        api.delete(f"/v1/claims/{api.made('/v1/claims', self.BODY)['id']}")
        assert api.post("/v1/claims", self.BODY).status_code == 201

    def test_by_a_label_is_refused(self, api: Api) -> None:
        api.made("/v1/claims", {"label": "Kremlin: no date was set"})
        assert_problem(api.post("/v1/claims", {"label": "Kremlin: no date was set"}), "duplicate", "/text")


class TestANewClaim:
    def test_is_told_with_what_is_similar(self, api: Api) -> None:
        first = make_claim(api, "no date was set for the summit")
        made = api.made("/v1/claims", {"text": "No date was set for a summit"})
        ((identity, score),) = alike({"data": made["similar"]})
        assert identity == first["id"]
        assert 0.8 <= score < 1

    def test_is_told_with_one_that_has_none_of_its_rarest_words(self, api: Api) -> None:
        words = [f"word{number}" for number in range(15)]
        first = make_claim(api, " ".join(words))
        made = api.made("/v1/claims", {"text": " ".join(["nobody", "ever", "wrote", *words[:12]])})
        assert [identity for identity, _ in alike({"data": made["similar"]})] == [first["id"]]

    def test_of_two_words_is_told_with_one_of_its_longer_one(self, api: Api) -> None:
        first = make_claim(api, "antidisestablishmentarianism")
        made = api.made("/v1/claims", {"text": "antidisestablishmentarianism x"})
        assert [identity for identity, _ in alike({"data": made["similar"]})] == [first["id"]]

    def test_is_told_with_five_at_most(self, api: Api) -> None:
        for _ in range(7):
            make_claim(api, "no date was set")
        made = api.made("/v1/claims", {"text": "no date was set"})
        assert [score for _, score in alike({"data": made["similar"]})] == [1] * 5

    def test_is_told_without_where_nothing_is_near(self, api: Api) -> None:
        make_claim(api, "oil prices rose")
        assert "similar" not in api.made("/v1/claims", {"text": "no date was set"})

    def test_has_an_etag_that_does_not_know_of_it(self, api: Api) -> None:
        make_claim(api)
        response = api.post("/v1/claims?allow_duplicate=true", {"text": "no date was set"})
        path, tag = response.headers["Location"], response.headers["ETag"]
        assert told(response)["similar"]
        assert api.get(path).headers["ETag"] == tag
        assert api.patch(path, {"text": "altered"}, headers={"If-Match": tag}).status_code == 200

    def test_is_answered_again_as_it_was(self, api: Api) -> None:
        make_claim(api)
        headers = {"Idempotency-Key": "once"}
        answers = [
            api.post("/v1/claims?allow_duplicate=true", {"text": "no date was set"}, headers=headers) for _ in range(2)
        ]
        assert answers[0].data == answers[1].data
        assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


def candidates(api: Api, claim: Thing, **parameters: object) -> list[Thing]:
    limit = "".join(f"?{name}={value}" for name, value in parameters.items())
    found: list[Thing] = api.read(f"/v1/claims/{claim['id']}/candidates{limit}")["data"]
    return found


class TestCandidates:
    def test_are_sentences_at_their_places_likeliest_first(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api, "no date was set")
        first, *others = candidates(api, claim)
        assert first["exact"] == "No date was set, the spokesman said."
        assert first["source"] == {"id": source["id"], "title": "A report"}
        for each in (first, *others):
            assert TEXT[each["start"] : each["end"]] == each["exact"]
            assert 0 < each["score"] <= first["score"] <= 1

    def test_have_true_places_in_any_script(self, api: Api) -> None:
        text = "🙂 " * 100 + "First. 今天没有确定日期。e\u0301 Nothing. 明天也没有。"
        make_source(api, text)
        found = candidates(api, make_claim(api, "没有确定日期"))
        assert found[0]["exact"] == "今天没有确定日期。"
        assert all(text[each["start"] : each["end"]] == each["exact"] for each in found)

    def test_can_be_posted_as_they_stand_and_are_not_offered_again(self, api: Api) -> None:
        make_source(api)
        make_source(api, "🙂 Elsewhere no date was set. No date was set. No date was set.")
        claim = make_claim(api)
        offered = candidates(api, claim)
        assert offered
        for each in offered:
            body = {"stance": "mentions", **each["evidence"]}
            evidence = api.made(f"/v1/claims/{claim['id']}/evidence", body)
            assert (evidence["passage"]["start"], evidence["passage"]["end"]) == (each["start"], each["end"])
            assert evidence["passage"]["match"] == "exact"
        assert candidates(api, claim) == []

    def test_are_offered_again_when_the_link_is_deleted(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api)
        before = candidates(api, claim)
        evidence = make_evidence(api, claim, source)
        assert len(candidates(api, claim)) == len(before) - 1
        api.delete(f"/v1/evidence/{evidence['id']}")
        assert candidates(api, claim) == before

    def test_know_where_what_is_linked_stands_in_a_newer_text(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api, "no date was set")
        make_evidence(api, claim, source, exact="No date was set, the spokesman said.")
        others = {each["exact"] for each in candidates(api, claim)}
        api.made(f"/v1/sources/{source['id']}/versions", {"text": f"A first sentence. {TEXT}"})
        assert {each["exact"] for each in candidates(api, claim)} == {*others, "A first sentence."}

    def test_know_where_what_was_linked_before_there_was_a_text_stands(self, api: Api) -> None:
        source, claim = api.made("/v1/sources", {"title": "A report"}), make_claim(api, "no date was set")
        make_evidence(api, claim, source, exact="No date was set, the spokesman said.")
        api.made(f"/v1/sources/{source['id']}/versions", {"text": TEXT})
        assert "No date was set, the spokesman said." not in [each["exact"] for each in candidates(api, claim)]

    def test_guess_no_stance(self, api: Api) -> None:
        make_source(api)
        assert "stance" not in candidates(api, make_claim(api))[0]["evidence"]

    def test_of_one_source_do_not_crowd_out_the_others(self, api: Api) -> None:
        make_source(api, "No date was set. " * 9)
        other = make_source(api, "They said that no date was set by anybody.")
        assert other["id"] in [each["source"]["id"] for each in candidates(api, make_claim(api), limit=3)]

    def test_are_none_of_deleted_sources_or_of_those_without_text(self, api: Api) -> None:
        api.delete(f"/v1/sources/{make_source(api)['id']}")
        make_source(api, None, title="no date was set")
        assert candidates(api, make_claim(api)) == []

    def test_are_found_by_how_words_begin(self, api: Api) -> None:
        source = make_source(api, "The inhibitors were tested.")
        found = candidates(api, make_claim(api, "inhibition was shown"))
        assert [each["source"]["id"] for each in found] == [source["id"]]

    def test_of_a_claim_without_words_are_none(self, api: Api) -> None:
        make_source(api)
        assert candidates(api, make_claim(api, "🙂 ...")) == []

    def test_of_no_claim_are_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/candidates"), "not-found")
