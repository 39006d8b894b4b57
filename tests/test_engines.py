"""SQLite and Postgres answer alike, field by field."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from claims_api.cli.loading import read_dossier
from claims_api.config import shipped
from claims_api.ids import derived_id
from claims_api.models.words import Scope
from claims_api.schemas import examples
from claims_api.services import dossiers
from tests.conftest import Api, Service, emptied

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# A name of its own: the ledger of the demo dossier has what other tests did to it.
NAME = "engines"
CLAIM, EVIDENCE, SOURCE = (
    derived_id(examples.DEMO_DATE, NAME, kind, key)
    for kind, key in (("claim", "kremlin-no-date"), ("evidence", "kremlin-no-date/0"), ("source", "called-off"))
)

READS = [
    *(f"/v1/{noun}?sort={order}{name}" for noun, names in {
        "claims": ("created_at", "updated_at", "claim_date"),
        "evidence": ("created_at", "updated_at"),
        "passages": ("created_at", "start"),
        "sources": ("title", "published_at"),
        "speakers": ("name", "created_at"),
        "topics": ("name",),
    }.items() for name in names for order in ("", "-")),
    *(f"/v1/claims?verdict={each}&include=evidence" for each in ("supported", "refuted", "conflicting_evidence")),
    "/v1/claims?speaker=KREMLIN&topic=Summit",
    "/v1/claims?claim_date_from=2025-10-21&claim_date_to=2025-10",
    f"/v1/claims?source_id={SOURCE}",
    f"/v1/evidence?source_id={SOURCE}&stance=supports&basis=content",
    f"/v1/claims/{CLAIM}",
    f"/v1/sources/{SOURCE}/versions/1",
    f"/v1/claims/{CLAIM}/history?include=evidence",
    f"/v1/claims/{CLAIM}/assessment-history",
    "/v1/claims?limit=0",
    "/v1/claims/nothing",
]  # fmt: skip

WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/v1/claims", {"label": "Kremlin: “nichts” ist beschlossen 🙂", "topics": ["Summit", "öl"]}),
    ("POST", "/v1/claims", {"text": "x", "speaker": {"name": "x"}, "label": "a: b"}),
    ("POST", f"/v1/claims/{CLAIM}/evidence", {"stance": "supports", "source_id": SOURCE, "exact": "the"}),
    ("POST", f"/v1/claims/{CLAIM}/evidence", {"stance": "supports", "source_id": SOURCE, "exact": "nowhere at all"}),
    ("POST", f"/v1/claims/{CLAIM}/evidence", {"stance": "loves", "source_id": SOURCE}),
    ("PATCH", f"/v1/claims/{CLAIM}", {"text": "altered", "speaker": None, "topics": []}),
    ("PATCH", f"/v1/evidence/{EVIDENCE}", {"stance": "contradicts", "note": "on reflection"}),
    ("DELETE", f"/v1/sources/{SOURCE}", None),
    ("DELETE", f"/v1/evidence/{EVIDENCE}", None),
    ("DELETE", f"/v1/claims/{CLAIM}", None),
    ("POST", f"/v1/evidence/{EVIDENCE}/restore", None),
    ("POST", f"/v1/claims/{CLAIM}/restore", None),
    ("POST", f"/v1/evidence/{EVIDENCE}/restore", None),
    ("POST", "/v1/speakers", {"name": "the  kremlin", "kind": "organization"}),
    ("POST", "/v1/topics", {"name": "SUMMIT"}),
]


@pytest.fixture
def both(sqlite: Service, postgresql: Service) -> Iterator[list[Api]]:
    """A client of each, with the demo dossier loaded as anybody loads it."""
    apis = []
    for service in (sqlite, postgresql):
        with service.database.writing() as session:
            dossiers.load(session, replace(read_dossier(shipped("seeds")), name=NAME))
        apis.append(Api(service.app.test_client(), service.key(Scope.WRITE)))
    yield apis
    for service in (sqlite, postgresql):
        emptied(service.database)


def compared(response: TestResponse, names: dict[str, str]) -> tuple[int, str]:
    """Return an answer without what differs from one request to the next: chance and time."""
    text = re.sub(r'"(request_id|next_cursor)":"[^"]*"', r'"\1":""', response.text)
    text = re.sub(r'"seq":\d+', '"seq":0', text)
    text = ID.sub(lambda match: names.setdefault(match[0], f"id {len(names)}"), text)
    return response.status_code, MOMENT.sub("now", text)


def first_difference(answers: list[tuple[int, str]]) -> tuple[str, ...]:
    """Return where two answers part, with what stands around it."""
    one, other = (text for _, text in answers)
    at = next((place for place, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), 0)
    return one[max(0, at - 200) : at + 100], other[max(0, at - 200) : at + 100]


class TestBothEngines:
    def test_give_the_same_answers_to_the_same_requests(self, both: list[Api]) -> None:
        names: list[dict[str, str]] = [{} for _ in both]
        for method, path, body in [
            *(("GET", each, None) for each in READS),
            *WRITES,
            *(("GET", each, None) for each in READS),
        ]:
            answers = [compared(api.request(method, path, body), known) for api, known in zip(both, names, strict=True)]
            assert answers[0] == answers[1], (method, path, first_difference(answers))
