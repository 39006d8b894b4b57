import json
from typing import Any

import pytest
from sqlalchemy import text

from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.services import claims
from claims_api.services.claims import NewClaim
from tests.api.factories import make_claim, make_evidence, make_source
from tests.conftest import Api, Service, emptied
from tests.problems import assert_problem

IMPORT = "/v1/import"


def lines_of(api: Api, query: str = "") -> list[dict[str, Any]]:
    response = api.get(f"/v1/export{query}")
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson"), response.text
    return [json.loads(line) for line in response.data.splitlines()]


def records(api: Api, query: str = "") -> list[str]:
    return [line["record"] for line in lines_of(api, query)]


@pytest.fixture
def filled(api: Api) -> None:
    make_evidence(api, make_claim(api, text="one", topics=["dams"]), make_source(api))
    make_claim(api, text="another")


@pytest.mark.usefixtures("filled")
class TestExport:
    def test_has_a_line_for_each_thing_between_its_first_and_last(self, api: Api) -> None:
        found = records(api)
        assert (found[0], found[-1], found.count("claim"), found.count("evidence")) == ("bundle", "end", 2, 1)

    def test_is_the_same_from_one_call_to_the_next(self, api: Api) -> None:
        assert api.get("/v1/export").data == api.get("/v1/export").data

    def test_is_narrowed_as_claims_are(self, api: Api) -> None:
        found = records(api, "?topic=dams")
        assert (found.count("claim"), found.count("version")) == (1, 1)

    def test_of_the_history_needs_the_scope_admin(self, api: Api, admin: Api) -> None:
        assert_problem(api.get("/v1/export?include=history"), "forbidden")
        assert "change" in records(admin, "?include=history")

    @pytest.mark.parametrize("query", ["topic=dams", "format=fever"])
    def test_of_the_history_is_whole(self, admin: Api, query: str) -> None:
        assert_problem(admin.get(f"/v1/export?include=history&{query}"), "invalid")

    @pytest.mark.parametrize("name", ["claim-review", "web-annotation", "fever"])
    def test_has_other_formats_in_lines(self, api: Api, name: str) -> None:
        for line in lines_of(api, f"?format={name}"):
            assert line.keys() & {"@context", "@type", "doc_id", "id"}

    def test_that_breaks_off_is_a_problem_and_no_shorter_file(self, api: Api, database: Database) -> None:
        with database.writing() as session:
            for number in range(600):
                claims.create(session, NewClaim(f"claim {number}"))
        with database.engine.begin() as connection:
            # No program writes such a moment: reading the row fails, as reading from a broken disk would.
            odd = {"moment": "infinity" if connection.dialect.name == "postgresql" else "odd"}
            connection.execute(text("UPDATE claims SET created_at = :moment WHERE text = 'claim 599'"), odd)
        assert_problem(api.get("/v1/export/claims.csv"), "internal")

    def test_says_its_length(self, api: Api) -> None:
        answer = api.get("/v1/export")
        assert int(answer.headers["Content-Length"]) == len(answer.data)

    def test_gives_its_connection_back(self, api: Api, service: Service) -> None:
        with api.client.get("/v1/export", buffered=False) as response:
            assert next(iter(response.response))
        assert service.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the pools we have

    def test_goes_on_at_once_when_many_have_turned_away(self, api: Api) -> None:
        for _ in range(5):
            with api.client.get("/v1/export", buffered=False):
                pass
        assert api.get("/v1/export").status_code == 200


class TestOfNothing:
    @pytest.mark.parametrize("name", ["bundle", "claim-review", "web-annotation", "fever"])
    def test_is_read_back(self, api: Api, name: str) -> None:
        nothing = api.get(f"/v1/export?format={name}").data
        # As real clients do; that of the tests says no length of nothing.
        length = {"CONTENT_LENGTH": str(len(nothing))}
        response = api.post(f"{IMPORT}?format={name}", data=nothing, environ_overrides=length)
        assert response.status_code == 200, response.text
        assert not any(response.get_json()["created"].values())

    @pytest.mark.parametrize("name", ["claims", "evidence"])
    def test_is_read_back_from_a_table(self, api: Api, name: str) -> None:
        nothing = api.get(f"/v1/export/{name}.csv").data
        assert api.post(f"{IMPORT}?format={name}-csv", data=nothing).status_code == 200


@pytest.mark.usefixtures("filled")
class TestThereAndBack:
    @pytest.mark.parametrize("target", ["sqlite", "postgresql"])
    def test_gives_the_same_bytes(self, api: Api, target: str, request: pytest.FixtureRequest) -> None:
        bundle = api.get("/v1/export").data
        emptied(api.client.application.extensions["claims_api"])
        there: Service = request.getfixturevalue(target)
        other = Api(there.app.test_client(), there.key(Scope.WRITE))
        try:
            assert other.post(IMPORT, data=bundle).status_code == 200
            assert other.get("/v1/export").data == bundle
        finally:
            emptied(there.database)

    def test_changes_nothing_where_it_came_from(self, api: Api) -> None:
        told = api.post(IMPORT, data=api.get("/v1/export").data).get_json()
        assert (told["created"], told["unchanged"]["claims"]) == ({}, 2)

    def test_of_half_a_bundle_is_refused(self, api: Api) -> None:
        bundle = api.get("/v1/export").data
        assert_problem(api.post(IMPORT, data=bundle[: bundle.rindex(b'{"record":"end"')]), "malformed")

    def test_of_the_history_needs_an_empty_database_and_the_scope_admin(self, api: Api, admin: Api) -> None:
        bundle = admin.get("/v1/export?include=history").data
        assert_problem(api.post(IMPORT, data=bundle), "forbidden")
        assert_problem(admin.post(IMPORT, data=bundle), "not-empty")
