"""Statements that go to the driver as they are: nobody can tell by what they do."""

from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, literal, select, text
from sqlalchemy.exc import IntegrityError

from claims_api.db import Database, Prepared, among
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.models.words import SpeakerKind
from claims_api.services import speakers
from claims_api.services.speakers import NewSpeaker

TOPICS = Topic.__table__
ADDING = Prepared(insert(Topic), names=[column.key for column in TOPICS.columns])


@pytest.fixture
def speaker(database: Database) -> Speaker:
    with database.writing() as session:
        return speakers.create(session, NewSpeaker("100% Ltd", SpeakerKind.ORGANIZATION, aliases=["'a' ?"]))


class TestReading:
    def test_gives_what_sqlalchemy_gives(self, database: Database, speaker: Speaker) -> None:
        statement = select(Speaker.__table__, literal(2.5).label("number")).where(Speaker.id == bindparam("id"))
        with database.reading() as connection:
            expected = connection.execute(statement, {"id": speaker.id}).one()._asdict()
            (found,) = Prepared(statement).rows(connection, id=speaker.id)
        assert found._asdict() == expected

    def test_keeps_the_values_that_stand_in_the_statement(self, database: Database, speaker: Speaker) -> None:
        statement = Prepared(select(Speaker.id).where(Speaker.name == "100% Ltd", Speaker.kind == bindparam("kind")))
        with database.reading() as connection:
            rows = statement.rows(connection, kind=SpeakerKind.ORGANIZATION)
            assert [row.id for row in rows] == [speaker.id]
            assert statement.first(connection, kind=SpeakerKind.PERSON) is None

    def test_begins_a_snapshot(self, database: Database) -> None:
        with database.reading() as connection:
            Prepared(select(literal(1).label("one"))).rows(connection)
            assert connection.in_transaction()

    def test_begins_nothing_where_it_is_the_only_one(self, database: Database) -> None:
        with database.asking() as connection:
            Prepared(select(literal(1).label("one"))).rows(connection)
            assert not connection.in_transaction()

    def test_is_not_planned_each_time_for_a_short_list(self, database: Database, speaker: Speaker) -> None:
        statement = Prepared(select(Speaker.name).where(among(Speaker.id, parameter="some_ids")))
        planned = text(
            "SELECT sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE 'SELECT speakers.name%'"
        )
        with database.reading() as connection:
            # Five times until psycopg prepares it, and five until Postgres compares plans.
            for _ in range(15):
                assert [row.name for row in statement.rows(connection, some_ids=[speaker.id])] == ["100% Ltd"]
            assert statement.rows(connection, some_ids=[]) == []
            if connection.dialect.name == "postgresql":
                assert connection.scalar(planned) >= 2


class TestWriting:
    def test_tells_whoever_listens(self, database: Database) -> None:
        told = list[str]()

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            told.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        with database.reading() as connection:
            Prepared(select(literal(1).label("heard"))).rows(connection)
        event.remove(database.engine, "before_cursor_execute", note)
        assert [statement for statement in told if "heard" in statement]

    def test_fails_as_sqlalchemy_does(self, database: Database, speaker: Speaker) -> None:
        topic = dict.fromkeys(TOPICS.columns.keys(), None)
        with pytest.raises(IntegrityError), database.writing() as session:
            ADDING.run(session.connection(), topic | {"id": speaker.id})
