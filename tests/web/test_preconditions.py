"""Conditional requests: nobody undoes what they have not seen, nobody reads again what they have."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.api.factories import (
    NOBODY,
    make_claim,
    make_evidence,
    make_passage,
    make_relation,
    make_source,
    make_speaker,
    make_topic,
)
from tests.conftest import Api
from tests.problems import assert_problem


def make_link(api: Api) -> dict[str, Any]:
    return make_evidence(api, make_claim(api))


MAKERS: dict[str, tuple[Callable[[Api], dict[str, Any]], dict[str, Any]]] = {
    "claims": (make_claim, {"text": "another"}),
    "evidence": (make_link, {"note": "another"}),
    "relations": (make_relation, {"note": "another"}),
    "sources": (make_source, {"title": "another"}),
    "speakers": (make_speaker, {"job_title": "another"}),
    "topics": (make_topic, {"description": "another"}),
}


@pytest.fixture(params=MAKERS)
def noun(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def change(noun: str) -> dict[str, Any]:
    return MAKERS[noun][1]


@pytest.fixture
def path(api: Api, noun: str) -> str:
    return f"/v1/{noun}/{MAKERS[noun][0](api)['id']}"


def tag_of(api: Api, path: str) -> str:
    return api.get(path).headers["ETag"]


class TestETag:
    def test_is_strong(self, api: Api, path: str) -> None:
        assert tag_of(api, path).startswith('"')

    def test_of_the_answer_to_a_change_is_that_of_the_next_read(
        self, api: Api, path: str, change: dict[str, Any]
    ) -> None:
        assert api.patch(path, change).headers["ETag"] == tag_of(api, path)

    def test_is_another_one_after_a_change(self, api: Api, path: str, change: dict[str, Any]) -> None:
        before = tag_of(api, path)
        api.patch(path, change)
        assert tag_of(api, path) != before

    def test_of_what_was_made_is_that_of_the_next_read(self, api: Api) -> None:
        made = api.post("/v1/claims", {"text": "no date was set"})
        assert made.headers["ETag"] == tag_of(api, made.headers["Location"])

    def test_of_a_claim_is_another_one_after_a_change_of_its_evidence(self, api: Api) -> None:
        link = make_link(api)
        before = tag_of(api, f"/v1/claims/{link['claim_id']}")
        api.patch(f"/v1/evidence/{link['id']}", {"stance": "mentions"})
        assert tag_of(api, f"/v1/claims/{link['claim_id']}") != before

    def test_of_a_claim_is_another_one_after_a_change_of_its_speakers_name(self, api: Api) -> None:
        claim = make_claim(api, speaker={"name": "Kremlin"})
        before = tag_of(api, f"/v1/claims/{claim['id']}")
        api.patch(f"/v1/speakers/{claim['speaker']['id']}", {"name": "Moscow"})
        assert tag_of(api, f"/v1/claims/{claim['id']}") != before


class TestReadingAgain:
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    def test_gives_not_modified_for_the_present_state(self, api: Api, path: str, form: str) -> None:
        tag = tag_of(api, path)
        response = api.get(path, headers={"If-None-Match": form.format(tag)})
        assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)

    def test_gives_not_modified_without_a_type_of_what_is_not_there(self, api: Api, path: str) -> None:
        assert "Content-Type" not in api.get(path, headers={"If-None-Match": "*"}).headers

    def test_gives_the_state_when_the_client_has_another(self, api: Api, path: str) -> None:
        assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_gives_the_state_on_which_the_client_insists(self, api: Api, path: str) -> None:
        assert api.get(path, headers={"If-Match": tag_of(api, path)}).status_code == 200

    def test_is_refused_when_the_client_insists_on_another_state(self, api: Api, path: str) -> None:
        assert_problem(api.get(path, headers={"If-Match": '"other"'}), "stale")


class TestChanging:
    @pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
    def test_is_done_upon_the_state_that_was_seen(self, api: Api, path: str, change: dict[str, Any], form: str) -> None:
        response = api.patch(path, change, headers={"If-Match": form.format(tag_of(api, path))})
        assert response.status_code == 200, response.text

    @pytest.mark.parametrize("tag", ['"other"', "W/{}", "", ",,,"])
    def test_upon_another_state_is_refused_with_the_present_one(
        self, api: Api, path: str, change: dict[str, Any], tag: str
    ) -> None:
        before = api.read(path)
        response = api.patch(path, change, headers={"If-Match": tag.format(tag_of(api, path))})
        problem = assert_problem(response, "stale")
        assert problem["current"] == before == api.read(path)
        assert problem["detail"] == "The state that the condition names is not the present one; `current` is."

    def test_is_refused_where_nothing_may_be_there(self, api: Api, path: str, change: dict[str, Any]) -> None:
        assert_problem(api.patch(path, change, headers={"If-None-Match": "*"}), "stale")

    def test_is_refused_where_the_present_state_must_not_be_there(
        self, api: Api, path: str, change: dict[str, Any]
    ) -> None:
        assert_problem(api.patch(path, change, headers={"If-None-Match": tag_of(api, path)}), "stale")

    def test_of_nothing_is_not_found_before_it_is_stale(self, api: Api, path: str, change: dict[str, Any]) -> None:
        api.delete(path)
        assert_problem(api.patch(path, change, headers={"If-Match": '"other"'}), "not-found")

    def test_by_eight_at_once_is_granted_to_one(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}"
        tag = tag_of(api, path)

        def change(number: int) -> int:
            own = Api(api.client.application.test_client(), api.key)
            return own.patch(path, {"text": f"by {number}"}, headers={"If-Match": tag}).status_code

        with ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(change, range(8)))
        assert sorted(statuses) == [200] + [412] * 7


class TestDeleting:
    def test_is_done_upon_the_state_that_was_seen(self, api: Api, path: str) -> None:
        assert api.delete(path, headers={"If-Match": tag_of(api, path)}).status_code == 204

    @pytest.mark.parametrize("tag", ['"other"', "W/{}"])
    def test_upon_another_state_is_refused(self, api: Api, path: str, tag: str) -> None:
        response = api.delete(path, headers={"If-Match": tag.format(tag_of(api, path))})
        assert_problem(response, "stale")
        assert api.get(path).status_code == 200

    def test_answers_without_a_type_of_what_is_not_there(self, api: Api, path: str) -> None:
        assert "Content-Type" not in api.delete(path).headers

    def test_names_the_state_that_is_left(self, api: Api, admin: Api, path: str) -> None:
        left = api.delete(path).headers["ETag"]
        assert left == tag_of(admin, f"{path}?include_deleted=true")

    def test_a_passage_upon_another_state_is_refused(self, api: Api) -> None:
        path = f"/v1/passages/{make_passage(api)['id']}"
        assert_problem(api.delete(path, headers={"If-Match": '"other"'}), "stale")

    @pytest.mark.parametrize("decision", ["confirm", "reattach"])
    def test_a_deleted_passage_is_not_found_before_it_is_stale(self, api: Api, decision: str) -> None:
        path = f"/v1/passages/{make_passage(api)['id']}"
        api.delete(path)
        body = {"exact": "date"} if decision == "reattach" else None
        assert_problem(api.post(f"{path}/{decision}", body, headers={"If-Match": '"other"'}), "not-found")


class TestMoreThanTheEntity:
    """Where an answer tells more, its ETag is that of the entity, as whoever reads it gets it."""

    def test_a_merger_names_the_state_of_the_speaker_who_stays(self, api: Api) -> None:
        gone, stays = make_speaker(api, name="Ann"), make_speaker(api, name="Anne")
        response = api.post(f"/v1/speakers/{gone['id']}/merge", {"into_id": stays["id"]})
        assert response.headers["ETag"] == tag_of(api, f"/v1/speakers/{stays['id']}")

    def test_so_does_its_undoing_that_of_the_one_who_is_back(self, api: Api) -> None:
        gone, stays = make_speaker(api, name="Ann"), make_speaker(api, name="Anne")
        api.post(f"/v1/speakers/{gone['id']}/merge", {"into_id": stays["id"]})
        response = api.post(f"/v1/speakers/{gone['id']}/unmerge")
        assert response.headers["ETag"] == tag_of(api, f"/v1/speakers/{gone['id']}")

    @pytest.mark.parametrize("is_new", [True, False])
    def test_a_newer_text_names_the_state_of_its_version(self, api: Api, is_new: bool) -> None:
        path = f"/v1/sources/{make_source(api)['id']}/versions"
        if not is_new:
            api.post(path, {"text": "Another text."})
        response = api.post(path, {"text": "Another text."})
        assert (response.status_code, response.headers["ETag"]) == (201 if is_new else 200, tag_of(api, f"{path}/2"))


class TestWhereAConditionIsRequired:
    @pytest.fixture
    def strict(self, api: Api, settings: Settings, make_key: Callable[[Scope], str]) -> Iterator[Api]:
        app = create_app(replace(settings, require_if_match=True))
        yield Api(app.test_client(), make_key(Scope.WRITE))
        app.extensions[EXTENSION].dispose()

    def test_a_change_without_one_is_refused(self, strict: Api, api: Api) -> None:
        response = strict.patch(f"/v1/topics/{make_topic(api)['id']}", {"name": "x"})
        problem = assert_problem(response, "precondition-required")
        assert problem["detail"] == "Send the ETag of the state that you have seen as If-Match."

    def test_a_deletion_without_one_is_refused(self, strict: Api, api: Api) -> None:
        assert_problem(strict.delete(f"/v1/topics/{make_topic(api)['id']}"), "precondition-required")

    def test_what_is_not_there_is_not_found(self, strict: Api) -> None:
        assert_problem(strict.patch(f"/v1/topics/{NOBODY}", {"name": "x"}), "not-found")

    def test_a_change_with_one_is_done(self, strict: Api, api: Api) -> None:
        path = f"/v1/topics/{make_topic(api)['id']}"
        assert strict.patch(path, {"name": "x"}, headers={"If-Match": tag_of(strict, path)}).status_code == 200
