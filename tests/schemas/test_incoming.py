"""What is taken of records is what the schemas of the API take, nothing more and nothing less."""

from typing import Any

import pytest
from marshmallow import ValidationError

from claims_api.errors import Invalid
from claims_api.schemas.assessments import AssessmentIn
from claims_api.schemas.base import Input
from claims_api.schemas.claims import ClaimIn
from claims_api.schemas.evidence import EvidenceIn
from claims_api.schemas.formats.bundle_lines import LINES
from claims_api.schemas.formats.incoming import taken
from claims_api.schemas.sources import SourceIn
from claims_api.schemas.speakers import SpeakerIn

SCHEMAS: list[type[Input]] = [*LINES.values(), ClaimIn, EvidenceIn, SourceIn, SpeakerIn, AssessmentIn]
MOMENT = "2025-10-22T13:38:00Z"
# Of each kind of value one that is taken by some field, or nearly.
VALUES: list[Any] = [
    None, True, False, 0, 1, 1.0, -0.0, 2**70, 1.5, "", " ", "x", "1", "true", "x" * 20_000, MOMENT,
    "2025-10-22T13:38:00+02:00", "2025-02-30T00:00:00Z", "2025-10", "2025", "en", "https://a.example/b",
    "0199f6a1-0000-7000-8000-000000000000", "0" * 64, "supports", "SUPPORTS", "content", "published",
    "create", "exact", "person", "news", [], ["x"], [None], {},
]  # fmt: skip
BASE = {
    "id": "0199f6a1-0000-7000-8000-000000000000",
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "created_by": "",
    "version": 1,
    "stance": "supports",
    "basis": "content",
    "text": "x",
    "name": "x",
    "kind": "person",
    "status": "published",
    "title": "x",
    "verdict": "supported",
}


def shown(found: Any) -> str:
    """Return what was taken as text, which tells 1 from 1.0 and from true, whatever order it has."""
    return repr(sorted(found.items()) if isinstance(found, dict) else found)


def loaded(schema: type[Input], data: dict[str, Any]) -> Any:
    """Return what the schema itself takes, or that it refuses."""
    try:
        return shown(schema().load(data))
    except ValidationError:
        return Invalid


def told(schema: type[Input], data: dict[str, Any]) -> Any:
    """Return what is taken, or that it is refused."""
    try:
        return shown(taken(schema, data))
    except Invalid:
        return Invalid


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_each_field_takes_what_its_schema_takes(schema: type[Input]) -> None:
    """Also the second time, when it is remembered."""
    names = list(schema().load_fields)
    base = {name: BASE[name] for name in names if name in BASE}
    for name in [*names, "unheard_of"]:
        for value in [*VALUES, *VALUES]:
            data = {**base, name: value}
            assert told(schema, data) == loaded(schema, data), (name, value)
