"""A database that is moved away, or replaced, under a running service."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from claims_api import db
from claims_api.db import Database, migrating
from claims_api.errors import Unavailable

FOUND = text("SELECT count(*) FROM claims")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    migrating.upgrade(f"sqlite:///{tmp_path / 'claims.db'}")
    return tmp_path / "claims.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    found = db.open_database(f"sqlite:///{file}")
    write(found)
    yield found
    found.dispose()


def write(database: Database) -> None:
    with database.writing() as session:
        session.execute(FOUND)


class TestAFile:
    def test_that_was_moved_away_is_not_written(self, database: Database, file: Path) -> None:
        file.rename(file.with_name("away.db"))
        with pytest.raises(Unavailable, match="moved"):
            write(database)

    def test_that_was_replaced_is_not_written(self, database: Database, file: Path) -> None:
        away = file.rename(file.with_name("away.db"))
        shutil.copy(away, file)
        with pytest.raises(Unavailable, match="replaced"):
            write(database)

    def test_that_was_replaced_is_not_opened_beside_the_old_one(self, database: Database, file: Path) -> None:
        with database.reading():
            away = file.rename(file.with_name("away.db"))
            shutil.copy(away, file)
            with pytest.raises(Unavailable, match="replaced"), database.reading():
                pass

    def test_that_was_brought_back_is_written_again(self, database: Database, file: Path) -> None:
        away = file.rename(file.with_name("away.db"))
        with pytest.raises(Unavailable):
            write(database)
        away.rename(file)
        write(database)

    def test_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        database = db.open_database(f"sqlite:///{tmp_path / 'none.db'}")
        with pytest.raises(OperationalError), database.reading():
            pass
        assert not list(tmp_path.iterdir())

    def test_may_have_any_name(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'a % b # c ü.db'}"
        migrating.upgrade(url)
        database = db.open_database(url)
        write(database)
        database.dispose()
