"""What of a body nobody has read is read before the answer goes out."""

import io
from typing import Any

import pytest

from tests.conftest import Api

LONG = 200_000


class Body(io.BytesIO):
    """A body that tells how much of it was left."""

    @property
    def left(self) -> int:
        return len(self.getvalue()) - self.tell()


def sent(api: Api, path: str, body: Body, *, method: str = "POST", **environ: Any) -> Any:
    length = {} if "HTTP_TRANSFER_ENCODING" in environ else {"CONTENT_LENGTH": str(len(body.getvalue()))}
    given = {"wsgi.input": body, "wsgi.input_terminated": True, **length, **environ}
    return api.request(method, path, environ_overrides=given)


@pytest.fixture
def body() -> Body:
    return Body(b"x" * LONG)


class TestABodyThatNobodyWants:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "/v1/claims?nothing=1", 422),
            ("POST", "/v1/claims", 415),
            ("POST", "/v1/nothing", 404),
            ("DELETE", "/v1/claims", 405),
            ("GET", "/v1/topics", 200),
        ],
    )
    def test_is_read_before_the_answer(self, api: Api, body: Body, method: str, path: str, status: int) -> None:
        answer = sent(api, path, body, method=method)
        assert (answer.status_code, body.left) == (status, 0)
        assert "Connection" not in answer.headers

    def test_is_read_from_who_has_no_key(self, anybody: Api, body: Body) -> None:
        answer = sent(anybody, "/v1/claims", body)
        assert (answer.status_code, body.left) == (401, 0)

    def test_is_read_where_it_does_not_tell_its_length(self, anybody: Api, body: Body) -> None:
        sent(anybody, "/v1/claims", body, HTTP_TRANSFER_ENCODING="chunked")
        assert body.left == 0

    def test_is_not_read_to_no_end(self, anybody: Api) -> None:
        body = Body(b"x" * 9 * 1024 * 1024)
        answer = sent(anybody, "/v1/claims", body)
        assert (answer.status_code, answer.headers["Connection"]) == (401, "close")
        assert body.left > 4 * 1024 * 1024

    def test_is_not_asked_for(self, anybody: Api, body: Body) -> None:
        sent(anybody, "/v1/claims", body, HTTP_EXPECT="100-continue")
        assert body.left == LONG

    def test_is_left_to_a_server_that_does_not_end_it(self, anybody: Api, body: Body) -> None:
        environ: dict[str, Any] = {"wsgi.input_terminated": False}
        sent(anybody, "/v1/claims", body, **environ)
        assert body.left == LONG
