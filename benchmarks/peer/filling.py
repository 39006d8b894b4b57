"""Fill the peer's tables with the same data."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, create_engine, text

from benchmarks.data import World
from benchmarks.peer.models import SEARCH, Base, Claim, Evidence, Passage, Source, Speaker

_AT_ONCE = 2000


def fill(world: World, url: str) -> None:
    """Make the tables, and insert all of the data."""
    engine = create_engine(url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        for statement in SEARCH[engine.dialect.name]:
            connection.execute(text(statement))
        for model, records in (
            (Speaker, iter(world.speakers)),
            (Source, world.sources()),
            (Passage, world.passages()),
            (Claim, world.claims()),
            (Evidence, world.links()),
        ):
            _insert(connection, model, records)
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _insert(connection: Connection, model: Any, records: Iterator[Any]) -> None:
    names = [column.name for column in model.__table__.columns if column.name != "updated_at"]
    while rows := [{name: _value(each, name) for name in names} for each in islice(records, _AT_ONCE)]:
        if "updated_at" in model.__table__.columns:
            rows = [{**row, "updated_at": row["created_at"]} for row in rows]
        connection.execute(model.__table__.insert(), rows)


def _value(record: Any, name: str) -> Any:
    return record.at if name == "created_at" else getattr(record, name)
