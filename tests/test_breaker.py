"""A database that is away is not asked by everybody."""

import sqlite3
import threading

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from claims_api.db.breaker import Breaker
from claims_api.errors import Unavailable

PAUSE = 60.0
AWAY = OperationalError("SELECT 1", {}, psycopg.OperationalError("gone"))
BUSY = OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))


def fail(breaker: Breaker, error: SQLAlchemyError = AWAY) -> None:
    with pytest.raises(OperationalError), breaker:
        raise error


def passes(breaker: Breaker) -> bool:
    try:
        with breaker:
            return True
    except Unavailable:
        return False


class Clock:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(PAUSE, clock)


class TestABreaker:
    def test_lets_all_pass_at_first(self, breaker: Breaker) -> None:
        assert [passes(breaker) for _ in range(3)] == [True] * 3

    def test_refuses_everybody_after_a_failure(self, breaker: Breaker) -> None:
        fail(breaker)
        assert [passes(breaker) for _ in range(3)] == [False] * 3

    def test_takes_no_notice_of_a_database_that_is_only_busy(self, breaker: Breaker) -> None:
        fail(breaker, BUSY)
        assert passes(breaker)

    def test_lets_one_try_after_the_pause(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker)
        clock.now += PAUSE
        assert [passes(breaker) for _ in range(3)] == [True, False, False]

    def test_lets_one_of_many_threads_try(self, breaker: Breaker, clock: Clock) -> None:
        passed: list[bool] = []
        fail(breaker)
        clock.now += PAUSE
        threads = [threading.Thread(target=lambda: passed.append(passes(breaker))) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(passed) == [False] * 7 + [True]

    def test_lets_all_pass_once_the_database_has_answered(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker)
        clock.now += PAUSE
        with breaker:
            breaker.answered()
        assert [passes(breaker) for _ in range(3)] == [True] * 3

    def test_refuses_everybody_again_after_a_try_that_failed(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker)
        clock.now += PAUSE
        fail(breaker)
        assert [passes(breaker) for _ in range(3)] == [False] * 3
