"""docs/bundle.schema.json is what the code reads, and what it writes keeps to it."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from claims_api.web import bundle_schema
from tests.api.factories import make_claim, make_evidence
from tests.conftest import Api


def test_is_as_the_code_says(repository: Path) -> None:
    committed = json.loads((repository / "docs" / "bundle.schema.json").read_text(encoding="utf-8"))
    assert committed == bundle_schema.document(), "stale: run `make openapi`"


@pytest.mark.parametrize("history", ["", "&include=history"])
def test_holds_for_every_line_of_an_export(admin: Api, api: Api, dossier: None, history: str) -> None:
    make_evidence(api, make_claim(api))
    answer = admin.get(f"/v1/export?format=bundle{history}")
    schema = jsonschema_rs.validator_for(bundle_schema.document())
    lines = [json.loads(line) for line in answer.data.splitlines()]
    assert len(lines) > 100
    assert [line["record"] for line in lines if not schema.is_valid(line)] == []


def test_refuses_a_line_with_a_member_too_many() -> None:
    schema = jsonschema_rs.validator_for(bundle_schema.document())
    assert schema.is_valid({"record": "end", "lines": 1}) != schema.is_valid({"record": "end", "lines": 1, "more": 1})
