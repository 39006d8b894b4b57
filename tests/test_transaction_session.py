"""A session of one transaction: what goes past it and what it flushes itself are kept together, or not at all."""

import math
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from claims_api import clock, ids
from claims_api.db import Database
from claims_api.models.changes import Change
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.services import ledger, prepared_entities
from tests.api.factories import nothing_stored
from tests.conftest import Service

NAME = "kept"


def flush(session: Session) -> None:
    """Make a topic by way of the session."""
    moment = ledger.moment(session)
    session.add(Topic(id=ids.new_id(), name=NAME, key=NAME, created_at=moment, updated_at=moment))
    session.flush()


def quickly(session: Session) -> None:
    """Make one past it."""
    prepared_entities.make(session, Topic, identity=None, name=NAME, key=NAME)


def do(database: Database, *steps: Callable[[Session], object]) -> None:
    """Do something in a transaction."""
    with database.writing() as session:
        for step in steps:
            step(session)


def fail_after(database: Database, *steps: Callable[[Session], object]) -> None:
    """Do something in a transaction, and fail before its end."""
    do(database, *steps, lambda _: 1 / 0)


WAYS = [flush, quickly]


def numbers(database: Database) -> tuple[int, int]:
    """Return how many topics there are, and how many changes of any."""
    with database.reading() as connection:
        changes = select(func.count()).select_from(Change).where(Change.entity == "topic")
        return connection.scalar(select(func.count()).select_from(Topic)) or 0, connection.scalar(changes) or 0


@pytest.mark.parametrize("make", WAYS)
class TestWork:
    def test_is_kept_and_recorded_at_its_end(self, database: Database, make: Callable[[Session], None]) -> None:
        before = numbers(database)
        with database.writing() as session:
            make(session)
        assert numbers(database) == (before[0] + 1, before[1] + 1)

    def test_is_not_kept_where_it_fails(self, database: Database, make: Callable[[Session], None]) -> None:
        with nothing_stored(database), pytest.raises(ZeroDivisionError):
            fail_after(database, make)

    def test_is_not_kept_where_it_is_rolled_back(self, database: Database, make: Callable[[Session], None]) -> None:
        with nothing_stored(database), database.writing() as session:
            make(session)
            session.rollback()

    def test_is_kept_once_it_is_committed(self, database: Database, make: Callable[[Session], None]) -> None:
        before = numbers(database)
        with pytest.raises(ZeroDivisionError):
            fail_after(database, make, lambda session: session.commit())
        assert numbers(database) == (before[0] + 1, before[1] + 1)

    def test_is_not_kept_where_the_session_itself_has_failed(
        self, database: Database, make: Callable[[Session], None]
    ) -> None:
        with nothing_stored(database), pytest.raises(IntegrityError):
            fail_after(database, make, flush)


def add(session: Session, name: str) -> None:
    """Add a topic, which is still to be flushed."""
    session.add(Topic(id=ids.new_id(), name=name, key=name, created_at=clock.utcnow(), updated_at=clock.utcnow()))


def fail_to_flush(session: Session) -> None:
    """Flush what cannot be, as if nothing were wrong with it."""
    add(session, NAME)
    with suppress(IntegrityError):
        session.flush()


def break_commit(session: Session) -> None:
    """Do what only COMMIT refuses: link what is not there."""
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    session.execute(insert(ClaimTopic).values(claim_id=ids.new_id(), topic_id=ids.new_id()))


class TestACommitThatFails:
    def test_leaves_nothing_behind(self, sqlite: Service) -> None:
        with nothing_stored(sqlite.database), pytest.raises(IntegrityError, match="FOREIGN KEY"):
            do(sqlite.database, quickly, break_commit)

    def test_keeps_nobody_else_from_writing(self, sqlite: Service) -> None:
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            do(sqlite.database, quickly, break_commit)
        assert sqlite.database.engine.url.database is not None
        with closing(sqlite3.connect(sqlite.database.engine.url.database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")

    def test_is_told_to_nobody_as_one(self, sqlite: Service) -> None:
        seen: list[object] = []
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            do(sqlite.database, lambda session: event.listen(session, "after_commit", seen.append), break_commit)
        assert seen == []


class TestAfterItsEnd:
    @pytest.mark.parametrize("end", ["commit", "rollback"])
    @pytest.mark.parametrize("late", [lambda session: add(session, "too late"), flush, quickly])
    def test_nothing_is_lost_in_silence(self, database: Database, end: str, late: Callable[[Session], None]) -> None:
        with pytest.raises(InvalidRequestError):
            do(database, lambda session: getattr(session, end)(), late)

    def test_it_is_not_kept_as_if_a_failure_were_none(self, database: Database) -> None:
        with nothing_stored(database), pytest.raises(InvalidRequestError):
            do(database, flush, fail_to_flush)


class TestLimits:
    @pytest.mark.parametrize("takes_its_time", [True, False])
    def test_are_lifted_for_what_takes_its_time(self, database: Database, *, takes_its_time: bool) -> None:
        with database.writing(takes_its_time=takes_its_time) as session:
            connection = session.connection()
            connection.execute(text("SELECT 1"))
            if database.is_within:
                is_unlimited = connection.info["ends"] == math.inf
            else:
                is_unlimited = connection.scalar(text("SHOW statement_timeout")) == "0"
        assert is_unlimited is takes_its_time


class TestWhoListens:
    def test_is_told_after_the_commit(self, database: Database) -> None:
        seen: list[int] = []
        with database.writing() as session:
            event.listen(session, "after_commit", lambda _: seen.append(numbers(database)[0]))
            quickly(session)
            before = len(seen)
        assert (before, seen) == (0, [numbers(database)[0]])

    def test_is_not_told_of_a_commit_where_all_was_rolled_back(self, database: Database) -> None:
        seen: list[object] = []
        with database.writing() as session:
            event.listen(session, "after_commit", seen.append)
            quickly(session)
            session.rollback()
        assert seen == []
