"""Take a request's locks in one order for all requests, so that no two of them deadlock.

Postgres has many writers. Each locks a claim first, then the names of speakers and topics, then the passages of each
source, by the source's id; rows that are only referred to come last. Making a source locks its canonical URL, then its
text, and nothing else.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.models.passages import Passage
from claims_api.services import speakers, topics, versions
from claims_api.services.speakers import NewSpeaker


def take(
    session: Session,
    *,
    named: Iterable[NewSpeaker | None] = (),
    renewed: Iterable[str | None] = (),
    filed: Iterable[str] = (),
    cited: Iterable[str | None] = (),
    quoted: Iterable[str | None] = (),
) -> None:
    """Take the advisory locks that naming speakers, filing under topics, citing sources and linking passages need.

    ``renewed`` are the speakers whom something restored names: whether they are merged must not change meanwhile.
    A newer text of a source locks all its passages under that lock.
    """
    # With one writer no locks are needed.
    if db.has_one_writer(session):
        return
    # Only reads: a row locked before the lock of names could deadlock with a transaction that holds that.
    if (
        any(renewed)
        or any(each and not speakers.is_named(session, each) for each in named)
        or not all(topics.is_named(session, name) for name in filed)
    ):
        db.lock_name(session, db.NAMES)
    source_ids, passage_ids = set(filter(None, cited)), [each for each in quoted if each]
    if len(passage_ids) == 1 and not source_ids:
        _TAKING.run(session.connection(), {"id": passage_ids[0]})
        return
    for source_id in sorted({*source_ids, *_sources_of(session, passage_ids)}):
        db.lock_name(session, versions.passages_lock(source_id))


def _sources_of(session: Session, passage_ids: list[str]) -> list[str]:
    if not passage_ids:
        return []
    return [row.source_id for row in _SOURCES.rows(session.connection(), passage_ids)]


_SOURCES = db.ByIds(select(Passage.source_id), Passage.id)
# A single lock needs no order, so the source's id need not be read first.
_TAKING = db.Prepared(
    select(db.lock_name_sql(versions.passages_lock_sql(Passage.source_id))).where(Passage.id == bindparam("id"))
)
