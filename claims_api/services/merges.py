"""Merge two speakers who turn out to be one, and undo that.

Locks are taken in the order of all: claims by rising id, then the lock of names, then speakers.
"""

from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from claims_api import clock, db
from claims_api.errors import CitesDeleted, Invalid, NotFound
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.speakers import Speaker
from claims_api.models.words import EntityKind
from claims_api.queries import merges as queries
from claims_api.queries.merges import Merger
from claims_api.services import indexing, records, speakers, tallying
from claims_api.services.speakers import MOST_ALIASES
from claims_api.text import name_key

Left = tuple[EntityKind, str]


@dataclass(frozen=True)
class Moved:
    """How many claims and links went from one speaker to the other; ``left`` are kind and id of those that did not."""

    claims: int = 0
    evidence: int = 0
    left: list[Left] = field(default_factory=list)


def merge(session: Session, speaker_id: str, into_id: str) -> Moved:
    """Move a speaker's live claims and links to another one, who gets the names of both, and delete the former.

    What was deleted before is not moved; restored later, it names the other one. Raises ``NotFound`` for an unknown
    speaker, and ``Invalid`` for an unknown other one, for the same, and where the two have too many aliases together.
    """
    if speaker_id == into_id:
        raise Invalid("A speaker is not merged into itself.", path=("into_id",))
    claims = select(Claim.id).where(Claim.speaker_id == speaker_id, Claim.deleted_at.is_(None))
    links = select(Evidence.id).where(Evidence.stated_by_id == speaker_id, Evidence.deleted_at.is_(None))
    _take(session, claims, links, speaker_id, into_id)
    gone, into = _both(session, speaker_id, into_id)
    moved = _move(session, claims, links, to=into)
    aliases = [*into.aliases, *_new_names(gone, into)]
    if len(aliases) > MOST_ALIASES:
        raise Invalid(f"Together they have more than {MOST_ALIASES} aliases: take some away first.", path=("into_id",))
    _rename(session, into, aliases)
    gone.merged_into_id = into.id
    records.delete(gone)
    return moved


def unmerge(session: Session, speaker_id: str, *, allow_duplicate: bool = False) -> Moved:
    """Bring back a merged speaker, with what the merger moved, unless that was deleted or given to others since.

    Returns what was moved back, and what was not. A speaker who is there already stays as it is. Raises ``NotFound``
    for an unknown one, ``Invalid`` for one who was deleted, not merged, ``CitesDeleted`` where the other one was merged
    since (mergers are undone in reverse order, or two speakers would keep the names), and ``Duplicate`` where a third
    speaker has one of the names by now, unless that is allowed.
    """
    known = _merger(session, speaker_id)
    if known is not None:
        _take(session, queries.claims(known), queries.evidence(known), speaker_id, known.into_id)
    db.lock_name(session, db.NAMES)
    # Merging and restoring speakers needs the lock of names: from here on nothing of that changes.
    merger = _merger(session, speaker_id)
    if merger is None:
        _refuse_deleted(records.kept(session, Speaker, speaker_id))
        return Moved()
    kept = {each: records.kept(session, Speaker, each) for each in sorted([speaker_id, merger.into_id])}
    gone, into = kept[speaker_id], kept[merger.into_id]
    _refuse_merged(into)
    if not allow_duplicate:
        speakers.refuse_taken(session, _unshared(session, merger, gone), but=into, path=None)
    return _undone(session, merger, gone, into)


def _undone(session: Session, merger: Merger, gone: Speaker, into: Speaker) -> Moved:
    claims, links = queries.claims(merger), queries.evidence(merger)
    left = [
        *_left(session, merger, claims, EntityKind.CLAIM, "speaker_id"),
        *_left(session, merger, links, EntityKind.EVIDENCE, "stated_by_id"),
    ]
    gone.merged_into_id = None
    records.restore(gone)
    moved = _move(session, claims, links, to=gone)
    if into.deleted_at is None:
        lost = _lost(session, merger, gone)
        _rename(session, into, [alias for alias in into.aliases if alias not in lost])
    return Moved(moved.claims, moved.evidence, left)


def _merger(session: Session, speaker_id: str) -> Merger | None:
    row = session.execute(queries.of_speaker(speaker_id)).first()
    if row is None:
        return None
    merger = Merger(*row)
    gone = session.scalars(queries.merged_into(merger.gone_id)).all()
    return replace(merger, gone_ids=gone, into_ids=_ever_merged(session, merger.into_id))


def _ever_merged(session: Session, speaker_id: str) -> list[str]:
    """Return into whom a speaker ever was merged, and those in turn."""
    found, latest = list[str](), [speaker_id]
    while latest:
        further = session.scalars(queries.ever_merged(latest)).all()
        latest = [each for each in further if each not in {speaker_id, *found}]
        found += latest
    return found


def _both(session: Session, speaker_id: str, into_id: str) -> tuple[Speaker, Speaker]:
    """Lock the two speakers for a change, by rising id."""
    found = {}
    for each in sorted([speaker_id, into_id]):
        try:
            found[each] = records.live(session, Speaker, each)
        except NotFound as failure:
            if each == speaker_id:
                raise
            raise Invalid(failure.detail, path=("into_id",)) from None
    return found[speaker_id], found[into_id]


def _unshared(session: Session, merger: Merger, gone: Speaker) -> list[str]:
    """Return the names that no third speaker went by when the two were merged."""
    keys = {name: name_key(name) for name in (gone.name, *gone.aliases)}
    rows = session.execute(queries.named_then(merger, keys.values()))
    shared = {name_key(name) for row in rows for name in (row.name, *row.aliases)}
    return [name for name, key in keys.items() if key not in shared]


def _refuse_merged(into: Speaker) -> None:
    if into.merged_into_id is not None:
        raise CitesDeleted(
            "The other speaker was merged since: undo that merger first. `cites` names that speaker.",
            cites=[{"entity": EntityKind.SPEAKER, "id": into.id}],
        )


def _refuse_deleted(speaker: Speaker) -> None:
    if speaker.deleted_at is not None:
        detail = "This speaker was deleted, and not merged into another: restore it."
        raise Invalid(detail, parameter="speaker_id")


def _take(session: Session, claims: Select[str], links: Select[str], gone_id: str, into_id: str) -> None:
    """Lock the claims that a merger changes, those of the speaker who stays, and both speakers."""
    # The names of the speaker who stays change, and its claims' entries of search with them.
    found_by_name = indexing.found_by_name_of(into_id).order_by(None)
    either = or_(_concerned(claims, links), Claim.id.in_(found_by_name))
    both = select(Speaker.id).where(Speaker.id.in_([gone_id, into_id])).order_by(Speaker.id)
    db.lock_rows_then_name(session, select(Claim.id).where(either).order_by(Claim.id), db.NAMES, both)


def _concerned(claims: Select[str], links: Select[str]) -> ColumnElement[bool]:
    """Return the condition for the claims of these ids, and those that have these links."""
    linked = select(Evidence.claim_id).where(Evidence.id.in_(links))
    return or_(Claim.id.in_(claims), Claim.id.in_(linked))


def _move(session: Session, claims: Select[str], links: Select[str], *, to: Speaker) -> Moved:
    """Give the claims and the links of these ids to a speaker; claims whose evidence it is are counted anew."""
    # Selected again, for claims that were made before the speakers were locked.
    moved = select(Claim).where(_concerned(claims, links)).order_by(Claim.id)
    concerned, own = session.scalars(db.for_update(moved)).all(), set(session.scalars(claims))
    chosen = select(Evidence).where(Evidence.id.in_(links)).order_by(Evidence.id)
    moving = session.scalars(db.for_update(chosen)).all()
    for link in moving:
        link.stated_by_id = to.id
    counted = {link.claim_id for link in moving}
    tallying.count(session, [claim for claim in concerned if claim.id in counted])
    for claim in concerned:
        if claim.id in own:
            claim.speaker_id = to.id
        claim.updated_at = clock.utcnow()
    session.flush()
    return Moved(len(own), len(moving))


def _left(session: Session, merger: Merger, returning: Select[str], kind: EntityKind, name: str) -> list[Left]:
    given_back = set(session.scalars(returning))
    moved = session.scalars(queries.moved(merger, kind, name))
    return [(kind, each) for each in moved if each not in given_back]


def _new_names(gone: Speaker, into: Speaker) -> list[str]:
    known = {into.name, *into.aliases}
    return [name for name in dict.fromkeys([gone.name, *gone.aliases]) if name not in known]


def _lost(session: Session, merger: Merger, gone: Speaker) -> set[str]:
    """Return the names that the other speaker has by mergers alone, and by none that still holds."""
    merged = session.scalars(select(Speaker).where(Speaker.merged_into_id == merger.into_id, Speaker.id != gone.id))
    held = {name for speaker in merged for name in (speaker.name, *speaker.aliases)}
    return ({gone.name, *gone.aliases} & _given(session, merger)) - held


def _given(session: Session, merger: Merger) -> set[str]:
    """Return the aliases that the other speaker has because mergers, and nobody since, gave them."""
    before, given = set[str](), set[str]()
    for row in session.execute(queries.aliases(merger)):
        aliases = set(row.aliases)
        given = (given & aliases) | (aliases - before if row.by_merger else set())
        before = aliases
    return given


def _rename(session: Session, speaker: Speaker, aliases: list[str]) -> None:
    records.update(speaker, {"aliases": aliases})
    session.flush()
    speakers.index_names(session, speaker)
