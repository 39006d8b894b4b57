"""What of a body nobody has read is read before the answer goes out."""

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from tests.conftest import Api

LONG = 200_000
SECONDS = 10


class Body(io.BytesIO):
    """A body that tells how much of it was left."""

    @property
    def left(self) -> int:
        return len(self.getvalue()) - self.tell()


class Coming(threading.Event):
    """That bodies come which are waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = threading.Semaphore(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.set()

    def body(self) -> Body:
        event = self

        class Late(Body):
            def read(self, size: int | None = -1) -> bytes:
                event._asked.release()
                assert event.wait(SECONDS)
                return super().read(size)

        return Late(b"x")

    def waited_for(self, number: int) -> None:
        for _ in range(number):
            assert self._asked.acquire(timeout=SECONDS)


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

    def test_is_read_before_the_answer_begins(self, app: Flask, body: Body) -> None:
        left = list[int]()
        environ = EnvironBuilder("/v1/claims", method="POST").get_environ()
        environ |= {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": str(LONG)}

        def begin(*_: object) -> Callable[[bytes], object]:
            left.append(body.left)
            return bytes

        app.wsgi_app(environ, begin)
        assert left == [0]

    def test_is_not_read_where_it_is_too_long(self, anybody: Api) -> None:
        body = Body(b"x" * 5 * 1024 * 1024)
        answer = sent(anybody, "/v1/claims", body)
        assert (answer.status_code, body.left) == (401, 5 * 1024 * 1024)

    def test_is_not_read_to_no_end(self, anybody: Api) -> None:
        body = Body(b"x" * 9 * 1024 * 1024)
        answer = sent(anybody, "/v1/claims", body, HTTP_TRANSFER_ENCODING="chunked")
        assert (answer.status_code, answer.headers["Connection"]) == (401, "close")
        assert body.left > 4 * 1024 * 1024

    def test_that_does_not_come_keeps_few_waiting(self, anybody: Api) -> None:
        with ThreadPoolExecutor(2) as threads, Coming() as comes:
            waiting = [threads.submit(self._ask, anybody, comes.body()) for _ in range(2)]
            comes.waited_for(2)
            assert self._ask(anybody, Body(b"x" * LONG)) == 401
            comes.set()
            assert [each.result() for each in waiting] == [401, 401]

    def _ask(self, api: Api, body: Any) -> int:
        own = Api(api.client.application.test_client())
        status: int = sent(own, "/v1/claims", body).status_code
        return status

    def test_is_not_asked_for(self, anybody: Api, body: Body) -> None:
        sent(anybody, "/v1/claims", body, HTTP_EXPECT="100-continue")
        assert body.left == LONG

    def test_is_left_to_a_server_that_does_not_end_it(self, anybody: Api, body: Body) -> None:
        environ: dict[str, Any] = {"wsgi.input_terminated": False}
        sent(anybody, "/v1/claims", body, **environ)
        assert body.left == LONG
