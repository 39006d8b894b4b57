import pytest

from claims_api.db import Database
from tests.api.factories import NOBODY, ids, make_claim, make_topic, nothing_stored, told
from tests.conftest import Api
from tests.problems import assert_problem

WHOLE = {"name": " Gipfel\u00a0 in Budapést ", "description": "Line one\r\n\tline “two” 🕊\n"}


class TestCreate:
    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = api.made("/v1/topics", WHOLE)
        assert {name: made[name] for name in WHOLE} == WHOLE

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        response = api.post("/v1/topics", WHOLE)
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/topics/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        made = make_topic(api)
        assert (made["version"], made["created_by"], made["description"]) == (1, "write key", None)
        assert made["created_at"] == made["updated_at"]

    @pytest.mark.parametrize("name", ["summit", "Summit", "  SUMMIT ", "ｓummit"])
    def test_refuses_a_name_that_is_taken(self, api: Api, database: Database, name: str) -> None:
        existing = make_topic(api)
        with nothing_stored(database):
            response = api.post("/v1/topics", {"name": name})
        assert assert_problem(response, "duplicate", "/name")["existing"] == {"id": existing["id"]}

    def test_refuses_the_name_of_a_topic_that_a_claim_made(self, api: Api) -> None:
        make_claim(api, topics=["summit"])
        assert_problem(api.post("/v1/topics", {"name": "Summit"}), "duplicate", "/name")


class TestRead:
    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/topics/{NOBODY}"), "not-found")


class TestList:
    def test_narrows_by_name_in_any_case(self, api: Api) -> None:
        make_topic(api)
        wanted = make_topic(api, "Energy")
        assert api.read("/v1/topics?name=eNERGY")["data"] == [wanted]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        make_topic(api)
        made = make_topic(api, "energy")
        assert ids(api.read(f"/v1/topics?updated_since={made['updated_at']}")) == [made["id"]]

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("created_at", "b a C"),
            ("-created_at", "C a b"),
            ("updated_at", "a C b"),
            ("-updated_at", "b C a"),
            ("name", "C a b"),
            ("-name", "b a C"),
        ],
    )
    def test_sorts_by(self, api: Api, sort: str, expected: str) -> None:
        first, *_ = [make_topic(api, name) for name in ("b", "a", "C")]
        api.patch(f"/v1/topics/{first['id']}", {"description": "Last to change"})
        assert [each["name"] for each in api.read(f"/v1/topics?sort={sort}")["data"]] == expected.split()


class TestUpdate:
    def test_leaves_what_is_not_sent(self, api: Api) -> None:
        made = api.made("/v1/topics", WHOLE)
        changed = told(api.patch(f"/v1/topics/{made['id']}", {"name": "visas"}))
        assert (changed["name"], changed["description"]) == ("visas", WHOLE["description"])

    def test_takes_away_what_is_null(self, api: Api) -> None:
        made = api.made("/v1/topics", WHOLE)
        api.patch(f"/v1/topics/{made['id']}", {"description": None})
        assert api.read(f"/v1/topics/{made['id']}")["description"] is None

    def test_keeps_the_name_from_being_taken_away(self, api: Api) -> None:
        made = make_topic(api)
        assert_problem(api.patch(f"/v1/topics/{made['id']}", {"name": None}), "invalid", "/name")

    @pytest.mark.parametrize("changes", [{}, {"name": WHOLE["name"]}, WHOLE])
    def test_keeps_the_version_when_nothing_changes(self, api: Api, changes: dict[str, object]) -> None:
        made = api.made("/v1/topics", WHOLE)
        response = api.patch(f"/v1/topics/{made['id']}", changes)
        assert (response.status_code, told(response)) == (200, made)

    def test_adds_one_to_the_version(self, api: Api) -> None:
        made = make_topic(api)
        changed = told(api.patch(f"/v1/topics/{made['id']}", {"name": "talks", "description": "Both"}))
        assert changed["version"] == 2
        assert changed["updated_at"] > changed["created_at"] == made["created_at"]

    def test_takes_the_own_name_in_other_case(self, api: Api) -> None:
        made = make_topic(api)
        assert told(api.patch(f"/v1/topics/{made['id']}", {"name": "Summit"}))["name"] == "Summit"

    def test_refuses_the_name_of_another(self, api: Api) -> None:
        other, made = make_topic(api), make_topic(api, "talks")
        problem = assert_problem(api.patch(f"/v1/topics/{made['id']}", {"name": "SUMMIT"}), "duplicate", "/name")
        assert problem["existing"] == {"id": other["id"]}
        assert api.read(f"/v1/topics/{made['id']}") == made

    def test_frees_the_name_before(self, api: Api) -> None:
        made = make_topic(api)
        api.patch(f"/v1/topics/{made['id']}", {"name": "talks"})
        assert make_topic(api, "summit")["id"] != made["id"]

    def test_shows_in_the_claims(self, api: Api) -> None:
        claim, made = make_claim(api, topics=["summit"]), api.read("/v1/topics?name=summit")["data"][0]
        api.patch(f"/v1/topics/{made['id']}", {"name": "talks"})
        assert api.read(f"/v1/claims/{claim['id']}")["topics"] == ["talks"]


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        path = f"/v1/topics/{make_topic(api)['id']}"
        assert api.delete(path).status_code == 204
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/topics")["data"] == []

    def test_frees_the_name(self, api: Api) -> None:
        old = make_topic(api)
        api.delete(f"/v1/topics/{old['id']}")
        assert make_topic(api)["id"] != old["id"]

    def test_is_refused_while_claims_are_filed_under_it(self, api: Api) -> None:
        claims = {make_claim(api, text, topics=["summit"])["id"] for text in ("one", "two")}
        topic = api.read("/v1/topics")["data"][0]
        problem = assert_problem(api.delete(f"/v1/topics/{topic['id']}"), "in-use")
        assert {(each["entity"], each["id"]) for each in problem["cited_by"]} == {("claim", c) for c in claims}

    @pytest.mark.parametrize("how", ["filed elsewhere", "deleted"])
    def test_is_taken_once_the_claims_are(self, api: Api, how: str) -> None:
        claim, topic = make_claim(api, topics=["summit"]), api.read("/v1/topics")["data"][0]
        path = f"/v1/claims/{claim['id']}"
        api.delete(path) if how == "deleted" else api.patch(path, {"topics": ["talks"]})
        assert api.delete(f"/v1/topics/{topic['id']}").status_code == 204
