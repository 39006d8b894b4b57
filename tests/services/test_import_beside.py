"""Imports beside others who write, on Postgres: nobody waits for ever, and an import is never the one that is ended."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from claims_api import db
from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.words import Stance
from claims_api.services import evidence, records
from claims_api.services.anchoring import Quote
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports import importing
from claims_api.services.imports.incoming import Incoming
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.api.factories import wrong
from tests.conftest import Service, emptied

# So long that Postgres has looked, in vain, for others in a circle.
_LOOKED = 1.3
SOURCE = Incoming("s", NewSource("A report", text="No date was set. The talks ended."))
QUOTE = Quote(exact="No date was set")
MANY = [Incoming(f"c{number}", NewClaim(f"claim {number}", speaker=NewSpeaker("New"))) for number in range(1000)]


@pytest.fixture
def database(postgresql: Service) -> Iterator[Database]:
    yield postgresql.database
    emptied(postgresql.database)


@pytest.fixture
def impatient(postgresql: Service) -> Iterator[Database]:
    """The same, for those who wait three seconds for what others have."""
    made = db.open_database(postgresql.settings.database_url, lock_seconds=3)
    with closing(made.engine.connect()):
        yield made
    made.dispose()


def waiting(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0)


def until(what: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.02)


def take(database: Database, records: Iterator[Incoming] | list[Incoming]) -> None:
    with database.writing(takes_its_time=True) as session:
        importing.take(session, records, collection="tests")


def test_who_has_a_claim_and_wants_a_name_gives_up(database: Database, impatient: Database) -> None:
    take(database, [SOURCE, Incoming("old", NewClaim("old"))])
    with database.reading() as connection:
        claim_id, source_id = (connection.scalar(text(f"SELECT id FROM {table}")) for table in ("claims", "sources"))  # noqa: S608

    def attach() -> None:
        new = NewEvidence(Stance.SUPPORTS, source_id=str(source_id), quote=QUOTE, stated_by=NewSpeaker("Other"))
        with impatient.writing() as session:
            evidence.attach(session, str(claim_id), new)

    with ThreadPoolExecutor(1) as threads:

        def given() -> Iterator[Incoming]:
            yield from MANY
            attaching.append(threads.submit(attach))
            until(lambda: waiting(database))
            time.sleep(_LOOKED)
            yield Incoming("old/0", NewEvidence(Stance.SUPPORTS, source_id="s", quote=QUOTE), of="old")

        attaching = list[object]()
        take(database, given())
        with pytest.raises(DBAPIError) as failure:
            attaching[0].result()  # type: ignore[attr-defined]
    assert db.is_passing(failure.value)
    with database.reading() as connection:
        assert wrong(connection) == []


def test_of_two_imports_one_waits_for_the_other(database: Database) -> None:
    named = [Incoming(key, NewSource(key, url=f"https://example.org/{key}", text=f"{key}: all.")) for key in "ab"]
    take(database, named)

    def records(first: str, second: str) -> Iterator[Incoming]:
        keys = {key: Incoming(f"{key} by url", NewSource(key, url=f"https://example.org/{key}")) for key in "ab"}
        claim = Incoming(f"of {first}", NewClaim(f"of {first}"))
        yield from (keys[first], keys[second], claim)
        for key in (first, second):
            yield from [replace(each, key=f"{first} {key} {each.key}") for each in MANY]
            quote = NewEvidence(Stance.SUPPORTS, source_id=f"{key} by url", quote=Quote(exact=f"{key}: all."))
            yield Incoming(f"{first} {key}", quote, of=claim.key)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda keys: take(database, records(*keys)), ["ab", "ba"]))
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM evidence")) == 4


def test_waits_for_who_has_a_claim(database: Database) -> None:
    take(database, [SOURCE, Incoming("old", NewClaim("old"))])
    link = Incoming("old/0", NewEvidence(Stance.SUPPORTS, source_id="s", quote=QUOTE), of="old")
    with ThreadPoolExecutor(1) as threads:
        with database.writing() as session:
            records.live(session, Claim, session.scalars(select(Claim.id)).one())
            importing_it = threads.submit(take, database, [link])
            until(lambda: waiting(database))
        importing_it.result()
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM evidence")) == 1
