"""Whether something was committed is told by the database, whoever did it; where it cannot tell, nobody guesses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text

from claims_api import metrics
from claims_api.db import Database, open_database
from claims_api.errors import Unavailable
from tests.conftest import Service
from tests.faults.test_faults import stopped
from tests.metrics import value
from tests.postgres import SETTINGS, PrivatePostgres


@contextmanager
def open_for_a_while(url: str) -> Iterator[Database]:
    database = open_database(url, statement_seconds=1)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    """A Postgres that may be stopped, and followed."""
    with PrivatePostgres(settings={**SETTINGS, "full_page_writes": "on"}) as found:
        yield found


class TestCommits:
    def test_are_the_same_while_there_are_none(self, database: Database) -> None:
        assert database.commits() == database.commits() is not None

    def test_are_others_where_the_connection_is_another(self, sqlite: Service) -> None:
        before = sqlite.database.commits()
        sqlite.database.dispose()
        assert sqlite.database.commits() != before

    def test_are_others_where_all_connections_are(self, postgresql: Service) -> None:
        with open_for_a_while(postgresql.settings.database_url) as database:
            before = database.commits()
            with database.asking() as connection:
                own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgresql.database.asking() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
            first = database.commits()  # may be lost with its connection
            then = database.commits()
        assert first != before
        assert then not in {None, before}

    def test_are_not_waited_for_where_others_have_all_connections(self, postgresql: Service) -> None:
        database = open_database(postgresql.settings.database_url, pool_size=1)
        with database.reading():
            assert database.commits() is None
        assert database.commits() is not None
        database.dispose()

    def test_of_a_server_that_does_not_answer_are_asked_for_once(self) -> None:
        database = open_database("postgresql+psycopg://nobody@127.0.0.1:1/none")
        assert database.commits() is None
        with pytest.raises(Unavailable), database.asking():
            raise AssertionError("asked again")

    def test_are_counted_as_a_statement(self, postgresql: Service) -> None:
        postgresql.database.commits()
        before = value(metrics.exposition().decode(), "claims_db_statements_total")
        postgresql.database.commits()
        assert value(metrics.exposition().decode(), "claims_db_statements_total") - before == 1

    def test_are_asked_for_without_a_trace(self, postgresql: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("claims_api.db.commit_watch._SNAPSHOT", "SELECT 1 / 0")
        assert postgresql.database.commits() is None
        with postgresql.database.writing() as session:
            session.execute(text("CREATE TABLE left_behind (id int)"))
            session.rollback()
        with postgresql.database.reading() as connection:
            assert not inspect(connection).has_table("left_behind")

    def test_are_not_told_of_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        database = open_database(f"sqlite:///{tmp_path / 'none'}")
        assert database.commits() is None
        assert not list(tmp_path.iterdir())

    def test_are_not_told_of_what_is_in_memory(self) -> None:
        assert open_database("sqlite://").commits() is None


class TestAPostgresThatFollowsAnother:
    def test_does_not_tell(self, server: PrivatePostgres) -> None:
        name = make_url(server.create_database("followed")).database
        with server.standby() as follower, open_for_a_while(follower.url_of(name or "")) as database:
            with database.asking() as connection:
                assert connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one() is True
            assert database.commits() is None


class TestAPostgresThatIsStopped:
    def test_is_asked_once(self, server: PrivatePostgres) -> None:
        url = server.create_database("stopped")
        with open_for_a_while(url) as database:
            assert database.commits() is not None
            with stopped(server, url):
                assert database.commits() is None
                with pytest.raises(Unavailable), database.asking():
                    raise AssertionError("asked again")
