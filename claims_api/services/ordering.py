"""Take what a request will need from others in one order, so that no two requests wait for each other.

On Postgres many write at once. All of them take a claim first, then the right to make names, then the right to make
passages of each source, by the source's id; rows that are only referred to come last. Who makes a source takes the
right to its canonical URL, then that to its text, and nothing else.
"""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from claims_api import db
from claims_api.services import speakers, topics, versions
from claims_api.services.speakers import NewSpeaker


def take(
    session: Session,
    *,
    named: Iterable[NewSpeaker | None] = (),
    filed: Iterable[str] = (),
    cited: Iterable[str | None] = (),
) -> None:
    """Take the rights that naming speakers, filing under topics and citing sources will need."""
    # This only looks: a speaker or a topic that is locked before the right to names would hold up whoever has it.
    if any(each and not speakers.is_named(session, each) for each in named) or not all(
        topics.is_named(session, name) for name in filed
    ):
        db.one_at_a_time(session, db.NAMES)
    for source_id in sorted({each for each in cited if each}):
        db.one_at_a_time(session, versions.right_of(source_id))
