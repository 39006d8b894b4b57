import hashlib
import re

import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    Thing,
    ids,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    nothing_stored,
    told,
    wrong,
)
from tests.conftest import Api
from tests.problems import assert_problem

STAYS = "The delegations arrived on Monday morning."
SHIFTS = "A spokesman thanked the hosts for their patience."
CHANGES = "The talks will be resumed before the end of the month, said the chief negotiator."
CHANGED = "The talks will be resumed before the end of the year, said the chief negotiator."
GOES = "Nobody has asked for the ceasefire to be extended."
OLD = f"{STAYS} {SHIFTS} {CHANGES} {GOES} Rain fell."
NEW = f"{STAYS} Coffee was served. {SHIFTS} {CHANGED} Rain fell."


def versions_of(source: Thing) -> str:
    return f"/v1/sources/{source['id']}/versions"


def revise(api: Api, source: Thing, text: str = NEW, **fields: object) -> Thing:
    return api.made(versions_of(source), {"text": text, **fields})


def passage(api: Api, source: Thing, exact: str, text: str = NEW) -> Thing:
    """Quote a source, give it a newer text, and read the passage again."""
    made = make_passage(api, exact, source)
    revise(api, source, text)
    return api.read(f"/v1/passages/{made['id']}")


def changed(api: Api) -> Thing:
    return passage(api, make_source(api, OLD), CHANGES)


def orphan(api: Api) -> Thing:
    return passage(api, make_source(api, OLD), GOES)


def act(api: Api, on: Thing, verb: str, body: Thing | None = None) -> Thing:
    response = api.post(f"/v1/passages/{on['id']}/{verb}", body)
    assert response.status_code == 200, response.text
    return told(response)


def stands(passage: Thing) -> str:
    now: Thing = passage["now"]
    return str(now["exact"])


class TestCreate:
    def test_keeps_the_text_as_it_is(self, api: Api) -> None:
        source = make_source(api, OLD)
        text = "\ufeff “Ünï”\u00a0\u200b🕊️\r\n \u202eend "
        made = revise(api, source, text)
        kept = api.read(f"{versions_of(source)}/2")
        assert (kept["text"], kept["number"], kept["length"]) == (text, 2, len(text))
        assert kept["sha256"] == made["version"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()

    def test_is_where_its_location_says(self, api: Api) -> None:
        source = make_source(api, OLD)
        response = api.post(versions_of(source), {"text": NEW})
        assert response.headers["Location"] == f"{versions_of(source)}/2"

    def test_is_what_the_source_has_now(self, api: Api) -> None:
        source = make_source(api, OLD)
        version = revise(api, source, retrieved_at="2025-10-23T09:30:00Z")["version"]
        current = api.read(f"/v1/sources/{source['id']}")["current_version"]
        assert current == {name: version[name] for name in ("number", "sha256", "length", "retrieved_at")}

    def test_leaves_the_text_before_as_it_was(self, api: Api) -> None:
        source = make_source(api, OLD)
        revise(api, source)
        assert api.read(f"{versions_of(source)}/1")["text"] == OLD
        assert [each["number"] for each in api.read(f"{versions_of(source)}?sort=number")["data"]] == [1, 2]

    def test_of_the_text_that_is_there_makes_nothing_and_says_so(self, api: Api, database: Database) -> None:
        source = make_source(api, OLD)
        make_passage(api, STAYS, source)
        with nothing_stored(database):
            response = api.post(versions_of(source), {"text": OLD})
        assert response.status_code == 200
        assert (told(response)["unchanged"], told(response)["version"]["number"]) == (True, 1)

    def test_takes_a_text_back_that_was_there_before(self, api: Api) -> None:
        source = make_source(api, OLD)
        revise(api, source)
        assert revise(api, source, OLD)["version"]["number"] == 3

    def test_gives_a_first_text_to_a_source_without_one(self, api: Api) -> None:
        assert revise(api, make_source(api, None))["version"]["number"] == 1

    def test_of_an_unknown_source_is_not_found(self, api: Api) -> None:
        assert_problem(api.post(f"/v1/sources/{NOBODY}/versions", {"text": NEW}), "not-found")

    def test_needs_a_text(self, api: Api) -> None:
        assert_problem(api.post(versions_of(make_source(api)), {}), "invalid", "/text")

    def test_is_found_by_its_words(self, api: Api) -> None:
        source = make_source(api, OLD)
        revise(api, source)
        assert ids(api.read("/v1/search?q=coffee&kind=source")) == [source["id"]]
        assert ids(api.read("/v1/search?q=ceasefire&kind=source")) == []

    def test_leaves_everything_right(self, api: Api, database: Database) -> None:
        source = make_source(api, OLD)
        for quote in (STAYS, SHIFTS, CHANGES, GOES):
            make_passage(api, quote, source)
        revise(api, source)
        with database.reading() as connection:
            assert wrong(connection) == []


class TestAPassage:
    @pytest.mark.parametrize(
        ("quote", "state", "now"),
        [
            (STAYS, "exact", STAYS),
            (SHIFTS, "moved", SHIFTS),
            (CHANGES, "changed", CHANGED),
            (GOES, "orphaned", None),
        ],
    )
    def test_is_looked_for_in_the_newer_text(self, api: Api, quote: str, state: str, now: str | None) -> None:
        found = passage(api, make_source(api, OLD), quote)
        assert (found["anchor_state"], found["now"] and found["now"]["exact"]) == (state, now)

    def test_stands_where_it_says(self, api: Api) -> None:
        text = "🕊 " + NEW
        now = passage(api, make_source(api, OLD), SHIFTS, text)["now"]
        assert text[now["start"] : now["end"]] == SHIFTS
        assert text.encode()[now["utf8"]["start"] : now["utf8"]["end"]].decode() == SHIFTS
        assert now["utf16"] == {"start": now["start"] + 1, "end": now["end"] + 1}

    def test_stays_tied_to_the_version_that_it_was_quoted_from(self, api: Api) -> None:
        found = changed(api)
        assert (found["exact"], found["source"]["version"], found["now"]["version"]) == (CHANGES, 1, 2)
        assert OLD[found["start"] : found["end"]] == CHANGES

    def test_says_how_like_the_words_are(self, api: Api) -> None:
        assert 0.9 < changed(api)["now"]["similarity"] < 1

    def test_is_shown_by_the_evidence_as_it_was_and_as_it_is(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        shown = api.read(f"/v1/evidence/{link['id']}")["passage"]
        assert (shown["exact"], shown["now"]["exact"], shown["anchor_state"]) == (CHANGES, CHANGED, "changed")

    def test_of_the_past_is_shown_as_it_was_then(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        then = api.read(f"/v1/evidence/{link['id']}?as_of={link['updated_at']}")["passage"]
        assert (then["anchor_state"], then["now"]) == ("exact", None)

    def test_keeps_in_its_history_what_was_found(self, api: Api) -> None:
        history = api.read(f"/v1/passages/{changed(api)['id']}/history")["data"]
        assert [(each["action"], each["state"]["anchor_state"]) for each in history] == [
            ("update", "changed"),
            ("create", "exact"),
        ]

    def test_that_is_changed_needs_somebody_to_look_at_it(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        assert ids(api.read("/v1/claims?needs=reanchoring")) == [claim["id"]]

    def test_goes_on_from_where_it_moved_to(self, api: Api) -> None:
        source = make_source(api, OLD)
        found = passage(api, source, SHIFTS)
        revise(api, source, NEW + " Snow fell.")
        again = api.read(f"/v1/passages/{found['id']}")
        assert (again["anchor_state"], again["now"]["version"]) == ("exact", 3)
        assert again["now"]["start"] == found["now"]["start"]

    def test_that_was_gone_is_found_again_when_it_is_back(self, api: Api) -> None:
        source = make_source(api, OLD)
        lost = passage(api, source, GOES)
        revise(api, source, OLD)
        found = api.read(f"/v1/passages/{lost['id']}")
        assert (found["anchor_state"], stands(found)) == ("exact", GOES)

    def test_of_a_source_without_text_is_looked_for_in_its_first(self, api: Api) -> None:
        source = make_source(api, None)
        made = [make_passage(api, quote, source) for quote in (STAYS, "Nobody said this at all.")]
        revise(api, source)
        found = [api.read(f"/v1/passages/{each['id']}") for each in made]
        assert [each["anchor_state"] for each in found] == ["exact", "orphaned"]
        assert stands(found[0]) == STAYS

    def test_that_is_restored_is_looked_for_in_what_came_meanwhile(self, api: Api) -> None:
        source = make_source(api, OLD)
        made = make_passage(api, CHANGES, source)
        api.delete(f"/v1/passages/{made['id']}")
        revise(api, source)
        restored = act(api, made, "restore")
        assert (restored["anchor_state"], stands(restored)) == ("changed", CHANGED)
        assert restored["version"] == made["version"] + 2  # deleted, and restored

    def test_that_was_quoted_from_the_newest_text_stays_there_when_it_is_restored(self, api: Api) -> None:
        source = make_source(api, OLD)
        revise(api, source)
        made = make_passage(api, STAYS, source)
        api.delete(f"/v1/passages/{made['id']}")
        assert act(api, made, "restore")["now"] is None

    def test_that_was_attached_to_other_words_is_confirmed_no_more_when_its_own_are_back(self, api: Api) -> None:
        source = make_source(api, OLD)
        attached = act(api, passage(api, source, GOES), "reattach", {"exact": "Coffee was served."})
        revise(api, source, OLD)
        again = api.read(f"/v1/passages/{attached['id']}")
        assert (again["anchor_state"], again["confirmed_by"]) == ("exact", None)
        assert again["version"] == attached["version"] + 1

    @pytest.mark.parametrize(
        ("exact", "around", "state", "now"),
        [
            ("The red cat", {}, "exact", "The red cat"),
            ("cat", {"prefix": "The old ", "suffix": " ran"}, "exact", "cat"),
            ("cat", {}, "orphaned", None),
            ('"I will not go", it said', {}, "changed", "“I will not go”, it said"),
            ("a wholly different story", {}, "orphaned", None),
        ],
    )
    def test_without_a_text_is_looked_for_by_what_was_written_down(
        self, api: Api, exact: str, around: Thing, state: str, now: str | None
    ) -> None:
        source = make_source(api, None)
        made = api.made("/v1/passages", {"source_id": source["id"], "exact": exact, **around})
        revise(api, source, "The red cat sat. “I will not go”, it said. The old cat ran off.")
        found = api.read(f"/v1/passages/{made['id']}")
        assert (found["anchor_state"], found["now"] and found["now"]["exact"]) == (state, now)

    def test_that_was_gone_for_many_versions_is_found_by_its_words(self, api: Api) -> None:
        source = make_source(api, OLD)
        passages = []
        for number in range(7):
            words = f"Sentence number {number} tells of something else."
            if number:
                revise(api, source, f"{STAYS} {words}")
            passages.append(make_passage(api, words if number else GOES, source))
        revise(api, source, OLD)
        assert api.read(f"/v1/passages/{passages[0]['id']}")["anchor_state"] == "exact"

    def test_that_is_quoted_from_the_newer_text_is_another_one(self, api: Api) -> None:
        source = make_source(api, OLD)
        old = passage(api, source, STAYS)
        new = make_passage(api, STAYS, source)
        assert new["id"] != old["id"]
        assert (new["source"]["version"], new["now"]) == (2, None)

    def test_that_stood_twice_and_stands_once_is_not_taken_for_the_other(self, api: Api) -> None:
        first, second = "It was agreed. Rain fell on the river.", "It was agreed. Snow fell on the hills."
        source = make_source(api, f"{first} {second}")
        made = api.made("/v1/passages", {"source_id": source["id"], "exact": "It was agreed.", "occurrence": 1})
        revise(api, source, second)
        assert api.read(f"/v1/passages/{made['id']}")["anchor_state"] == "orphaned"

    def test_of_few_words_is_not_taken_for_the_same_words_about_something_else(self, api: Api) -> None:
        source = make_source(api, "Turnout was 45% on Monday. The polls were open until nine.")
        new = "Turnout was 54% on Monday. The polls were open until nine. Prices rose; inflation was 45% this year."
        assert passage(api, source, "was 45%", new)["anchor_state"] in {"changed", "orphaned"}

    def test_that_went_and_stands_twice_elsewhere_is_ambiguous(self, api: Api) -> None:
        quote = "Three men were hurt at dawn by glass from the roof."
        source = make_source(api, f"{STAYS} {quote} {SHIFTS} {CHANGES}")
        new = f"{STAYS} {SHIFTS} {CHANGES} In the north again. {quote} {quote}"
        assert passage(api, source, quote, new)["anchor_state"] == "orphaned"

    def test_that_stood_twice_and_stands_once_elsewhere_is_ambiguous(self, api: Api) -> None:
        quote = "No date was set, she said."
        source = make_source(api, f"{quote} {STAYS} {SHIFTS} {quote} {CHANGES}")
        made = api.made("/v1/passages", {"source_id": source["id"], "exact": quote, "occurrence": 1})
        revise(api, source, f"{STAYS} {SHIFTS} {CHANGES} {quote}")
        assert api.read(f"/v1/passages/{made['id']}")["anchor_state"] == "orphaned"


class TestTheReport:
    def test_counts_by_state(self, api: Api) -> None:
        source = make_source(api, OLD)
        for quote in (STAYS, SHIFTS, CHANGES, GOES):
            make_passage(api, quote, source)
        assert revise(api, source)["counts"] == {"exact": 1, "moved": 1, "changed": 1, "orphaned": 1}

    def test_has_the_passages_in_reading_order(self, api: Api) -> None:
        source = make_source(api, OLD)
        for quote in (GOES, CHANGES, SHIFTS, STAYS):
            make_passage(api, quote, source)
        found = revise(api, source)["passages"]
        assert [each["passage"]["exact"] for each in found] == [STAYS, SHIFTS, CHANGES, GOES]

    def test_shows_both_wordings_of_what_changed_and_the_difference(self, api: Api) -> None:
        source = make_source(api, OLD)
        make_passage(api, CHANGES, source)
        (found,) = revise(api, source)["passages"]
        assert "".join(each["was"] for each in found["difference"]) == found["passage"]["exact"] == CHANGES
        assert "".join(each["now"] for each in found["difference"]) == found["now"]["exact"] == CHANGED
        edits = [(each["was"], each["now"]) for each in found["difference"] if each["op"] != "equal"]
        assert edits
        assert all(len(was) + len(now) < 12 for was, now in edits)

    def test_says_why_a_passage_is_orphaned(self, api: Api) -> None:
        source = make_source(api, OLD)
        make_passage(api, GOES, source)
        (found,) = revise(api, source)["passages"]
        assert (found["orphaned_because"], found["now"], found["difference"]) == ("gone", None, None)

    def test_is_read_again_as_it_was_answered(self, api: Api) -> None:
        source = make_source(api, OLD)
        make_evidence(api, make_claim(api), source, exact=CHANGES)
        report = revise(api, source)
        assert api.read(f"{versions_of(source)}/2/report") == report

    def test_of_an_earlier_version_stays_what_it_was(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        make_evidence(api, claim, source, exact=CHANGES)
        report = revise(api, source)
        revise(api, source, OLD)
        again = api.read(f"{versions_of(source)}/2/report")
        assert (again["counts"], again["passages"]) == (report["counts"], report["passages"])
        assert [(each["claim"]["id"], each["assessment"]["rests_on_lost"]) for each in again["claims"]] == [
            (claim["id"], False)
        ]

    def test_of_the_first_version_has_nothing_to_tell(self, api: Api) -> None:
        source = make_source(api, OLD)
        make_passage(api, STAYS, source)
        report = api.read(f"{versions_of(source)}/1/report")
        assert (report["passages"], report["claims"]) == ([], [])

    def test_of_an_unknown_version_is_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"{versions_of(make_source(api))}/2/report"), "not-found")


class TestTheClaimsOfAReport:
    def hit(self, api: Api, quote: str, **fields: object) -> list[Thing]:
        source, claim = make_source(api, OLD), make_claim(api)
        make_evidence(api, claim, source, exact=quote, **fields)
        return list(revise(api, source)["claims"])

    @pytest.mark.parametrize("quote", [CHANGES, GOES])
    def test_are_those_that_rest_on_what_changed_or_went(self, api: Api, quote: str) -> None:
        (hit,) = self.hit(api, quote)
        assert hit["claim"]["label"] == "no date was set"
        assert hit["assessment"] == {
            "verdict": "supported",
            "rests_on_lost": True,
            "without_lost": "not_enough_evidence",
        }

    @pytest.mark.parametrize("quote", [STAYS, SHIFTS])
    def test_are_not_those_whose_words_still_stand(self, api: Api, quote: str) -> None:
        assert self.hit(api, quote) == []

    @pytest.mark.parametrize("fields", [{"stance": "mentions"}, {"basis": "attribution"}])
    def test_may_have_an_assessment_that_does_not_rest_on_it(self, api: Api, fields: Thing) -> None:
        (hit,) = self.hit(api, GOES, **fields)
        assert hit["assessment"]["rests_on_lost"] is False

    def test_tell_of_what_was_said_by_itself(self, api: Api) -> None:
        (hit,) = self.hit(api, GOES, basis="attribution")
        assert hit["attribution"] == {
            "verdict": "supported",
            "rests_on_lost": True,
            "without_lost": "not_enough_evidence",
        }

    def test_may_keep_their_verdict_without_it(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        for quote in (STAYS, GOES):
            make_evidence(api, claim, source, exact=quote)
        (hit,) = revise(api, source)["claims"]
        assert (hit["assessment"]["rests_on_lost"], hit["assessment"]["without_lost"]) == (True, "supported")

    def test_name_the_passages_that_they_have_here(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        links = [make_evidence(api, claim, source, exact=quote) for quote in (STAYS, CHANGES, GOES)]
        (hit,) = revise(api, source)["claims"]
        assert hit["passage_ids"] == sorted(each["passage"]["id"] for each in links[1:])

    def test_may_only_have_appeared_there_first(self, api: Api) -> None:
        source = make_source(api, OLD)
        made = make_passage(api, GOES, source)
        claim = make_claim(api, first_appearance_id=made["id"])
        (hit,) = revise(api, source)["claims"]
        assert (hit["claim"]["id"], hit["passage_ids"]) == (claim["id"], [made["id"]])
        assert hit["assessment"]["rests_on_lost"] is False

    def test_rest_on_it_no_more_once_somebody_has_confirmed_it(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        act(api, link["passage"], "confirm")
        (hit,) = api.read(f"{versions_of(source)}/2/report")["claims"]
        assert hit["assessment"]["rests_on_lost"] is False


class TestConfirm:
    def test_says_who_looked_at_it_and_when(self, api: Api) -> None:
        confirmed = act(api, changed(api), "confirm")
        assert (confirmed["anchor_state"], confirmed["confirmed_by"]) == ("changed", "write key")
        assert re.fullmatch(r"20.*Z", confirmed["confirmed_at"])

    @pytest.mark.parametrize("path", ["/v1/claims?include=evidence", "/v1/evidence?"])
    def test_is_told_by_the_past_as_it_was(self, api: Api, path: str) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        moment = act(api, link["passage"], "confirm")["updated_at"]
        now = api.read(path)["data"]
        assert api.read(f"{path}&as_of={moment}")["data"] == now

    def test_takes_its_claim_off_the_queue(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=CHANGES)
        revise(api, source)
        act(api, link["passage"], "confirm")
        assert ids(api.read("/v1/claims?needs=reanchoring")) == []

    def test_stands_in_the_history(self, api: Api) -> None:
        confirmed = act(api, changed(api), "confirm")
        newest = api.read(f"/v1/passages/{confirmed['id']}/history")["data"][0]
        assert (newest["actor"], newest["changes"]["confirmed_by"]["after"]) == ("write key", "write key")

    def test_twice_changes_nothing(self, api: Api, database: Database) -> None:
        confirmed = act(api, changed(api), "confirm")
        with nothing_stored(database):
            assert act(api, confirmed, "confirm") == confirmed

    def test_of_what_stands_as_it_was_changes_nothing(self, api: Api, database: Database) -> None:
        found = passage(api, make_source(api, OLD), STAYS)
        with nothing_stored(database):
            assert act(api, found, "confirm") == found

    def test_of_an_orphan_is_refused(self, api: Api, database: Database) -> None:
        lost = orphan(api)
        with nothing_stored(database):
            assert_problem(api.post(f"/v1/passages/{lost['id']}/confirm"), "not-changed")

    def test_of_a_state_that_is_past_is_refused(self, api: Api) -> None:
        found = changed(api)
        response = api.post(f"/v1/passages/{found['id']}/confirm", headers={"If-Match": '"another"'})
        assert assert_problem(response, "stale")["current"] == found

    def test_holds_while_the_words_that_were_looked_at_stand(self, api: Api) -> None:
        source = make_source(api, OLD)
        found = act(api, passage(api, source, CHANGES), "confirm")
        revise(api, source, "Fog rose. " + NEW)
        again = api.read(f"/v1/passages/{found['id']}")
        assert (again["anchor_state"], stands(again)) == ("changed", CHANGED)
        assert again["confirmed_at"] == found["confirmed_at"]

    def test_does_not_hold_for_other_words(self, api: Api) -> None:
        source = make_source(api, OLD)
        found = act(api, passage(api, source, CHANGES), "confirm")
        revise(api, source, NEW.replace("end of the year", "end of the week"))
        again = api.read(f"/v1/passages/{found['id']}")
        assert (again["anchor_state"], again["confirmed_at"]) == ("changed", None)

    def test_is_not_needed_any_more_when_the_first_words_are_back(self, api: Api) -> None:
        source = make_source(api, OLD)
        found = act(api, passage(api, source, CHANGES), "confirm")
        revise(api, source, OLD)
        again = api.read(f"/v1/passages/{found['id']}")
        assert (stands(again), again["confirmed_at"]) == (CHANGES, None)
        assert again["anchor_state"] == "exact"


class TestReattach:
    def test_sets_a_passage_where_a_person_says(self, api: Api) -> None:
        attached = act(api, orphan(api), "reattach", {"exact": "Coffee was served."})
        assert (attached["anchor_state"], stands(attached)) == ("changed", "Coffee was served.")
        assert attached["exact"] == GOES
        assert (attached["confirmed_by"], attached["source"]["version"]) == ("write key", 1)

    def test_to_the_same_words_says_that_they_moved(self, api: Api) -> None:
        source = make_source(api, OLD)
        found = passage(api, source, STAYS, f"{STAYS} Rain fell. {STAYS}")
        attached = act(api, found, "reattach", {"exact": STAYS, "occurrence": 2})
        assert (attached["anchor_state"], attached["now"]["start"]) == ("moved", len(STAYS) + 12)

    def test_takes_its_claim_off_the_queue(self, api: Api) -> None:
        source, claim = make_source(api, OLD), make_claim(api)
        link = make_evidence(api, claim, source, exact=GOES)
        revise(api, source)
        act(api, link["passage"], "reattach", {"exact": "Rain fell."})
        assert ids(api.read("/v1/claims?needs=reanchoring")) == []

    def test_stands_in_the_history(self, api: Api) -> None:
        attached = act(api, orphan(api), "reattach", {"exact": "Rain fell."})
        newest = api.read(f"/v1/passages/{attached['id']}/history")["data"][0]
        assert newest["state"]["now"]["exact"] == "Rain fell."

    def test_to_words_that_are_not_there_is_refused(self, api: Api, database: Database) -> None:
        lost = orphan(api)
        with nothing_stored(database):
            response = api.post(f"/v1/passages/{lost['id']}/reattach", {"exact": GOES})
        assert_problem(response, "quote-not-found", "/exact")

    def test_in_the_text_that_it_was_quoted_from_is_refused(self, api: Api) -> None:
        made = make_passage(api, STAYS, make_source(api, OLD))
        assert_problem(api.post(f"/v1/passages/{made['id']}/reattach", {"exact": SHIFTS}), "not-changed")

    def test_of_a_state_that_is_past_is_refused(self, api: Api) -> None:
        lost = orphan(api)
        response = api.post(
            f"/v1/passages/{lost['id']}/reattach", {"exact": "Rain fell."}, headers={"If-Match": '"another"'}
        )
        assert_problem(response, "stale")

    def test_is_where_the_next_version_is_looked_at_from(self, api: Api) -> None:
        source = make_source(api, OLD)
        attached = act(api, passage(api, source, GOES), "reattach", {"exact": "Coffee was served."})
        revise(api, source, "Fog rose. " + NEW)
        again = api.read(f"/v1/passages/{attached['id']}")
        assert (again["anchor_state"], stands(again)) == ("changed", "Coffee was served.")
        assert again["confirmed_at"] == attached["confirmed_at"]
