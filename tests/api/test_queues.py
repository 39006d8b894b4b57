import pytest
from sqlalchemy import Select, select, update

from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.words import AnchorState, Need
from claims_api.queries import queues
from claims_api.queries.assessments import NOUGHT, assessed
from claims_api.queries.moments import NOW
from tests.api.factories import Thing, ids, make_assessment, make_claim, make_evidence, make_relation, make_source
from tests.conftest import Api, Service
from tests.problems import assert_problem

ONE = {"stated_by": {"name": "a Western diplomat", "kind": "unnamed"}}


def needs(api: Api, claim: Thing) -> set[str]:
    """Return what a claim needs, of all queues in whose listings it is."""
    return {need for need in Need if claim["id"] in ids(api.read(f"/v1/claims?needs={need}"))}


def counts(api: Api) -> dict[str, int]:
    return {each["needs"]: each["count"] for each in api.read("/v1/queues")["data"]}


def set_state(database: Database, passage: Thing, state: AnchorState) -> None:
    # No operation brings it about yet.
    with database.writing() as session:
        session.execute(update(Passage).where(Passage.id == passage["id"]).values(anchor_state=state))


def plan(service: Service, statement: Select[str]) -> str:
    """Return how SQLite goes about a statement."""
    with service.database.reading() as connection:
        compiled = statement.compile(connection)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        return "; ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values))


class TestAClaim:
    def test_without_links_needs_evidence(self, api: Api) -> None:
        assert needs(api, make_claim(api)) == {"evidence", "assessment"}

    @pytest.mark.parametrize("basis", ["content", "attribution"])
    def test_with_any_link_has_evidence(self, api: Api, basis: str) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, stance="mentions", basis=basis)
        assert "evidence" not in needs(api, claim)

    def test_whose_only_link_was_taken_away_needs_evidence_again(self, api: Api) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        api.delete(f"/v1/evidence/{link['id']}")
        assert "evidence" in needs(api, claim)

    @pytest.mark.parametrize("stance", ["supports", "contradicts"])
    def test_of_one_origin_needs_a_second_one(self, api: Api, stance: str) -> None:
        claim = make_claim(api)
        for _ in range(2):
            make_evidence(api, claim, stance=stance, **ONE)
        assert "second_origin" in needs(api, claim)
        make_evidence(api, claim, stance=stance)
        assert "second_origin" not in needs(api, claim)

    def test_is_not_given_a_second_origin_by_a_mention(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        make_evidence(api, claim, stance="mentions")
        assert needs(api, claim) == {"second_origin", "assessment"}
        make_evidence(api, claim, stance="contradicts")
        assert "second_origin" not in needs(api, claim)

    def test_of_two_origins_needs_no_other_whoever_mentions_it(self, api: Api) -> None:
        claim = make_claim(api)
        for stance in ("supports", "supports", "mentions"):
            make_evidence(api, claim, stance=stance)
        assert needs(api, claim) == {"assessment"}

    def test_is_not_given_a_second_origin_by_its_having_been_said(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        make_evidence(api, claim, basis="attribution")
        assert "second_origin" in needs(api, claim)

    def test_that_is_only_mentioned_needs_no_second_origin(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, stance="mentions")
        assert needs(api, claim) == {"assessment"}

    def test_that_is_only_known_to_have_been_said_needs_content_evidence(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, basis="attribution")
        make_evidence(api, claim, stance="mentions")
        assert needs(api, claim) == {"content_evidence", "assessment"}
        make_evidence(api, claim)
        assert "content_evidence" not in needs(api, claim)

    @pytest.mark.parametrize(
        ("state", "is_astray"), [("exact", False), ("moved", False), ("changed", True), ("orphaned", True)]
    )
    def test_needs_reanchoring_where_its_quote_has_changed_or_gone(
        self, api: Api, database: Database, state: str, is_astray: bool
    ) -> None:
        claim = make_claim(api)
        link = make_evidence(api, claim)
        set_state(database, link["passage"], AnchorState(state))
        assert ("reanchoring" in needs(api, claim)) == is_astray
        api.delete(f"/v1/evidence/{link['id']}")
        assert "reanchoring" not in needs(api, claim)

    def test_that_somebody_assesses_needs_no_assessment_until_that_is_withdrawn(self, api: Api) -> None:
        claim = make_claim(api)
        made = make_assessment(api, claim)
        assert needs(api, claim) == {"evidence"}
        api.delete(f"/v1/assessments/{made['id']}")
        assert "assessment" in needs(api, claim)

    def test_with_evidence_of_both_stances_needs_review_until_somebody_assesses_it(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        assert "conflict_review" not in needs(api, claim)
        make_evidence(api, claim, stance="contradicts")
        assert needs(api, claim) == {"assessment", "conflict_review"}
        make_assessment(api, claim)
        assert needs(api, claim) == set()

    def test_that_another_one_contradicts_needs_review_and_so_does_the_other(self, api: Api) -> None:
        one, other = make_claim(api, "one"), make_claim(api, "other")
        relation = make_relation(api, one, other, type="contradicts")
        assert all("conflict_review" in needs(api, each) for each in (one, other))
        api.delete(f"/v1/relations/{relation['id']}")
        assert not any("conflict_review" in needs(api, each) for each in (one, other))

    def test_that_a_deleted_one_contradicts_needs_no_review(self, api: Api) -> None:
        one, other = make_claim(api, "one"), make_claim(api, "other")
        make_relation(api, one, other, type="contradicts")
        api.delete(f"/v1/claims/{other['id']}")
        assert "conflict_review" not in needs(api, one)

    def test_needs_nothing_when_it_is_archived_or_deleted(self, api: Api, admin: Api) -> None:
        archived, deleted = make_claim(api, "one", status="archived"), make_claim(api, "two")
        api.delete(f"/v1/claims/{deleted['id']}")
        assert needs(api, archived) == set()
        assert ids(admin.read("/v1/claims?needs=evidence&include_deleted=true")) == []
        assert set(counts(api).values()) == {0}


class TestAnIndex:
    @pytest.mark.parametrize("need", [need for need in Need if need is not Need.REANCHORING])
    def test_has_the_condition_of_each_need(self, sqlite: Service, need: Need) -> None:
        claims_of = select(Claim.id).where(queues.conditions(NOW)[need]).order_by(Claim.created_at, Claim.id)
        # What stands in conflict is looked for among what nobody has assessed.
        served_by = Need.ASSESSMENT if need is Need.CONFLICT_REVIEW else need
        assert f"USING INDEX ix_claims_needs_{served_by}" in plan(sqlite, claims_of)

    def test_has_the_condition_of_disagreeing(self, sqlite: Service) -> None:
        disputed = select(Claim.id).where(assessed(Claim) > NOUGHT).order_by(Claim.created_at, Claim.id)
        assert "USING INDEX ix_claims_assessed" in plan(sqlite, disputed)

    def test_has_the_passages_that_are_astray(self, sqlite: Service) -> None:
        claims_of = select(Claim.id).where(queues.conditions(NOW)[Need.REANCHORING])
        assert "ix_passages_astray" in plan(sqlite, claims_of)


class TestQueues:
    def test_count_what_their_listings_list(self, api: Api, database: Database) -> None:
        make_claim(api, "nothing")
        for stances in (("supports",), ("supports", "mentions"), ("supports", "contradicts")):
            claim = make_claim(api, " ".join(stances))
            links = [make_evidence(api, claim, stance=stance) for stance in stances]
        set_state(database, links[0]["passage"], AnchorState.ORPHANED)
        make_evidence(api, make_claim(api, "said"), basis="attribution")
        make_assessment(api, make_claim(api, "assessed"))
        queues = api.read("/v1/queues")["data"]
        assert {each["needs"]: each["count"] for each in queues} == {
            "evidence": 2,
            "second_origin": 2,
            "content_evidence": 1,
            "reanchoring": 1,
            "assessment": 5,
            "conflict_review": 1,
        }
        assert [each["count"] for each in queues] == [len(api.read(each["claims"])["data"]) for each in queues]

    def test_are_all_there_and_say_what_they_are(self, api: Api) -> None:
        queues = api.read("/v1/queues")["data"]
        assert [each["needs"] for each in queues] == list(Need)
        assert all(each["meaning"] for each in queues)
        assert set(counts(api).values()) == {0}

    def test_need_not_be_read_again_while_they_stay_as_they_are(self, api: Api) -> None:
        tag = api.get("/v1/queues").headers["ETag"]
        assert api.get("/v1/queues", headers={"If-None-Match": tag}).status_code == 304
        make_claim(api)
        assert api.get("/v1/queues", headers={"If-None-Match": tag}).status_code == 200

    def test_go_on_from_page_to_page(self, api: Api) -> None:
        made = [make_claim(api, str(number))["id"] for number in range(5)]
        first = api.read("/v1/claims?needs=evidence&limit=2&sort=created_at")
        rest = api.read(f"/v1/claims?needs=evidence&limit=4&sort=created_at&cursor={first['next_cursor']}")
        assert [*ids(first), *ids(rest)] == made

    def test_can_be_narrowed(self, api: Api) -> None:
        claim, source = make_claim(api, "one", speaker={"name": "Kremlin"}), make_source(api)
        make_evidence(api, claim, source)
        make_evidence(api, make_claim(api, "two"), source)
        assert ids(api.read("/v1/claims?needs=second_origin&speaker=kremlin")) == [claim["id"]]

    def test_are_known_as_they_were(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim)
        found = ids(api.read(f"/v1/claims?needs=evidence&as_of={claim['created_at']}"))
        assert (found, needs(api, claim)) == ([claim["id"]], {"second_origin", "assessment"})

    def test_refuse_another_word(self, api: Api) -> None:
        problem = assert_problem(api.get("/v1/claims?needs=love"), "invalid")
        assert problem["errors"][0]["parameter"] == "needs"
