"""What the benchmarks stand on: their data go in, and are the same for the peer."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from benchmarks.asking import Drawn
from benchmarks.bars import BARS, Bar
from benchmarks.bundle import bundle
from benchmarks.data import World
from benchmarks.load import Ask, is_whole
from benchmarks.peer import models as peers
from benchmarks.peer.filling import fill
from claims_api.db import Database
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.schemas.formats import bundles
from claims_api.services.imports import importing
from tests.conftest import Api

CLAIMS = 25


@pytest.fixture(scope="module")
def world() -> World:
    return World(CLAIMS)


@pytest.fixture
def imported(world: World, database: Database) -> None:
    _, records = bundles.opened(enumerate(bundle(world), 1))
    with database.writing() as session:
        importing.take(session, records, collection="benchmarks", skips=False, restores_ledger=False)


@pytest.mark.usefixtures("imported")
class TestTheData:
    def test_are_all_taken(self, database: Database) -> None:
        with database.reading() as connection:
            numbers = [connection.scalar(select(func.count()).select_from(each)) for each in (Claim, Evidence)]
        assert numbers == [CLAIMS, 3 * CLAIMS]

    def test_give_a_question_its_claim(self, api: Api, world: World) -> None:
        question = next(Drawn(world).questions())
        assert api.read(f"/v1/search?q={question}&kind=claim")["data"]

    def test_have_room_for_new_links(self, api: Api, world: World) -> None:
        link = next(Drawn(world).links())
        api.made(f"/v1/claims/{link.claim_id}/evidence", {"passage_id": link.passage_id, "stance": link.stance})


class TestThePeer:
    def test_takes_the_same_data(self, world: World, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'peer.db'}"
        fill(world, url)
        engine = create_engine(url)
        with engine.connect() as connection:
            ids = connection.scalars(select(peers.Claim.id)).all()
        engine.dispose()
        assert set(ids) == {each.id for each in world.claims()}


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("data", "is_all"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", False),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", True),
            (b"HTTP/1.1 304 Not Modified\r\n\r\n", True),
            (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        ],
    )
    def test_is_whole_when_its_body_is_there(self, data: bytes, *, is_all: bool) -> None:
        assert is_whole(data) is is_all


class TestARequest:
    def test_says_how_long_its_body_is(self) -> None:
        encoded = Ask("POST", "/v1/claims", {"text": "x"}).encoded(("Authorization", "Bearer k"))
        assert encoded.startswith(b"POST /v1/claims HTTP/1.1\r\n")
        assert b"Authorization: Bearer k\r\n" in encoded
        assert encoded.endswith(b'Content-Length: 12\r\n\r\n{"text":"x"}')


class TestABar:
    def test_of_so_many_times_holds_up_to_that(self) -> None:
        bar = Bar("one", "H", most=1.7)
        assert [bar.told(own, 100)[-1] for own in (170, 171)] == ["holds", "MISSED"]

    def test_of_so_much_less_holds_from_that(self) -> None:
        bar = Bar("one", "F", least=10)
        assert [bar.told(100, other)[-1] for other in (1000, 999)] == ["holds", "MISSED"]

    def test_is_set_for_both_databases(self) -> None:
        assert {bar.operation for bar in BARS["sqlite"]} == {bar.operation for bar in BARS["postgresql"]}
