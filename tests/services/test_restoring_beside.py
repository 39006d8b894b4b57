"""Restoring what names a merged speaker while that merger is undone, on Postgres: nothing stays with the other one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.words import Stance
from claims_api.services import claims, evidence, merges, sources, speakers
from claims_api.services.anchoring import Quote
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.conftest import Service, emptied
from tests.services.test_import_beside import until, waiting


@pytest.fixture
def database(postgresql: Service) -> Iterator[Database]:
    yield postgresql.database
    emptied(postgresql.database)


@pytest.fixture
def speaker_id(database: Database) -> str:
    with database.writing() as session:
        return speakers.create(session, NewSpeaker("Own")).id


def merged(database: Database, speaker_id: str) -> None:
    with database.writing() as session:
        merges.merge(session, speaker_id, speakers.create(session, NewSpeaker("Other")).id)


def restored_while_undone(database: Database, speaker_id: str, restore: Callable[[Session], object]) -> None:
    def restoring() -> None:
        with database.writing() as session:
            restore(session)

    with ThreadPoolExecutor(1) as threads:
        with database.writing() as session:
            merges.unmerge(session, speaker_id)
            beside = threads.submit(restoring)
            until(lambda: waiting(database))
        beside.result()


def read(database: Database, column: Any) -> Any:
    with database.reading() as connection:
        return connection.execute(select(column)).scalar_one()


def test_a_claim_names_its_own_speaker(database: Database, speaker_id: str) -> None:
    with database.writing() as session:
        claim_id = claims.create(session, NewClaim("x", speaker_id=speaker_id)).id
        claims.delete(session, claim_id)
    merged(database, speaker_id)
    restored_while_undone(database, speaker_id, lambda session: claims.restore(session, claim_id))
    assert read(database, Claim.speaker_id) == speaker_id


@pytest.mark.parametrize("service", [claims, evidence], ids=["with its claim", "by itself"])
def test_a_link_names_its_own_speaker(database: Database, speaker_id: str, service: Any) -> None:
    identity = linked(database, speaker_id)[service]
    with database.writing() as session:
        service.delete(session, identity)
    merged(database, speaker_id)
    restored_while_undone(database, speaker_id, lambda session: service.restore(session, identity))
    assert read(database, Evidence.stated_by_id) == speaker_id


def linked(database: Database, speaker_id: str) -> dict[Any, str]:
    """Keep a claim with a link that names the speaker, and return both ids, by the services that keep them."""
    with database.writing() as session:
        source = sources.create(session, NewSource("A report", text="No date was set."))
        claim = claims.create(session, NewClaim("x"))
        new = NewEvidence(Stance.SUPPORTS, source_id=source.id, quote=Quote(exact="No date"), stated_by_id=speaker_id)
        return {claims: claim.id, evidence: evidence.attach(session, claim.id, new).id}
