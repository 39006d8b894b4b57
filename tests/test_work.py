"""A session of one transaction: what goes past it and what it flushes itself are kept together, or not at all."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claims_api import ids
from claims_api.db import Database
from claims_api.models.changes import Change
from claims_api.models.topics import Topic
from claims_api.services import keeping, recording
from tests.api.factories import nothing_stored

ACTOR, NAME = "tests", "kept"


def flush(session: Session) -> None:
    """Make a topic by way of the session."""
    moment = recording.moment(session)
    stamp = {"created_by": ACTOR, "created_at": moment, "updated_at": moment}
    session.add(Topic(id=ids.new_id(), name=NAME, key=NAME, **stamp))
    session.flush()


def quickly(session: Session) -> None:
    """Make one past it."""
    keeping.make(session, Topic, identity=None, actor=ACTOR, name=NAME, key=NAME)


def fail_after(database: Database, *steps: Callable[[Session], object]) -> None:
    """Do something in a transaction, and fail before its end."""
    with database.writing() as session:
        for step in steps:
            step(session)
        raise ZeroDivisionError


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


class TestWhoListens:
    def test_is_told_after_the_commit(self, database: Database) -> None:
        seen: list[int] = []
        with database.writing() as session:
            event.listen(session, "after_commit", lambda _: seen.append(numbers(database)[0]))
            quickly(session)
            before = len(seen)
        assert (before, seen) == (0, [numbers(database)[0]])

    def test_is_not_told_of_a_commit_that_failed(self, database: Database) -> None:
        seen: list[object] = []
        with pytest.raises(ZeroDivisionError):
            fail_after(database, lambda session: event.listen(session, "after_commit", seen.append), quickly)
        assert seen == []

    def test_is_not_told_of_a_commit_where_all_was_rolled_back(self, database: Database) -> None:
        seen: list[object] = []
        with database.writing() as session:
            event.listen(session, "after_commit", seen.append)
            quickly(session)
            session.rollback()
        assert seen == []
