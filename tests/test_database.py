"""The ways to the database, and what keeps each from being waited for in vain."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError, TimeoutError  # noqa: A004  # the pool's

from claims_api import db
from claims_api.config import Settings
from claims_api.db import Database, engines
from claims_api.errors import Unavailable
from tests.test_breaker import AWAY, fail, passes

WAYS = ["asking", "reading", "writing", "noting"]


@pytest.fixture
def small(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of which a process has one connection, for which it waits a little."""
    monkeypatch.setattr(engines, "_POOL_SECONDS", 0.1)
    database = db.open_database(settings.database_url, pool_size=1)
    yield database
    database.dispose()


def use(database: Database, way: str) -> None:
    with getattr(database, way)():
        pass


@pytest.mark.parametrize("way", WAYS)
class TestEachWay:
    def test_is_closed_where_the_database_is_known_not_to_answer(self, small: Database, way: str) -> None:
        fail(small.breaker)
        with pytest.raises(Unavailable):
            use(small, way)

    def test_is_closed_for_others_once_the_database_has_failed_on_it(self, small: Database, way: str) -> None:
        with pytest.raises(OperationalError), getattr(small, way)():
            raise AWAY
        assert not passes(small.breaker)

    def test_is_opened_for_all_by_one_to_whom_the_database_answers(self, small: Database, way: str) -> None:
        small.breaker.pause = 0
        fail(small.breaker)
        with getattr(small, way)():
            assert [passes(small.breaker) for _ in range(3)] == [True] * 3


class TestAConnectionThatOthersHave:
    @pytest.mark.parametrize("way", ["reading", "writing"])
    def test_is_not_waited_for_by_one_after_the_other(self, small: Database, way: str) -> None:
        with small.engine.connect():
            with pytest.raises(TimeoutError):
                use(small, way)
            with pytest.raises(Unavailable):
                use(small, way)

    @pytest.mark.parametrize("way", ["asking", "reading", "writing"])
    def test_that_is_given_back_in_order_shows_that_the_database_answers(self, small: Database, way: str) -> None:
        with getattr(small, way)(), pytest.raises(TimeoutError):
            use(small, "reading")
        assert passes(small.breaker)

    def test_is_not_waited_for_at_all_by_what_may_be_lost(self, small: Database) -> None:
        with small.engine.connect():
            with pytest.raises(Unavailable):
                use(small, "noting")
            assert passes(small.breaker)

    def test_is_waited_for_as_long_as_others_give_it_back(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines, "_POOL_SECONDS", 0.4)
        database = db.open_database(settings.database_url, pool_size=1)

        def use_it(_: int) -> None:
            with database.engine.connect():
                time.sleep(0.1)

        with ThreadPoolExecutor(10) as threads:
            list(threads.map(use_it, range(10)))
        database.dispose()


class TestBatches:
    @pytest.mark.parametrize(("number", "sizes"), [(0, []), (500, [500]), (501, [500, 1])])
    def test_have_all_in_order_and_no_more_than_a_statement_takes(self, number: int, sizes: list[int]) -> None:
        found = list(db.batches(iter(range(number))))
        assert [len(each) for each in found] == sizes
        assert [each for batch in found for each in batch] == list(range(number))
