"""What is the same for all answers, whatever is asked."""

import pytest
from flask import Flask, session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from claims_api.web.answers import Answer
from tests.api.factories import make_topic
from tests.conftest import Api


def told(app: Flask, method: str, path: str, *headers: tuple[str, str]) -> tuple[str, dict[str, str]]:
    """Return the body and the headers as the server is given them; a client would leave the body of a HEAD away."""
    body, _, found = run_wsgi_app(app, EnvironBuilder(path, method=method, headers=headers).get_environ())
    return b"".join(body).decode(), {name: value for name, value in found if name != "X-Request-Id"}


class TestAHost:
    @pytest.mark.parametrize("host", ["example.org", "exa mple", "b\u00fccher.example", "a" * 300, ""])
    def test_of_any_name_is_meant_to_be_us(self, api: Api, host: str) -> None:
        assert api.get("/v1/topics", headers={"Host": host.encode().decode("latin-1")}).status_code == 200


class TestAnAnswer:
    def test_can_keep_nothing_in_cookies(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app, "secret_key", "a secret")
        with app.test_request_context(), pytest.raises(RuntimeError, match="session is unavailable"):
            session["name"] = "value"

    def test_of_204_has_no_length(self) -> None:
        body, _, headers = run_wsgi_app(Answer(b"", 204), EnvironBuilder("/").get_environ())
        assert (b"".join(body), "Content-Length" in headers) == (b"", False)

    def test_without_its_body_has_the_headers_of_one_with_it(self, app: Flask) -> None:
        got, asked = (told(app, method, "/v1/topics") for method in ("GET", "HEAD"))
        assert asked == ("", got[1])
        assert got[1]["Content-Length"] == str(len(got[0]))

    def test_of_a_state_that_is_known_has_no_body(self, app: Flask, api: Api) -> None:
        path = f"/v1/topics/{make_topic(api, 'talks')['id']}"
        etag = api.get(path).headers["ETag"]
        body, headers = told(app, "GET", path, ("If-None-Match", etag))
        assert (body, "Content-Length" in headers) == ("", False)

    def test_of_what_may_be_asked_says_that_it_has_no_body(self, app: Flask) -> None:
        body, headers = told(app, "OPTIONS", "/v1/topics")
        assert (body, headers["Content-Length"]) == ("", "0")
