"""What was exported and is imported into the same database changes nothing there."""

from typing import Any

import pytest

from tests.api.factories import make_assessment, make_claim, make_evidence, make_passage, make_source, nothing_stored
from tests.api.test_imports import api_database
from tests.conftest import Api

EXPORTS = {
    "bundle": ("/v1/export", "application/x-ndjson"),
    "claim-review": ("/v1/export?format=claim-review", "application/x-ndjson"),
    "web-annotation": ("/v1/export?format=web-annotation", "application/x-ndjson"),
    "claims-csv": ("/v1/export/claims.csv", "text/csv"),
    "evidence-csv": ("/v1/export/evidence.csv", "text/csv"),
}


def imported(api: Api, name: str, body: bytes) -> dict[str, Any]:
    query = f"/v1/import?format={name}"
    response = api.post(query, data=body, content_type=EXPORTS[name][1])
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.get_json()
    return told


@pytest.fixture
def _kept(api: Api) -> None:
    """A claim with all that a format may carry, and one with little."""
    first = make_passage(api, source=make_source(api, title="A post", url="https://social.example/1"))
    claim = make_claim(
        api, speaker={"name": "Kremlin", "kind": "organization"}, first_appearance_id=first["id"], topics=["summit"]
    )
    for reviewer, label in (("Facts", "Falso"), ("Others", None), (None, None)):
        make_assessment(api, claim, verdict="refuted", reviewer=reviewer, rating_label=label)
    make_evidence(api, claim, make_source(api, title="Said"), basis="attribution")
    make_evidence(api, claim, make_source(api, title="Said too", text=None), basis="attribution", stance="mentions")
    make_evidence(api, claim, stated_by={"name": "A spokesman", "kind": "unnamed"}, group="a", note="So.")
    make_claim(api, text="another")


@pytest.mark.usefixtures("_kept")
class TestWhatWasExported:
    @pytest.mark.parametrize("name", EXPORTS)
    def test_changes_nothing_where_it_came_from(self, api: Api, name: str) -> None:
        exported = api.get(EXPORTS[name][0]).data
        with nothing_stored(api_database(api)):
            told = imported(api, name, exported)
        assert (told["created"], told["refused"], told["left_out"]) == ({}, [], [])

    def test_tells_of_appearances_that_are_there(self, api: Api) -> None:
        told = imported(api, "claim-review", api.get(EXPORTS["claim-review"][0]).data)
        assert {name: number > 0 for name, number in told["unchanged"].items()}.keys() >= {"claims", "evidence"}
