"""One entity, fetched, made and changed past the session: recorded and found all the same."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from claims_api import db
from claims_api.db import Database
from claims_api.models.base import table_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.words import ClaimStatus
from claims_api.services import indexing_checks, ledger, prepared_entities, similar
from claims_api.services.findings import Observer


@pytest.fixture
def claim(session: Session) -> Claim:
    return _made(session)


def _made(session: Session) -> Claim:
    return prepared_entities.make(session, Claim, identity=None, text="no date was set", status=ClaimStatus.DRAFT)


def _touching_first(session: Session) -> None:
    _made(session)
    ledger.takes_no_more_locks(session)


def recorded(session: Session, claim: Claim) -> list[tuple[str, int, str]]:
    ledger.seal(session)
    changes = session.execute(select(Change).where(Change.entity_id == claim.id).order_by(Change.seq)).scalars()
    return [(change.action.value, change.version, change.state["text"]) for change in changes]


class TestMake:
    def test_is_recorded_and_found(self, session: Session, claim: Claim) -> None:
        assert recorded(session, claim) == [("create", 1, "no date was set")]
        assert indexing_checks.strays(session.connection(), Observer()) == (1, [])

    def test_is_what_the_session_reads(self, session: Session, claim: Claim) -> None:
        kept = {name: getattr(claim, name) for name in table_of(Claim).columns.keys()}  # noqa: SIM118
        session.expire(claim)
        assert {name: getattr(claim, name) for name in kept} == kept


class TestFetch:
    def test_gives_the_one_that_the_session_has(self, session: Session, claim: Claim) -> None:
        assert prepared_entities.fetch(session, Claim, claim.id) is claim

    def test_sees_what_is_set_and_not_flushed(self, session: Session, claim: Claim) -> None:
        claim.deleted_at = claim.created_at
        assert prepared_entities.fetch(session, Claim, claim.id) is None
        assert prepared_entities.fetch(session, Claim, claim.id, with_deleted=True) is claim


class TestChange:
    def test_is_recorded_and_found(self, session: Session, claim: Claim) -> None:
        ledger.seal(session)
        prepared_entities.change(session, claim, {"text": "nothing new"})
        assert recorded(session, claim)[1:] == [("update", 2, "nothing new")]
        assert indexing_checks.strays(session.connection(), Observer()) == (1, [])
        assert [each.score for each in similar.find(session.connection(), "nothing new", limit=1)] == [1]

    def test_makes_no_version_of_what_is_so_already(self, session: Session, claim: Claim) -> None:
        ledger.seal(session)
        assert not prepared_entities.change(session, claim, {"text": claim.text})
        assert claim.version == 1
        assert prepared_entities.change(session, claim, {"text": claim.text}, anyway=True)
        assert claim.version == 2

    def test_is_one_version_with_what_was_set_before(self, session: Session, claim: Claim) -> None:
        ledger.seal(session)
        claim.location = "Moscow"
        assert prepared_entities.change(session, claim, {"text": "a date was set"})
        session.refresh(claim)
        assert (claim.text, claim.location, claim.version) == ("a date was set", "Moscow", 2)

    def test_is_one_version_with_what_was_written_before(self, session: Session, claim: Claim) -> None:
        ledger.seal(session)
        claim.location = "Moscow"
        session.flush()
        prepared_entities.change(session, claim, {"text": "a date was set"})
        prepared_entities.change(session, claim, {"text": "no date was set"})
        assert recorded(session, claim)[1:] == [("update", 2, "no date was set")]

    def test_of_what_was_only_just_made_is_in_its_first_version(self, session: Session, claim: Claim) -> None:
        prepared_entities.change(session, claim, {"text": "a date was set"})
        claim.location = "Moscow"
        assert recorded(session, claim) == [("create", 1, "a date was set")]

    def test_is_refused_where_somebody_else_was_first(self, session: Session, claim: Claim) -> None:
        session.connection().execute(update(Claim).where(Claim.id == claim.id).values(version=2))
        with pytest.raises(StaleDataError):
            prepared_entities.change(session, claim, {"text": "a date was set"})


def _going_on(session: Session) -> None:
    ledger.works_in_steps(session)
    ledger.takes_no_more_locks(session)


class TestMoment:
    """Whoever has all that he needs takes the ledger when he writes; else it is free until he is done."""

    @pytest.mark.parametrize(
        ("begin", "is_free"),
        [(ledger.takes_no_more_locks, False), (lambda session: None, True), (_touching_first, True), (_going_on, True)],
    )
    def test_is_given_for_good_where_nothing_more_is_taken(
        self, session: Session, database: Database, begin: Callable[[Session], None], *, is_free: bool
    ) -> None:
        begin(session)
        claim = _made(session)
        provisional = claim.created_at
        if not db.has_one_writer(session):
            with database.writing() as other:
                assert db.try_lock_name(other, db.LEDGER) is is_free
        ledger.seal(session)
        assert is_free or claim.created_at == provisional
        (at,) = session.scalars(select(Change.at).where(Change.entity_id == claim.id))
        session.refresh(claim)
        assert (claim.created_at, claim.updated_at) == (at, at)
