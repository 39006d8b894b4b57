"""The one assertion for the one shape of every error."""

from typing import Any

from werkzeug.test import TestResponse

from claims_api.web.problems import PROBLEM_TYPES


def assert_problem(response: TestResponse, code: str, *pointers: str) -> dict[str, Any]:
    """Check that an answer is this problem, in full, about these places; return it."""
    assert response.content_type == "application/problem+json", response.text
    problem: dict[str, Any] = response.get_json()
    kind = PROBLEM_TYPES[code]
    assert (problem["type"], problem["status"], problem["title"]) == (f"/problems/{code}", kind.status, kind.title)
    assert response.status_code == kind.status
    assert problem["detail"]
    assert problem["remedy"]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    if pointers:
        assert [each.get("pointer", each.get("parameter")) for each in problem["errors"]] == list(pointers)
    return problem
