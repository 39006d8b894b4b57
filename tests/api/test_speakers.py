import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    ids,
    make_claim,
    make_evidence,
    make_speaker,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

WHOLE = {
    "name": " Серге́й Лавров\u00a0",
    "kind": "person",
    "aliases": ["Sergey Lavrov", "Sergei  Lavrov"],
    "job_title": "Foreign minister",
    "affiliation": "Government of “Russia” 🇷🇺",
    "same_as": "https://www.wikidata.org/wiki/Q58217?a=1#b",
}


class TestCreate:
    def test_refuses_an_alias_that_is_the_name_of_another(self, api: Api, database: Database) -> None:
        existing = make_speaker(api)
        with nothing_stored(database):
            response = api.post("/v1/speakers", {"name": "Moscow", "kind": "organization", "aliases": ["KREMLIN"]})
        assert assert_problem(response, "duplicate")["existing"] == {"id": existing["id"]}

    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = api.made("/v1/speakers", WHOLE)
        assert {name: made[name] for name in WHOLE} == WHOLE

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        response = api.post("/v1/speakers", WHOLE)
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/speakers/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        made = make_speaker(api)
        assert (made["version"], made["created_by"]) == (1, "write key")
        assert made["created_at"] == made["updated_at"]
        assert made["created_at"].endswith("Z")

    def test_needs_only_a_name_and_a_kind(self, api: Api) -> None:
        made = make_speaker(api)
        assert (made["aliases"], made["job_title"], made["affiliation"], made["same_as"]) == ([], None, None, None)

    @pytest.mark.parametrize("missing", ["name", "kind"])
    def test_asks_for_what_is_missing(self, api: Api, missing: str) -> None:
        body = {name: value for name, value in WHOLE.items() if name != missing}
        assert_problem(api.post("/v1/speakers", body), "invalid", f"/{missing}")

    @pytest.mark.parametrize("name", ["Kremlin", "KREMLIN", " kremlin  ", "Ｋremlin", "rf presidency"])
    def test_refuses_a_name_or_alias_that_is_taken(self, api: Api, database: Database, name: str) -> None:
        existing = make_speaker(api, aliases=["RF Presidency"])
        with nothing_stored(database):
            response = api.post("/v1/speakers", {"name": name, "kind": "person"})
        assert assert_problem(response, "duplicate", "/name")["existing"] == {"id": existing["id"]}

    def test_keeps_a_second_one_of_the_name_when_told_to(self, api: Api) -> None:
        first = make_speaker(api)
        second = api.made("/v1/speakers?allow_duplicate=true", {"name": "Kremlin", "kind": "organization"})
        assert set(ids(api.read("/v1/speakers?name=Kremlin"))) == {first["id"], second["id"]}


class TestRead:
    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/speakers/{NOBODY}"), "not-found")

    def test_needs_no_key(self, api: Api, anybody: Api) -> None:
        made = make_speaker(api)
        assert anybody.read(f"/v1/speakers/{made['id']}") == made


class TestList:
    @pytest.mark.parametrize("query", ["kind=group", "name=TASS", "name=ria%20%20NOVOSTI"])
    def test_narrows_by(self, api: Api, query: str) -> None:
        make_speaker(api)
        wanted = make_speaker(api, "Tass", kind="group", aliases=["RIA Novosti"])
        assert api.read(f"/v1/speakers?{query}")["data"] == [wanted]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        old, made = make_speaker(api), make_speaker(api, "Tass")
        listed = ids(api.read(f"/v1/speakers?updated_since={made['updated_at']}"))
        assert listed == [made["id"]]
        assert old["updated_at"] < made["updated_at"]

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
        first, *_ = [make_speaker(api, name) for name in ("b", "a", "C")]
        api.patch(f"/v1/speakers/{first['id']}", {"job_title": "Last to change"})
        assert [each["name"] for each in api.read(f"/v1/speakers?sort={sort}")["data"]] == expected.split()

    def test_shows_the_newest_first_unless_told_otherwise(self, api: Api) -> None:
        made = [make_speaker(api, name)["id"] for name in ("a", "c", "b")]
        assert ids(api.read("/v1/speakers")) == made[::-1]


class TestUpdate:
    def test_refuses_the_name_of_another(self, api: Api) -> None:
        existing, other = make_speaker(api), make_speaker(api, "Moscow")
        response = api.patch(f"/v1/speakers/{other['id']}", {"name": "kremlin"})
        assert assert_problem(response, "duplicate")["existing"] == {"id": existing["id"]}

    def test_takes_the_name_of_another_where_that_is_allowed(self, api: Api) -> None:
        make_speaker(api)
        other = make_speaker(api, "Moscow")
        response = api.patch(f"/v1/speakers/{other['id']}?allow_duplicate=true", {"name": "kremlin"})
        assert told(response)["name"] == "kremlin"

    def test_keeps_its_own_names_without_asking(self, api: Api) -> None:
        speaker = make_speaker(api, aliases=["Moscow"])
        assert told(api.patch(f"/v1/speakers/{speaker['id']}", {"name": "KREMLIN", "aliases": []}))["name"] == "KREMLIN"

    def test_leaves_what_is_not_sent(self, api: Api) -> None:
        made = api.made("/v1/speakers", WHOLE)
        changed = told(api.patch(f"/v1/speakers/{made['id']}", {"job_title": "Minister"}))
        assert {name: changed[name] for name in WHOLE} == {**WHOLE, "job_title": "Minister"}

    @pytest.mark.parametrize("field", ["job_title", "affiliation", "same_as"])
    def test_takes_away_what_is_null(self, api: Api, field: str) -> None:
        made = api.made("/v1/speakers", WHOLE)
        api.patch(f"/v1/speakers/{made['id']}", {field: None})
        assert api.read(f"/v1/speakers/{made['id']}")[field] is None

    @pytest.mark.parametrize("field", ["name", "kind", "aliases"])
    def test_keeps_what_a_speaker_cannot_be_without(self, api: Api, field: str) -> None:
        made = make_speaker(api)
        assert_problem(api.patch(f"/v1/speakers/{made['id']}", {field: None}), "invalid", f"/{field}")
        assert api.read(f"/v1/speakers/{made['id']}") == made

    @pytest.mark.parametrize("changes", [{}, {"name": WHOLE["name"]}, WHOLE])
    def test_keeps_the_version_when_nothing_changes(self, api: Api, changes: dict[str, object]) -> None:
        made = api.made("/v1/speakers", WHOLE)
        response = api.patch(f"/v1/speakers/{made['id']}", changes)
        assert (response.status_code, told(response)) == (200, made)

    def test_adds_one_to_the_version(self, api: Api) -> None:
        made = make_speaker(api)
        changed = told(api.patch(f"/v1/speakers/{made['id']}", {"kind": "group", "aliases": ["K"]}))
        assert changed["version"] == 2
        assert changed["updated_at"] > changed["created_at"] == made["created_at"]

    @pytest.mark.parametrize(("name", "found"), [("New", 1), ("Other", 1), ("Kremlin", 0), ("Old", 0)])
    def test_is_found_by_the_new_names_only(self, api: Api, name: str, found: int) -> None:
        made = make_speaker(api, aliases=["Old"])
        api.patch(f"/v1/speakers/{made['id']}", {"name": "New", "aliases": ["Other"]})
        assert len(api.read(f"/v1/speakers?name={name}")["data"]) == found

    def test_shows_in_the_claims(self, api: Api) -> None:
        made = make_speaker(api)
        claim = make_claim(api, speaker_id=made["id"])
        api.patch(f"/v1/speakers/{made['id']}", {"name": "Peskov"})
        assert api.read(f"/v1/claims/{claim['id']}")["label"] == "Peskov: no date was set"

    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.patch(f"/v1/speakers/{NOBODY}", {"kind": "group"}), "not-found")


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        path = f"/v1/speakers/{make_speaker(api)['id']}"
        response = api.delete(path)
        assert (response.status_code, response.data) == (204, b"")
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/speakers")["data"] == []

    @pytest.mark.parametrize("again", ["patch", "delete"])
    def test_leaves_nothing_to_change(self, api: Api, again: str) -> None:
        path = f"/v1/speakers/{make_speaker(api)['id']}"
        api.delete(path)
        assert_problem(api.request(again.upper(), path, {} if again == "patch" else None), "not-found")

    def test_frees_the_name(self, api: Api) -> None:
        old = make_speaker(api)
        api.delete(f"/v1/speakers/{old['id']}")
        assert make_speaker(api)["id"] != old["id"]

    def test_is_refused_while_a_claim_names_the_speaker(self, api: Api) -> None:
        made = make_speaker(api)
        claim = make_claim(api, speaker_id=made["id"])
        problem = assert_problem(api.delete(f"/v1/speakers/{made['id']}"), "in-use")
        assert problem["cited_by"] == [{"entity": "claim", "id": claim["id"]}]
        assert api.read(f"/v1/speakers/{made['id']}") == made

    def test_is_refused_while_evidence_is_stated_by_the_speaker(self, api: Api) -> None:
        made = make_speaker(api)
        link = make_evidence(api, make_claim(api), stated_by_id=made["id"])
        problem = assert_problem(api.delete(f"/v1/speakers/{made['id']}"), "in-use")
        assert problem["cited_by"] == [{"entity": "evidence", "id": link["id"]}]

    def test_is_taken_once_the_claim_is_gone(self, api: Api) -> None:
        made = make_speaker(api)
        claim = make_claim(api, speaker_id=made["id"])
        make_evidence(api, claim, stated_by_id=made["id"])
        api.delete(f"/v1/claims/{claim['id']}")
        assert api.delete(f"/v1/speakers/{made['id']}").status_code == 204
