"""What is the same for all answers, whatever is asked."""

import pytest

from tests.api.factories import make_topic
from tests.conftest import Api


class TestAHost:
    @pytest.mark.parametrize("host", ["example.org", "exa mple", "b\u00fccher.example", "a" * 300, ""])
    def test_of_any_name_is_meant_to_be_us(self, api: Api, host: str) -> None:
        assert api.get("/v1/topics", headers={"Host": host.encode().decode("latin-1")}).status_code == 200


class TestAnAnswer:
    @pytest.mark.parametrize("path", ["/v1/topics", "/nowhere", "/docs", "/metrics"])
    def test_sets_no_cookie(self, api: Api, path: str) -> None:
        assert "Set-Cookie" not in api.get(path, headers={"Cookie": "session=eyJhIjoxfQ"}).headers

    def test_without_its_body_has_the_headers_of_one_with_it(self, api: Api) -> None:
        make_topic(api, "talks")
        got, asked = api.get("/v1/topics"), api.request("HEAD", "/v1/topics")
        assert asked.data == b""
        for name in ("Content-Length", "Content-Type"):
            assert asked.headers[name] == got.headers[name]
