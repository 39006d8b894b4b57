"""Locking rows and then a name, on Postgres, while somebody else adds such a row."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from claims_api import db
from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.speakers import Speaker
from claims_api.services import claims, speakers
from claims_api.services.claims import NewClaim
from claims_api.services.speakers import NewSpeaker
from tests.conftest import Service, emptied
from tests.services.test_import_beside import until, waiting

HELD = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted")


@pytest.fixture
def database(postgresql: Service) -> Iterator[Database]:
    yield postgresql.database
    emptied(postgresql.database)


def test_begins_anew_and_holds_the_name_in_the_end(database: Database) -> None:
    with database.writing() as session:
        speaker_id = speakers.create(session, NewSpeaker("Kremlin")).id
    rows = select(Claim.id).where(Claim.speaker_id == speaker_id).order_by(Claim.id)
    owner = select(Speaker.id).where(Speaker.id == speaker_id)

    def held() -> int:
        with database.writing() as session:
            db.lock_rows_then_name(session, rows, db.NAMES, owner)
            return int(session.scalars(HELD).one())

    with ThreadPoolExecutor(1) as threads:
        with database.writing() as session:
            db.lock_name(session, db.NAMES)
            locking = threads.submit(held)
            until(lambda: waiting(database))
            claims.create(session, NewClaim("added meanwhile", speaker_id=speaker_id))
        assert locking.result() == 1
