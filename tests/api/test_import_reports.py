"""Where an import says that something is wrong: by the file's own names, in the order of its lines."""

import json
from typing import Any

import pytest

from tests.api.test_imports import CLAIM, LINK, SOURCE, written
from tests.conftest import Api

ROWS = "Anspruch,Haltung,Zitat,Quelle\nc1,supports,It never broke.,s1\n"
COLUMNS = "Anspruch:claim_id,Haltung:stance,Zitat:quote,Quelle:source_id"
DOCUMENT = {"doc_id": "s1", "title": "Report", "abstract": ["The dam broke.", "Nobody was hurt."]}
CITING = {"id": "c1", "claim": "a", "evidence": {"s1": [{"sentences": [0], "label": "SUPPORT"}]}}
QUOTING = {
    "claim_id": "c1", "claim": "a", "claim_label": "SUPPORTS",
    "evidences": [{"evidence_label": "SUPPORTS", "article": "A", "evidence": " \u200b"}],
}  # fmt: skip


def refused(api: Api, query: str, body: bytes, content_type: str = "application/x-ndjson") -> list[dict[str, Any]]:
    response = api.post(f"/v1/import?on_error=skip&{query}", data=body, content_type=content_type)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.get_json()["refused"]
    return found


class TestPlaces:
    def test_of_the_neutral_form_are_called_as_it_calls_them(self, api: Api) -> None:
        [told] = refused(api, "format=neutral", written(SOURCE, CLAIM, {**LINK, "quote": "It never broke."}))
        assert (told["line"], told["pointer"]) == (3, "/quote")

    def test_of_tables_are_called_as_the_file_calls_them(self, api: Api) -> None:
        refused(api, "format=neutral&collection=csv", written(SOURCE, CLAIM))
        [told] = refused(api, f"format=evidence-csv&columns={COLUMNS}", ROWS.encode(), "text/csv")
        assert (told["line"], told["pointer"]) == (2, "/Zitat")

    @pytest.mark.parametrize(("claim", "place"), [(QUOTING, "/evidences/0/evidence")])
    def test_of_fever_lead_to_what_is_cited(self, api: Api, claim: Any, place: str) -> None:
        [told] = refused(api, "format=fever", json.dumps(claim).encode())
        assert told["pointer"] == place

    def test_of_fever_lead_to_the_rationale(self, api: Api) -> None:
        body = b"\n".join(json.dumps({**each, "abstract": ["\u200b", "b"]} if "abstract" in each else each).encode()
                          for each in (DOCUMENT, CITING))  # fmt: skip
        told = refused(api, "format=fever", body)
        assert [(each["line"], each["pointer"]) for each in told if each["line"] == 2] == [(2, "/evidence/s1/0")]


class TestOrder:
    def test_is_that_of_the_lines(self, api: Api) -> None:
        wrong = {**LINK, "quote": "It never broke."}
        told = refused(api, "format=neutral", written(SOURCE, CLAIM, wrong, {**CLAIM, "key": "c2", "text": ""}, wrong))
        assert [each["line"] for each in told][:2] == [3, 4]
