"""Take what a request will need from others in one order, so that no two requests wait for each other.

On Postgres many write at once. All of them take a claim first, then the right to make names, then the right to make
passages of each source, by the source's id; rows that are only referred to come last. Who makes a source takes the
right to its canonical URL, then that to its text, and nothing else.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.models.passages import Passage
from claims_api.services import speakers, topics, versions
from claims_api.services.speakers import NewSpeaker


def take(
    session: Session,
    *,
    named: Iterable[NewSpeaker | None] = (),
    filed: Iterable[str] = (),
    cited: Iterable[str | None] = (),
    quoted: Iterable[str | None] = (),
) -> None:
    """Take the rights that naming speakers, filing under topics, citing sources and linking passages will need.

    Whoever looks for all passages of a source in a newer text locks them under that right.
    """
    # Where only one writes, nobody needs any right.
    if db.has_one_writer(session):
        return
    # This only looks: a speaker or a topic that is locked before the right to names would hold up whoever has it.
    if any(each and not speakers.is_named(session, each) for each in named) or not all(
        topics.is_named(session, name) for name in filed
    ):
        db.one_at_a_time(session, db.NAMES)
    passage_ids = [each for each in quoted if each]
    for source_id in sorted({*filter(None, cited), *_sources_of(session, passage_ids)}):
        db.one_at_a_time(session, versions.right_of(source_id))


def _sources_of(session: Session, passage_ids: list[str]) -> list[str]:
    if not passage_ids:
        return []
    return [row.source_id for row in _SOURCES.rows(session.connection(), passage_ids)]


_SOURCES = db.ByIds(select(Passage.source_id), Passage.id)
