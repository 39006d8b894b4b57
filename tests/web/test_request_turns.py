"""Requests of one process take turns, and nobody waits long for those before."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from claims_api.web import request_turns

SECONDS = 10


class Inside:
    """Requests that stay where they are until they are let go, and how many came in."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.came_in = threading.Semaphore(0)

    def stay(self, *, ends_turn: bool) -> str:
        if ends_turn:
            request_turns.end()
        self.came_in.release()
        assert self.let_go.wait(SECONDS)
        return "done"


@pytest.fixture
def inside() -> Inside:
    return Inside()


@pytest.fixture
def app(inside: Inside) -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/stay", view_func=lambda: inside.stay(ends_turn=False), endpoint="stay")
    app.add_url_rule("/wait", view_func=lambda: inside.stay(ends_turn=True), endpoint="wait")
    app.add_url_rule("/fail", view_func=lambda: str(1 / 0), endpoint="fail")
    request_turns.install(app)
    return app


@pytest.fixture
def asked(app: Flask, inside: Inside) -> Any:
    """Ask in a thread of its own, and come back once the request is inside."""
    threads: list[threading.Thread] = []

    def ask(path: str) -> None:
        threads.append(threading.Thread(target=lambda: app.test_client().get(path)))
        threads[-1].start()
        assert inside.came_in.acquire(timeout=SECONDS)

    yield ask
    inside.let_go.set()
    for each in threads:
        each.join(SECONDS)


def is_free(app: Flask) -> bool:
    lock: threading.Lock = app.wsgi_app.lock  # type: ignore[attr-defined]  # what ``install`` put there
    if free := lock.acquire(blocking=False):
        lock.release()
    return free


class TestATurn:
    def test_is_held_while_a_request_is_answered(self, app: Flask, asked: Callable[[str], None]) -> None:
        asked("/stay")
        assert not is_free(app)

    def test_ends_before_the_answer_of_who_waits(self, app: Flask, asked: Callable[[str], None]) -> None:
        asked("/wait")
        assert is_free(app)

    @pytest.mark.parametrize("path", ["/fail", "/nothing"])
    def test_ends_whatever_the_answer_is(self, app: Flask, path: str) -> None:
        app.test_client().get(path)
        assert is_free(app)

    def test_is_not_waited_for_longer_than_a_moment(self, app: Flask, asked: Callable[[str], None]) -> None:
        for _ in range(3):
            asked("/stay")
        assert not is_free(app)
