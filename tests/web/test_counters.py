"""Counters in a file."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from limits.errors import StorageError

from claims_api.web.counters import FileStorage

OVER = 0  # seconds: a counter that ends as it begins
SWEPT_BY = 1000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "limits.sqlite"


@pytest.fixture
def storage(file: Path) -> FileStorage:
    return FileStorage(f"file://{file}", wrap_exceptions=True)


class TestACounter:
    def test_is_nothing_before_its_first_count(self, storage: FileStorage) -> None:
        assert storage.get("a") == 0

    def test_adds_up(self, storage: FileStorage) -> None:
        assert [storage.incr("a", 60), storage.incr("a", 60, amount=3), storage.get("a")] == [1, 4, 4]

    def test_is_apart_from_others(self, storage: FileStorage) -> None:
        storage.incr("a", 60)
        assert [storage.incr("b", 60), storage.get("a")] == [1, 1]

    def test_is_seen_through_every_storage_of_the_file(self, storage: FileStorage, file: Path) -> None:
        storage.incr("a", 60)
        assert FileStorage(f"file://{file}").incr("a", 60) == 2

    def test_ends(self, storage: FileStorage) -> None:
        storage.incr("a", OVER)
        assert storage.get("a") == 0

    def test_begins_anew_after_its_end(self, storage: FileStorage) -> None:
        storage.incr("a", OVER, amount=5)
        assert storage.incr("a", 60) == 1
        assert storage.get_expiry("a") > time.time() + 30

    def test_ends_when_its_first_count_said(self, storage: FileStorage) -> None:
        storage.incr("a", 60)
        ends = storage.get_expiry("a")
        storage.incr("a", 6000)
        assert storage.get_expiry("a") == ends

    def test_loses_no_count_of_many_threads(self, storage: FileStorage) -> None:
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(lambda _: storage.incr("a", 60), range(200)))
        assert sorted(told) == list(range(1, 201))


class TestForgetting:
    def test_one_leaves_the_others(self, storage: FileStorage) -> None:
        storage.incr("a", 60)
        storage.incr("b", 60)
        storage.clear("a")
        assert [storage.get("a"), storage.get("b")] == [0, 1]

    def test_everything_tells_how_much_that_was(self, storage: FileStorage) -> None:
        storage.incr("a", 60)
        storage.incr("b", 60)
        assert [storage.reset(), storage.get("a"), storage.get("b")] == [2, 0, 0]

    def test_what_has_ended_is_done_now_and_then(self, storage: FileStorage, file: Path) -> None:
        storage.incr("over", OVER)
        for _ in range(SWEPT_BY):
            storage.incr("a", 60)
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT key FROM counters").fetchall() == [("a",)]


class TestAFileThatCannotBeUsed:
    def test_is_told_as_the_library_tells_it(self, tmp_path: Path) -> None:
        storage = FileStorage(f"file://{tmp_path / 'nowhere' / 'limits.sqlite'}", wrap_exceptions=True)
        with pytest.raises(StorageError):
            storage.incr("a", 60)

    def test_is_told_by_the_check(self, storage: FileStorage, tmp_path: Path) -> None:
        assert storage.check()
        with pytest.raises(sqlite3.OperationalError):
            FileStorage(f"file://{tmp_path}").check()
