import datetime as dt

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.errors import KeyReused
from claims_api.models.idempotency import KeptAnswer
from claims_api.services import idempotency
from claims_api.services.idempotency import KEPT_FOR, Answer, Attempt

MOMENT = dt.datetime(2025, 10, 22, 12, tzinfo=dt.UTC)
ANSWER = Answer(201, '{"ETag": "x"}', '{"id": 1}')
ATTEMPT = Attempt("desk", "a key", "a request")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the clock stand still."""
    monkeypatch.setattr(clock, "utcnow", lambda: MOMENT)


def keep_for(session: Session, age: dt.timedelta) -> None:
    """Keep an answer that is this old."""
    idempotency.keep(session, ATTEMPT, ANSWER)
    session.execute(update(KeptAnswer).where(KeptAnswer.key == ATTEMPT.key).values(created_at=MOMENT - age))
    session.expire_all()


class TestEarlierAnswer:
    def test_is_none_for_a_request_that_was_never_done(self, session: Session) -> None:
        assert idempotency.earlier_answer(session, ATTEMPT) is None

    def test_is_the_one_that_was_kept(self, session: Session) -> None:
        idempotency.keep(session, ATTEMPT, ANSWER)
        assert idempotency.earlier_answer(session, ATTEMPT) == ANSWER

    def test_is_given_until_a_day_has_passed(self, session: Session, now: None) -> None:
        keep_for(session, KEPT_FOR - dt.timedelta(microseconds=1))
        assert idempotency.earlier_answer(session, ATTEMPT) == ANSWER

    def test_is_not_given_from_then_on(self, session: Session, now: None) -> None:
        keep_for(session, KEPT_FOR)
        assert idempotency.earlier_answer(session, ATTEMPT) is None

    def test_is_refused_to_another_request_in_words(self, session: Session) -> None:
        idempotency.keep(session, ATTEMPT, ANSWER)
        with pytest.raises(KeyReused) as caught:
            idempotency.earlier_answer(session, Attempt(ATTEMPT.owner, ATTEMPT.key, "another request"))
        assert caught.value.detail == "This Idempotency-Key came with another request before."


class TestKeep:
    @pytest.mark.parametrize(
        ("age", "is_there"),
        [(KEPT_FOR, False), (KEPT_FOR - dt.timedelta(microseconds=1), True), (dt.timedelta(0), True)],
        ids=["a day old", "a moment younger", "new"],
    )
    def test_forgets_what_is_a_day_old_and_nothing_else(
        self, session: Session, now: None, age: dt.timedelta, is_there: bool
    ) -> None:
        keep_for(session, age)
        idempotency.keep(session, Attempt("desk", "another key", "another request"), ANSWER)
        session.expire_all()
        assert (session.get(KeptAnswer, (ATTEMPT.owner, ATTEMPT.key)) is not None) is is_there
