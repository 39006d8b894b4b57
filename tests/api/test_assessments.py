import datetime as dt

import pytest
from sqlalchemy import insert, select, update

from claims_api import clock
from claims_api.db import Database
from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.words import Verdict
from claims_api.services import assessments
from claims_api.services.assessments import NewAssessment
from tests.api.factories import (
    NOBODY,
    Thing,
    ids,
    make_assessment,
    make_claim,
    make_evidence,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

SAID: Thing = {
    "verdict": "refuted",
    "rating_label": " Mostly false ",
    "rating_value": 1.5,
    "best_rating": 5.0,
    "worst_rating": 0.0,
    "explanation": "Why “so”\r\n\t🕊 ",
    "review_url": "https://facts.example/reviews/1",
    "reviewer": " Example Facts",
    "assessed_at": "2025-10-22T12:00:00.000001Z",
}
VERDICTS = ("supported", "refuted", "conflicting_evidence", "not_enough_evidence")


def in_seconds(seconds: float) -> str:
    return (clock.utcnow() + dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def read_claim(api: Api, claim: Thing) -> Thing:
    return api.read(f"/v1/claims/{claim['id']}")


def current(api: Api, claim: Thing) -> list[str]:
    """Return the ids of the assessments that a claim shows."""
    return [each["id"] for each in read_claim(api, claim)["assessments"]]


class TestCreate:
    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = make_assessment(api, make_claim(api), **SAID)
        assert {name: made[name] for name in SAID} == SAID

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        response = api.post(f"/v1/claims/{make_claim(api)['id']}/assessments", {"verdict": "supported"})
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/assessments/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_needs_no_more_than_a_verdict(self, api: Api) -> None:
        claim, before = make_claim(api), clock.utcnow()
        made = make_assessment(api, claim, "supported")
        assert {made[name] for name in SAID.keys() - {"verdict", "reviewer", "assessed_at"}} == {None}
        assert (made["claim_id"], made["reviewer"], made["created_by"]) == (claim["id"], "write key", "write key")
        assert before <= dt.datetime.fromisoformat(made["assessed_at"]) <= clock.utcnow()
        assert (made["version"], made["is_current"]) == (1, True)

    def test_takes_a_rating_without_a_scale(self, api: Api) -> None:
        assert make_assessment(api, make_claim(api), rating_value=-7)["rating_value"] == -7

    @pytest.mark.parametrize("value", [1, 5])
    def test_takes_the_ends_of_a_scale(self, api: Api, value: int) -> None:
        made = make_assessment(api, make_claim(api), rating_value=value, best_rating=5, worst_rating=1)
        assert made["rating_value"] == value

    @pytest.mark.parametrize("value", [1 / 3, 0.1 + 0.2, 123456789.12345679, 1e-17, -0.1])
    def test_of_any_number_stays_that_number_on_its_claim(self, api: Api, value: float) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, rating_value=value)
        (shown,) = api.read(f"/v1/claims/{claim['id']}")["assessments"]
        assert (shown["rating_value"], shown["best_rating"]) == (value, None)

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"verdict": "true"}, "/verdict"),
            ({"verdict": None}, "/verdict"),
            ({"best_rating": 1, "worst_rating": 5}, "/best_rating"),
            ({"best_rating": 1, "worst_rating": 1}, "/best_rating"),
            ({"rating_value": 5.1, "best_rating": 5}, "/rating_value"),
            ({"rating_value": 0.9, "worst_rating": 1}, "/rating_value"),
            ({"rating_value": "3"}, "/rating_value"),
            ({"rating_value": True}, "/rating_value"),
            ({"best_rating": 1_000_000_001}, "/best_rating"),
            ({"worst_rating": -(10**400)}, "/worst_rating"),
            ({"rating_label": " "}, "/rating_label"),
            ({"review_url": "ftp://facts.example"}, "/review_url"),
            ({"reviewer": ""}, "/reviewer"),
            ({"assessed_at": "2025-10-22"}, "/assessed_at"),
            ({"claim_id": NOBODY}, "/claim_id"),
        ],
    )
    def test_refuses(self, api: Api, database: Database, fields: Thing, pointer: str) -> None:
        claim = make_claim(api)
        with nothing_stored(database):
            response = api.post(f"/v1/claims/{claim['id']}/assessments", {"verdict": "refuted", **fields})
        problem = assert_problem(response, "invalid")
        assert [each["pointer"] for each in problem["errors"]] == [pointer]

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_refuses_what_is_no_number(self, api: Api, number: str) -> None:
        response = api.post(
            f"/v1/claims/{make_claim(api)['id']}/assessments",
            data=f'{{"verdict": "refuted", "rating_value": {number}}}',
            content_type="application/json",
        )
        assert_problem(response, "malformed")

    def test_takes_a_moment_that_is_a_little_ahead_as_now(self, api: Api) -> None:
        claim = make_claim(api)
        ahead = make_assessment(api, claim, assessed_at=in_seconds(60))
        assert dt.datetime.fromisoformat(ahead["assessed_at"]) <= clock.utcnow()
        after = make_assessment(api, claim)
        assert current(api, claim) == [after["id"]]

    def test_refuses_a_moment_that_is_still_to_come(self, api: Api) -> None:
        body = {"verdict": "refuted", "assessed_at": in_seconds(400)}
        response = api.post(f"/v1/claims/{make_claim(api)['id']}/assessments", body)
        assert [each["pointer"] for each in assert_problem(response, "invalid")["errors"]] == ["/assessed_at"]

    def test_refuses_an_unknown_claim(self, api: Api, database: Database) -> None:
        with nothing_stored(database):
            assert_problem(api.post(f"/v1/claims/{NOBODY}/assessments", {"verdict": "refuted"}), "not-found")

    def test_makes_a_new_version_of_its_claim(self, api: Api) -> None:
        claim = make_claim(api)
        made = make_assessment(api, claim)
        after = read_claim(api, claim)
        assert (after["version"], after["updated_at"]) == (claim["version"] + 1, made["created_at"])


class TestChanging:
    def test_is_not_offered(self, api: Api) -> None:
        made = make_assessment(api, make_claim(api))
        assert_problem(api.patch(f"/v1/assessments/{made['id']}", {"verdict": "supported"}), "method-not-allowed")


class TestTheNewestOfAReviewer:
    def test_is_current_and_what_it_replaced_is_kept(self, api: Api) -> None:
        claim = make_claim(api)
        first, second = make_assessment(api, claim, "supported"), make_assessment(api, claim, "refuted")
        assert current(api, claim) == [second["id"]]
        assert api.read(f"/v1/assessments/{first['id']}") == {**first, "is_current": False}
        assert ids(api.read(f"/v1/claims/{claim['id']}/assessments")) == [second["id"], first["id"]]

    def test_is_told_by_when_it_was_concluded_and_not_by_when_it_was_sent(self, api: Api) -> None:
        claim = make_claim(api)
        newer = make_assessment(api, claim, assessed_at="2025-10-22T12:00:00Z")
        older = make_assessment(api, claim, assessed_at="2025-10-22T11:59:59.999999Z")
        assert (current(api, claim), older["is_current"]) == ([newer["id"]], False)

    def test_is_the_later_one_of_two_at_one_moment(self, api: Api) -> None:
        claim = make_claim(api)
        first, second = [make_assessment(api, claim, assessed_at="2025-10-22T12:00:00Z") for _ in range(2)]
        assert current(api, claim) == [max(first["id"], second["id"])]

    @pytest.fixture
    def tied(self, api: Api, database: Database) -> Thing:
        """A claim that was assessed twice as of one moment; the later one, which supports it, has the lesser id."""
        claim = make_claim(api)
        for verdict, digit in ((Verdict.REFUTED, "2"), (Verdict.SUPPORTED, "1")):
            new = NewAssessment(verdict, reviewer="X", assessed_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
            with database.writing() as session:
                assessments.create(session, claim["id"], new, identity=NOBODY[:-1] + digit)
        return claim

    def test_is_the_later_made_whatever_its_id(self, api: Api, tied: Thing) -> None:
        assert [each["verdict"] for each in read_claim(api, tied)["assessments"]] == ["supported"]
        listed = api.read(f"/v1/assessments?claim_id={tied['id']}&is_current=true")["data"]
        assert [each["verdict"] for each in listed] == ["supported"]

    def test_is_the_later_made_in_the_past_too(self, api: Api, tied: Thing) -> None:
        moment = api.read(f"/v1/claims/{tied['id']}/history")["data"][0]["at"]
        shown = api.read(f"/v1/claims/{tied['id']}?as_of={moment}")
        assert [each["verdict"] for each in shown["assessments"]] == ["supported"]

    def test_is_counted_as_it_is_shown(self, api: Api, database: Database, tied: Thing) -> None:
        counts = api.read(f"/v1/claims/{tied['id']}/history")["data"][0]["state"]
        assert [counts[f"assessed_{verdict}"] for verdict in ("supported", "refuted")] == [1, 0]

    def test_is_the_one_just_stated_although_the_one_before_was_dated_by_a_clock_ahead(
        self, api: Api, database: Database
    ) -> None:
        claim = make_claim(api)
        before = make_assessment(api, claim, "refuted")["id"]
        ahead = clock.utcnow() + dt.timedelta(hours=1)
        with database.writing() as session:
            session.execute(update(Assessment).where(Assessment.id == before).values(assessed_at=ahead))
        made = make_assessment(api, claim, "supported")
        assert current(api, claim) == [made["id"]]
        assert dt.datetime.fromisoformat(made["assessed_at"]) == ahead + dt.timedelta(microseconds=1)

    def test_is_the_one_just_stated_although_one_that_is_ahead_comes_back(self, api: Api, database: Database) -> None:
        claim = make_claim(api)
        before = make_assessment(api, claim, "refuted")["id"]
        with database.writing() as session:
            ahead = clock.utcnow() + dt.timedelta(hours=1)
            session.execute(update(Assessment).where(Assessment.id == before).values(assessed_at=ahead))
        api.delete(f"/v1/assessments/{before}")
        made = make_assessment(api, claim, "supported")
        api.post(f"/v1/assessments/{before}/restore")
        assert current(api, claim) == [made["id"]]

    def test_is_told_by_the_name_in_any_spelling(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, reviewer="Example Facts")
        newest = make_assessment(api, claim, reviewer=" EXAMPLE  facts")
        assert current(api, claim) == [newest["id"]]

    def test_stands_beside_that_of_another_newest_first(self, api: Api) -> None:
        claim = make_claim(api)
        days = {"a": "2025-10-22", "b": "2025-10-24", "c": "2025-10-23"}
        made = {
            name: make_assessment(api, claim, reviewer=name, assessed_at=f"{day}T12:00:00Z")["id"]
            for name, day in days.items()
        }
        assert current(api, claim) == [made["b"], made["c"], made["a"]]

    def test_is_one_for_each_claim(self, api: Api) -> None:
        claims = [make_claim(api, text) for text in ("one", "two")]
        made = [make_assessment(api, claim)["id"] for claim in claims]
        assert [current(api, claim) for claim in claims] == [[each] for each in made]

    def test_when_withdrawn_is_the_one_before(self, api: Api) -> None:
        claim = make_claim(api)
        first, second = make_assessment(api, claim), make_assessment(api, claim)
        assert api.delete(f"/v1/assessments/{second['id']}").status_code == 204
        assert current(api, claim) == [first["id"]]
        api.post(f"/v1/assessments/{second['id']}/restore")
        assert current(api, claim) == [second["id"]]


class TestDelete:
    def test_leaves_a_claim_that_nobody_assesses(self, api: Api) -> None:
        claim = make_claim(api)
        made = make_assessment(api, claim)
        api.delete(f"/v1/assessments/{made['id']}")
        assert_problem(api.get(f"/v1/assessments/{made['id']}"), "not-found")
        after = read_claim(api, claim)
        assert (after["assessments"], after["disagrees_with_derived"], after["version"]) == ([], False, 3)

    def test_goes_with_the_claim_and_so_does_restoring(self, api: Api) -> None:
        claim = make_claim(api)
        kept, withdrawn = make_assessment(api, claim), make_assessment(api, claim, reviewer="another")
        api.delete(f"/v1/assessments/{withdrawn['id']}")
        api.delete(f"/v1/claims/{claim['id']}")
        assert_problem(api.get(f"/v1/assessments/{kept['id']}"), "not-found")
        assert_problem(api.post(f"/v1/assessments/{kept['id']}/restore"), "cites-deleted")
        api.post(f"/v1/claims/{claim['id']}/restore")
        assert current(api, claim) == [kept["id"]]
        assert ids(api.read("/v1/assessments")) == [kept["id"]]

    def test_of_a_claim_shows_to_admins_what_was_current(self, api: Api, admin: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim)
        newest = make_assessment(api, claim)
        api.delete(f"/v1/claims/{claim['id']}")
        shown = admin.read(f"/v1/claims/{claim['id']}?include_deleted=true")["assessments"]
        assert [(each["id"], each["is_current"]) for each in shown] == [(newest["id"], False)]


class TestConditions:
    def test_let_only_who_has_seen_the_newest_state_withdraw_it(self, api: Api) -> None:
        claim = make_claim(api)
        first = make_assessment(api, claim)
        path = f"/v1/assessments/{first['id']}"
        seen = api.get(path).headers["ETag"]
        make_assessment(api, claim)
        problem = assert_problem(api.delete(path, headers={"If-Match": seen}), "stale")
        assert problem["current"] == {**first, "is_current": False}
        assert api.delete(path, headers={"If-Match": problem["etag"]}).status_code == 204

    def test_let_only_who_has_seen_it_gone_bring_it_back(self, api: Api) -> None:
        made = make_assessment(api, make_claim(api))
        path = f"/v1/assessments/{made['id']}"
        gone = api.delete(path).headers["ETag"]
        assert_problem(api.post(f"{path}/restore", headers={"If-Match": '"another"'}), "stale")
        restored = api.post(f"{path}/restore", headers={"If-Match": gone})
        assert restored.headers["ETag"] == api.get(path).headers["ETag"]

    def test_see_another_claim_once_somebody_assesses_it(self, api: Api) -> None:
        claim = make_claim(api)
        path = f"/v1/claims/{claim['id']}"
        seen = api.get(path).headers["ETag"]
        make_assessment(api, claim)
        assert_problem(api.patch(path, {"text": "another"}, headers={"If-Match": seen}), "stale")


class TestDisagreement:
    @pytest.mark.parametrize("verdict", VERDICTS)
    @pytest.mark.parametrize("stances", [(), ("supports",), ("contradicts",), ("supports", "contradicts")])
    def test_is_another_verdict_than_the_evidence_leads_to(
        self, api: Api, stances: tuple[str, ...], verdict: str
    ) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, stance="supports", basis="attribution")
        for stance in stances:
            make_evidence(api, claim, stance=stance)
        made = make_assessment(api, claim, verdict)
        shown = read_claim(api, claim)
        disagrees = shown["assessment"]["verdict"] != verdict
        assert (made["disagrees_with_derived"], shown["disagrees_with_derived"]) == (disagrees, disagrees)
        for asked in (True, False):
            found = ids(api.read(f"/v1/claims?disagrees_with_derived={str(asked).lower()}"))
            assert found == ([claim["id"]] if asked == disagrees else [])

    def test_follows_the_evidence(self, api: Api) -> None:
        claim = make_claim(api)
        made = make_assessment(api, claim, "supported")
        assert made["disagrees_with_derived"]
        make_evidence(api, claim)
        assert not api.read(f"/v1/assessments/{made['id']}")["disagrees_with_derived"]
        assert not read_claim(api, claim)["disagrees_with_derived"]

    def test_of_one_reviewer_is_that_of_the_claim(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, "not_enough_evidence", reviewer="one")
        make_assessment(api, claim, "supported", reviewer="another")
        assert read_claim(api, claim)["disagrees_with_derived"]

    def test_that_was_given_up_does_not_count(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, "supported")
        make_assessment(api, claim, "not_enough_evidence")
        assert not read_claim(api, claim)["disagrees_with_derived"]
        assert ids(api.read("/v1/claims?disagrees_with_derived=true")) == []

    def test_is_told_as_of_a_moment(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, "supported")
        before = read_claim(api, claim)
        make_evidence(api, claim)
        path = f"?as_of={before['updated_at']}"
        assert api.read(f"/v1/claims/{claim['id']}{path}") == before
        assert ids(api.read(f"/v1/claims{path}&disagrees_with_derived=true")) == [claim["id"]]
        assert ids(api.read("/v1/claims?disagrees_with_derived=true")) == []


class TestAStateFromBeforeAnythingWasCounted:
    @pytest.fixture
    def claim(self, api: Api, database: Database) -> Thing:
        """Make a claim, and change it as was done before there were assessments."""
        made = make_claim(api)
        with database.writing() as session:
            newest = session.scalars(select(Change).order_by(Change.seq.desc()).limit(1)).one()
            state = {name: value for name, value in newest.state.items() if not name.startswith("assessed_")}
            row = {"seq": newest.seq + 1, "at": clock.utcnow(), "version": 2, "state": {**state, "text": "old"}}
            alike = {name: getattr(newest, name) for name in ("actor", "entity", "entity_id")}
            session.execute(insert(Change).values(**alike, **row, action="update"))
            session.execute(update(Claim).values(version=2))
        return made

    def test_is_shown_as_of_then(self, api: Api, claim: Thing) -> None:
        path = f"as_of={in_seconds(0)}"
        then = api.read(f"/v1/claims/{claim['id']}?{path}")
        assert (then["text"], then["assessments"], then["disagrees_with_derived"]) == ("old", [], False)
        for query in ("disagrees_with_derived=false", "needs=assessment"):
            assert ids(api.read(f"/v1/claims?{query}&{path}")) == [claim["id"]]

    def test_counted_nothing_when_the_first_one_is_made(self, api: Api, claim: Thing) -> None:
        make_assessment(api, claim, "refuted")
        newest = api.read(f"/v1/claims/{claim['id']}/history")["data"][0]
        assert newest["changes"].keys() == {"text", "assessed_refuted"}


class TestList:
    @pytest.fixture
    def made(self, api: Api) -> dict[str, str]:
        """Three assessments: two of one reviewer on one claim, and one on another claim."""
        one, two = make_claim(api, "one"), make_claim(api, "two")
        days = {"first": "2025-10-20T12:00:00Z", "second": "2025-10-21T12:00:00Z", "third": "2025-10-22T12:00:00Z"}
        found = {
            "first": make_assessment(api, one, "supported", reviewer="Desk", assessed_at=days["first"]),
            "second": make_assessment(api, one, "refuted", reviewer="Desk", assessed_at=days["second"]),
            "third": make_assessment(api, two, "refuted", reviewer="Other", assessed_at=days["third"]),
        }
        return {name: each["id"] for name, each in found.items()} | {"claim": one["id"]}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["third", "second", "first"]),
            ("?claim_id={claim}", ["second", "first"]),
            ("?reviewer=DESK", ["second", "first"]),
            ("?verdict=refuted", ["third", "second"]),
            ("?is_current=true", ["third", "second"]),
            ("?is_current=false", ["first"]),
            ("?assessed_from=2025-10-21T12:00:00Z", ["third", "second"]),
            ("?assessed_to=2025-10-21T12:00:00Z", ["second", "first"]),
            ("?sort=assessed_at&limit=2", ["first", "second"]),
        ],
    )
    def test_finds(self, api: Api, made: dict[str, str], query: str, expected: list[str]) -> None:
        assert ids(api.read(f"/v1/assessments{query.format(**made)}")) == [made[name] for name in expected]

    @pytest.mark.parametrize("query", ["updated_since=2999-01-01T00:00:00Z", "is_current=maybe"])
    def test_refuses(self, api: Api, query: str) -> None:
        assert api.get(f"/v1/assessments?{query}").status_code == 422

    def test_of_a_claim_has_its_own_alone(self, api: Api, made: dict[str, str]) -> None:
        path = f"/v1/claims/{made['claim']}/assessments"
        assert ids(api.read(f"{path}?sort=assessed_at")) == [made["first"], made["second"]]
        assert ids(api.read(f"{path}?is_current=true")) == [made["second"]]
        assert_problem(api.get(f"/v1/claims/{NOBODY}/assessments"), "not-found")

    def test_shows_the_past(self, api: Api, made: dict[str, str]) -> None:
        before = api.read("/v1/assessments?is_current=true")
        moment = api.read(f"/v1/assessments/{made['third']}")["created_at"]
        api.delete(f"/v1/assessments/{made['second']}")
        assert ids(api.read("/v1/assessments?is_current=true")) == [made["third"], made["first"]]
        assert api.read(f"/v1/assessments?is_current=true&as_of={moment}") == before


class TestListingClaims:
    def test_shows_what_people_conclude_of_each(self, api: Api) -> None:
        one, two = make_claim(api, "one"), make_claim(api, "two")
        made = make_assessment(api, one)
        shown = {each["id"]: each["assessments"] for each in api.read("/v1/claims")["data"]}
        assert shown == {one["id"]: [made], two["id"]: []}


class TestHistory:
    def test_tells_of_the_making_and_the_withdrawal(self, api: Api) -> None:
        claim = make_claim(api)
        made = make_assessment(api, claim)
        api.delete(f"/v1/assessments/{made['id']}")
        entries = api.read(f"/v1/assessments/{made['id']}/history")["data"]
        assert [each["action"] for each in entries] == ["delete", "create"]
        assert "reviewer_key" not in entries[0]["state"]

    def test_of_a_claim_tells_which_count_has_changed(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, "refuted")
        newest = api.read(f"/v1/claims/{claim['id']}/history")["data"][0]
        assert newest["changes"] == {"assessed_refuted": {"before": 0, "after": 1}}

    def test_of_what_is_derived_is_not_touched(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        make_assessment(api, claim)
        path = f"/v1/claims/{claim['id']}/assessment-history"
        assert [each["assessment"]["verdict"] for each in api.read(path)["data"]] == [
            "supported",
            "not_enough_evidence",
        ]
