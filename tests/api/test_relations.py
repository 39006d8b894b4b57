from itertools import pairwise

import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    Thing,
    ids,
    make_claim,
    make_relation,
    make_speaker,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

SYMMETRIC = ("contradicts", "same_as", "related")
DIRECTED = ("supports", "qualifies", "supersedes")


def relations_of(api: Api, claim: Thing, query: str = "") -> list[Thing]:
    found: list[Thing] = api.read(f"/v1/claims/{claim['id']}/relations{query}")["data"]
    return found


def relate(api: Api, source: Thing, target: Thing, kind: str) -> None:
    make_relation(api, source, target, type=kind)


@pytest.fixture
def two(api: Api) -> tuple[Thing, Thing]:
    return make_claim(api, "first", speaker={"name": "Kremlin"}), make_claim(api, "second")


class TestCreate:
    def test_gives_back_what_was_stated_with_the_labels_of_both_claims(
        self, api: Api, two: tuple[Thing, Thing]
    ) -> None:
        first, second = two
        made = make_relation(api, first, second, type="supersedes", note="a day later")
        assert made["source"] == {"id": first["id"], "label": "Kremlin: first"}
        assert made["target"] == {"id": second["id"], "label": "second"}
        assert (made["type"], made["note"], made["version"], made["created_by"]) == (
            "supersedes",
            "a day later",
            1,
            "write key",
        )

    def test_says_where_it_is_kept_by_path_alone(self, api: Api, two: tuple[Thing, Thing]) -> None:
        first, second = two
        response = api.post(f"/v1/claims/{first['id']}/relations", {"type": "related", "target_id": second["id"]})
        assert response.headers["Location"] == f"/v1/relations/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    @pytest.mark.parametrize("kind", [*SYMMETRIC, *DIRECTED])
    def test_refuses_the_same_a_second_time(
        self, api: Api, database: Database, two: tuple[Thing, Thing], kind: str
    ) -> None:
        made = make_relation(api, *two, type=kind)
        body = {"type": kind, "target_id": two[1]["id"], "note": "another"}
        with nothing_stored(database):
            response = api.post(f"/v1/claims/{two[0]['id']}/relations", body)
        assert assert_problem(response, "duplicate", "/target_id")["existing"] == {"id": made["id"]}

    @pytest.mark.parametrize("kind", SYMMETRIC)
    def test_of_a_symmetric_type_refuses_it_the_other_way_round(
        self, api: Api, two: tuple[Thing, Thing], kind: str
    ) -> None:
        made = make_relation(api, *two, type=kind)
        response = api.post(f"/v1/claims/{two[1]['id']}/relations", {"type": kind, "target_id": two[0]["id"]})
        assert assert_problem(response, "duplicate")["existing"] == {"id": made["id"]}

    @pytest.mark.parametrize("kind", ["supports", "qualifies"])
    def test_of_a_directed_type_takes_it_the_other_way_round(
        self, api: Api, two: tuple[Thing, Thing], kind: str
    ) -> None:
        first, second = two
        assert make_relation(api, first, second, type=kind)["id"] != make_relation(api, second, first, type=kind)["id"]

    def test_takes_two_claims_related_in_several_ways(self, api: Api, two: tuple[Thing, Thing]) -> None:
        for kind in (*SYMMETRIC, *DIRECTED):
            make_relation(api, *two, type=kind)
        assert len(relations_of(api, two[0])) == 6

    def test_can_relate_again_what_was_taken_apart(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two, type="same_as")
        api.delete(f"/v1/relations/{made['id']}")
        assert make_relation(api, two[1], two[0], type="same_as")["id"] != made["id"]

    def test_refuses_the_claim_itself(self, api: Api, database: Database) -> None:
        claim = make_claim(api)
        with nothing_stored(database):
            body = {"type": "related", "target_id": claim["id"]}
            assert_problem(api.post(f"/v1/claims/{claim['id']}/relations", body), "invalid", "/target_id")

    def test_refuses_a_target_that_is_not_there(self, api: Api, database: Database) -> None:
        claim, deleted = make_claim(api), make_claim(api)
        api.delete(f"/v1/claims/{deleted['id']}")
        with nothing_stored(database):
            for target in (NOBODY, deleted["id"]):
                body = {"type": "related", "target_id": target}
                assert_problem(api.post(f"/v1/claims/{claim['id']}/relations", body), "invalid", "/target_id")

    def test_of_a_claim_that_is_not_there_is_not_found(self, api: Api, database: Database) -> None:
        claim, deleted = make_claim(api), make_claim(api)
        api.delete(f"/v1/claims/{deleted['id']}")
        with nothing_stored(database):
            for source in (NOBODY, deleted["id"]):
                body = {"type": "related", "target_id": claim["id"]}
                assert_problem(api.post(f"/v1/claims/{source}/relations", body), "not-found")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"type": "opposes", "target_id": NOBODY}, "/type"),
            ({"target_id": NOBODY}, "/type"),
            ({"type": "related"}, "/target_id"),
            ({"type": "related", "target_id": NOBODY, "source_id": NOBODY}, "/source_id"),
            ({"type": "related", "target_id": NOBODY, "note": " "}, "/note"),
        ],
    )
    def test_refuses_by_name(self, api: Api, body: Thing, pointer: str) -> None:
        assert_problem(api.post(f"/v1/claims/{make_claim(api)['id']}/relations", body), "invalid", pointer)


class TestSupersedes:
    @pytest.mark.parametrize("length", [2, 3, 7])
    def test_may_not_run_in_a_circle_and_the_refusal_names_it(self, api: Api, database: Database, length: int) -> None:
        claims = [make_claim(api, f"claim {number}") for number in range(length)]
        for newer, older in pairwise(claims):
            relate(api, newer, older, "supersedes")
        body = {"type": "supersedes", "target_id": claims[0]["id"]}
        with nothing_stored(database):
            problem = assert_problem(
                api.post(f"/v1/claims/{claims[-1]['id']}/relations", body), "invalid", "/target_id"
            )
        assert problem["circle"] == [each["id"] for each in (claims[-1], *claims)]

    def test_may_branch_and_meet_again(self, api: Api) -> None:
        top, left, right, bottom = (make_claim(api, name) for name in ("top", "left", "right", "bottom"))
        for newer, older in ((top, left), (top, right), (left, bottom), (right, bottom), (top, bottom)):
            relate(api, newer, older, "supersedes")
        assert len(api.read("/v1/relations?type=supersedes")["data"]) == 5

    def test_is_refused_where_the_circle_runs_through_a_deleted_claim(self, api: Api) -> None:
        first, second, third = (make_claim(api, str(number)) for number in range(3))
        relate(api, first, second, "supersedes")
        relate(api, second, third, "supersedes")
        api.delete(f"/v1/claims/{second['id']}")
        body = {"type": "supersedes", "target_id": first["id"]}
        assert_problem(api.post(f"/v1/claims/{third['id']}/relations", body), "invalid")

    def test_is_taken_where_the_circle_was_broken(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two, type="supersedes")
        api.delete(f"/v1/relations/{made['id']}")
        relate(api, two[1], two[0], "supersedes")

    def test_is_not_restored_into_a_circle(self, api: Api, database: Database, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two, type="supersedes")
        api.delete(f"/v1/relations/{made['id']}")
        relate(api, two[1], two[0], "supersedes")
        with nothing_stored(database):
            problem = assert_problem(api.post(f"/v1/relations/{made['id']}/restore"), "invalid")
        assert problem["circle"] == [two[0]["id"], two[1]["id"], two[0]["id"]]

    @pytest.mark.parametrize("kind", ["supports", "qualifies", "contradicts", "related"])
    def test_is_no_circle_with_other_types(self, api: Api, two: tuple[Thing, Thing], kind: str) -> None:
        relate(api, *two, kind=kind)
        relate(api, two[1], two[0], "supersedes")


class TestListOfAClaim:
    @pytest.mark.parametrize("kind", DIRECTED)
    def test_says_which_end_the_claim_is(self, api: Api, two: tuple[Thing, Thing], kind: str) -> None:
        relate(api, *two, kind=kind)
        assert [each["direction"] for claim in two for each in relations_of(api, claim)] == ["outgoing", "incoming"]

    @pytest.mark.parametrize("kind", SYMMETRIC)
    def test_of_a_symmetric_type_holds_both_ways(self, api: Api, two: tuple[Thing, Thing], kind: str) -> None:
        relate(api, *two, kind=kind)
        assert [each["direction"] for claim in two for each in relations_of(api, claim)] == ["both", "both"]

    def test_shows_the_claim_at_the_other_end(self, api: Api, two: tuple[Thing, Thing]) -> None:
        relate(api, *two, kind="supports")
        seen = [each["claim"] for claim in two for each in relations_of(api, claim)]
        assert seen == [{"id": two[1]["id"], "label": "second"}, {"id": two[0]["id"], "label": "Kremlin: first"}]

    def test_shows_each_relation_as_it_is_read_alone(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two)
        (found,) = relations_of(api, two[1])
        assert {name: found[name] for name in made} == made

    def test_keeps_to_its_type(self, api: Api, two: tuple[Thing, Thing]) -> None:
        relate(api, *two, kind="supports")
        relate(api, *two, kind="related")
        assert [each["type"] for each in relations_of(api, two[0], "?type=related")] == ["related"]

    def test_leaves_out_the_relations_of_others(self, api: Api, two: tuple[Thing, Thing]) -> None:
        make_relation(api)
        assert relations_of(api, two[0]) == []

    def test_of_a_claim_that_is_not_there_is_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/relations"), "not-found")


class TestList:
    def test_finds_a_claim_at_either_end(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = [make_relation(api, *two), make_relation(api, two[1], make_claim(api))]
        make_relation(api)
        assert ids(api.read(f"/v1/relations?claim_id={two[1]['id']}&sort=created_at")) == [each["id"] for each in made]
        assert ids(api.read(f"/v1/relations?claim_id={two[0]['id']}")) == [made[0]["id"]]

    def test_keeps_to_what_was_changed_since(self, api: Api, two: tuple[Thing, Thing]) -> None:
        first, second = make_relation(api, *two), make_relation(api)
        changed = told(api.patch(f"/v1/relations/{first['id']}", {"note": "later"}))
        assert second["updated_at"] < changed["updated_at"]
        assert ids(api.read(f"/v1/relations?updated_since={changed['updated_at']}")) == [first["id"]]


class TestChange:
    def test_alters_the_note_alone(self, api: Api) -> None:
        made = make_relation(api, note="before")
        changed = told(api.patch(f"/v1/relations/{made['id']}", {"note": "after"}))
        assert (changed["note"], changed["version"]) == ("after", 2)
        assert told(api.patch(f"/v1/relations/{made['id']}", {"note": None}))["note"] is None

    @pytest.mark.parametrize("field", ["type", "target_id", "source_id", "pair"])
    def test_of_anything_else_is_refused(self, api: Api, field: str) -> None:
        response = api.patch(f"/v1/relations/{make_relation(api)['id']}", {field: "related"})
        assert_problem(response, "invalid", f"/{field}")


class TestADeletedClaim:
    def test_hides_its_relations_everywhere(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two)
        api.delete(f"/v1/claims/{two[1]['id']}")
        assert relations_of(api, two[0]) == api.read("/v1/relations")["data"] == []
        assert_problem(api.get(f"/v1/relations/{made['id']}"), "not-found")

    @pytest.mark.parametrize("end", [0, 1])
    def test_brings_its_relations_back_with_it(self, api: Api, two: tuple[Thing, Thing], end: int) -> None:
        made = make_relation(api, *two)
        api.delete(f"/v1/claims/{two[end]['id']}")
        api.post(f"/v1/claims/{two[end]['id']}/restore")
        assert api.read(f"/v1/relations/{made['id']}") == made

    def test_leaves_the_row_of_a_relation_as_it_is(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two)
        api.delete(f"/v1/claims/{two[0]['id']}")
        assert [each["action"] for each in api.read(f"/v1/relations/{made['id']}/history")["data"]] == ["create"]

    def test_lets_nobody_change_or_delete_its_relations(
        self, api: Api, database: Database, two: tuple[Thing, Thing]
    ) -> None:
        made = make_relation(api, *two)
        api.delete(f"/v1/claims/{two[0]['id']}")
        with nothing_stored(database):
            assert_problem(api.patch(f"/v1/relations/{made['id']}", {"note": "x"}), "not-found")
            assert_problem(api.delete(f"/v1/relations/{made['id']}"), "not-found")

    @pytest.mark.parametrize("is_deleted", [False, True])
    def test_must_be_restored_before_a_relation_is(
        self, api: Api, database: Database, two: tuple[Thing, Thing], *, is_deleted: bool
    ) -> None:
        made = make_relation(api, *two)
        if is_deleted:
            api.delete(f"/v1/relations/{made['id']}")
        api.delete(f"/v1/claims/{two[1]['id']}")
        with nothing_stored(database):
            problem = assert_problem(api.post(f"/v1/relations/{made['id']}/restore"), "cites-deleted")
        assert problem["cites"] == [{"entity": "claim", "id": two[1]["id"]}]


class TestRestore:
    def test_is_refused_where_the_two_were_related_anew(self, api: Api, two: tuple[Thing, Thing]) -> None:
        first = make_relation(api, *two, type="contradicts")
        api.delete(f"/v1/relations/{first['id']}")
        second = make_relation(api, two[1], two[0], type="contradicts")
        problem = assert_problem(api.post(f"/v1/relations/{first['id']}/restore"), "duplicate")
        assert problem["existing"] == {"id": second["id"]}


class TestTheSame:
    def test_is_a_group_through_any_chain_and_in_both_directions(self, api: Api) -> None:
        a, b, c, d, other = (make_claim(api, name) for name in "abcdo")
        for first, second in ((a, b), (c, b), (c, d), (d, a)):
            relate(api, first, second, "same_as")
        relate(api, a, other, "related")
        for claim in (a, b, c, d):
            found = ids(api.read(f"/v1/claims?same_as={claim['id']}&sort=created_at"))
            assert found == [each["id"] for each in (a, b, c, d)]

    def test_of_a_claim_that_stands_alone_is_that_claim(self, api: Api) -> None:
        claim, _ = make_claim(api), make_claim(api)
        assert ids(api.read(f"/v1/claims?same_as={claim['id']}")) == [claim["id"]]

    def test_of_nothing_is_nothing(self, api: Api) -> None:
        make_claim(api)
        assert ids(api.read(f"/v1/claims?same_as={NOBODY}")) == []

    @pytest.mark.parametrize("what", ["claim", "relation"])
    def test_ends_at_what_was_deleted(self, api: Api, what: str) -> None:
        a, b, c = (make_claim(api, name) for name in "abc")
        relation = make_relation(api, a, b, type="same_as")
        relate(api, b, c, "same_as")
        api.delete(f"/v1/claims/{b['id']}" if what == "claim" else f"/v1/relations/{relation['id']}")
        assert ids(api.read(f"/v1/claims?same_as={a['id']}")) == [a["id"]]

    def test_goes_together_with_other_filters(self, api: Api) -> None:
        speaker = make_speaker(api, "Lavrov")
        a, b = make_claim(api, "a"), make_claim(api, "b", speaker_id=speaker["id"])
        relate(api, a, b, "same_as")
        assert ids(api.read(f"/v1/claims?same_as={a['id']}&speaker=lavrov")) == [b["id"]]


class TestThePast:
    def test_shows_a_relation_as_it_was(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two, note="before", type="same_as")
        paths = (
            f"/v1/relations/{made['id']}?",
            f"/v1/relations?claim_id={two[0]['id']}&",
            f"/v1/claims/{two[1]['id']}/relations?",
            f"/v1/claims?same_as={two[1]['id']}&",
        )
        before = [api.read(path) for path in paths]
        api.patch(f"/v1/relations/{made['id']}", {"note": "after"})
        api.patch(f"/v1/claims/{two[0]['id']}", {"text": "another"})
        api.delete(f"/v1/relations/{made['id']}")
        api.delete(f"/v1/claims/{two[1]['id']}")
        assert [api.read(f"{path}as_of={made['created_at']}") for path in paths] == before

    def test_knows_no_relation_from_before_it_was_made(self, api: Api, two: tuple[Thing, Thing]) -> None:
        made = make_relation(api, *two)
        path = f"/v1/relations/{made['id']}?as_of={two[1]['created_at']}"
        assert_problem(api.get(path), "not-found")
        assert relations_of(api, two[0], f"?as_of={two[1]['created_at']}") == []


class TestHistory:
    def test_tells_of_the_claims_and_not_of_what_is_kept_for_looking_up(self, api: Api) -> None:
        made = make_relation(api, note="why")
        (entry,) = api.read(f"/v1/relations/{made['id']}/history")["data"]
        state = entry["state"]
        assert (state["source_id"], state["target_id"]) == (made["source"]["id"], made["target"]["id"])
        assert "pair" not in state
