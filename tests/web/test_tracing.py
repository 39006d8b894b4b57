"""OpenTelemetry, in processes of their own, since it stays for the rest of one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from claims_api.cli.console import bring_up_to_date
from claims_api.cli.main import main
from claims_api.config import Settings

ASKS = """
import sys
from claims_api.app import create_app
client = create_app().test_client()
for _ in range(int(sys.argv[1])):
    answer = client.get("/v1/topics?limit=7")
    assert answer.status_code == 200, answer.text
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'claims.db'}"
    bring_up_to_date(Settings(database_url=made))
    return made


def spans(url: str, asked_for: str, *, times: int = 1) -> list[dict[str, Any]]:
    """Return the spans of a request that is sent so many times."""
    settings = {"CLAIMS_DATABASE_URL": url, "CLAIMS_OTEL": asked_for, "OTEL_TRACES_EXPORTER": "console"}
    command = [sys.executable, "-c", ASKS, str(times)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **settings})  # noqa: S603  # our own
    return json.loads("[" + run.stdout.replace("\n}\n{", "\n},\n{") + "]") if run.stdout else []


class TestTraces:
    def test_tell_of_a_request_and_its_statements(self, url: str) -> None:
        made = spans(url, "true")
        (request,) = [span for span in made if span["kind"] == "SpanKind.SERVER"]
        assert request["name"] == "GET /v1/topics"
        statements = [span for span in made if span["parent_id"] == request["context"]["span_id"]]
        assert any("SELECT" in json.dumps(span["attributes"]) for span in statements)
        assert request["resource"]["attributes"]["service.name"] == "claims-api"

    def test_tell_of_each_of_many_requests_for_the_same(self, url: str) -> None:
        made = spans(url, "true", times=5)
        assert len([span for span in made if span["kind"] == "SpanKind.SERVER"]) == 5

    def test_are_not_made_where_nobody_asks_for_them(self, url: str) -> None:
        assert spans(url, "false") == []


class TestServing:
    def test_without_the_extra_is_refused_in_a_line(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        installed = Path(sys.prefix)
        monkeypatch.setattr(sys, "path", [each for each in sys.path if not Path(each).is_relative_to(installed)])
        environment = {"CLAIMS_DATABASE_URL": url, "CLAIMS_OTEL": "true", "PORT": "1"}
        result = CliRunner().invoke(main, ["serve"], env=environment)
        assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
        assert "pip install 'claims-api[otel]'" in result.output
