"""Idempotency keys: the answer to a request is kept, and given again when the request is sent again.

It is kept in the transaction that does the work, so both are there or neither; for 24 hours, and only for the owner of
the API key.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from claims_api import clock, db
from claims_api.errors import Busy, KeyReused
from claims_api.models.idempotency import KeptAnswer

KEPT_FOR = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Attempt:
    """Whose request it is, under which Idempotency-Key, and the SHA-256 of what it says, in hexadecimal."""

    owner: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """An answer as it went out; ``headers`` as one JSON object."""

    status: int
    headers: str
    body: str


def earlier_answer(session: Session, attempt: Attempt) -> Answer | None:
    """Return the earlier answer to this request, or None: then do it, and ``keep`` its answer.

    Raises ``Busy`` while the same request is being done elsewhere, and ``KeyReused`` where the key came with another
    request.
    """
    if not db.try_lock_name(session, f"idempotency {attempt.owner} {attempt.key}"):
        raise Busy("The same request is being done at this moment; send it again for its answer.")
    kept = session.get(KeptAnswer, (attempt.owner, attempt.key))
    if kept is None or kept.created_at + KEPT_FOR <= clock.utcnow():
        return None
    if kept.fingerprint != attempt.fingerprint:
        raise KeyReused("This Idempotency-Key came with another request before.")
    return Answer(kept.status, kept.headers, kept.body)


def keep(session: Session, attempt: Attempt, answer: Answer) -> None:
    """Keep the answer of a request that was just done, and forget what is older than 24 hours."""
    now = clock.utcnow()
    session.execute(delete(KeptAnswer).where(KeptAnswer.created_at <= now - KEPT_FOR))
    session.add(
        KeptAnswer(
            owner=attempt.owner,
            key=attempt.key,
            fingerprint=attempt.fingerprint,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            created_at=now,
        )
    )
    session.flush()
