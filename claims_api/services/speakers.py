"""Speakers: each kept once, found by any of their names."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.errors import Duplicate, Invalid, Path
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.words import SpeakerKind
from claims_api.queries.rows import AnyRow
from claims_api.queries.speakers import ids_named
from claims_api.services import indexing, records
from claims_api.text import name_key

LONGEST_NAME = 500
MOST_ALIASES = 100


@dataclass(frozen=True)
class NewSpeaker:
    """A speaker as somebody states it; ``kind`` may be left out where a speaker is only named."""

    name: str
    kind: SpeakerKind | None = None
    aliases: list[str] = field(default_factory=list)
    job_title: str | None = None
    affiliation: str | None = None
    same_as: str | None = None


def create(
    session: Session,
    new: NewSpeaker,
    *,
    identity: str | None = None,
    allow_duplicate: bool = False,
) -> Speaker:
    """Keep a new speaker; ``Duplicate`` where one goes by this name already, unless that is allowed."""
    if not allow_duplicate:
        refuse_taken(session, [new.name, *new.aliases])
    return _add(session, new, identity=identity)


def find_or_create(session: Session, new: NewSpeaker, *, path: Path) -> str:
    """Return the id of the speaker with this name or alias, or of a new one.

    Raises ``Invalid`` at ``path`` where several have it: then only an id can say who is meant.
    """
    found = named(session, new)
    if not found:
        # Look again under the lock: another transaction may have made it meanwhile.
        db.lock_name(session, db.NAMES)
        found = named(session, new)
    if len(found) > 1:
        raise Invalid(
            "Several speakers go by this name: give the speaker's id.",
            path=path,
            candidates=[{"id": each.id, "name": each.name, "kind": each.kind} for each in found],
        )
    return found[0].id if found else _add(session, new).id


def resolve(session: Session, named: NewSpeaker | None, identity: str | None, *, path: str) -> str | None:
    """Return the id of the speaker who is named or identified, or None; ``path`` is the field of the name.

    Raises ``Invalid`` where both are given, for an unknown id, and for a name that several speakers bear.
    """
    if named is not None and identity is not None:
        raise Invalid(f"Give either `{path}` or `{path}_id`, not both.", path=(path,))
    if named is not None:
        return find_or_create(session, named, path=(path,))
    if identity is not None:
        return records.referred(session, Speaker, identity, path=(f"{path}_id",))
    return None


def resolve_changes(session: Session, changes: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    """Return the changes with a named or identified speaker replaced by its id; raises what ``resolve`` raises."""
    identity = f"{path}_id"
    fields = {name: value for name, value in changes.items() if name not in {path, identity}}
    if len(fields) != len(changes):
        fields[identity] = resolve(session, changes.get(path), changes.get(identity), path=path)
    return fields


def lock(session: Session, speaker_id: str) -> Speaker:
    """Lock a speaker for a change; before it their claims, whose entries of search hold the names, and all names."""
    _take(session, speaker_id)
    return records.live(session, Speaker, speaker_id)


def _take(session: Session, speaker_id: str) -> None:
    owner = select(Speaker.id).where(Speaker.id == speaker_id)
    db.lock_rows_then_name(session, indexing.found_by_name_of(speaker_id), db.NAMES, owner)


def lock_kept(session: Session, speaker_id: str) -> Speaker:
    """Lock a speaker, deleted or not."""
    db.lock_name(session, db.NAMES)
    return records.kept(session, Speaker, speaker_id)


def update(session: Session, speaker_id: str, changes: Mapping[str, Any], *, allow_duplicate: bool = False) -> Speaker:
    """Change fields of a speaker; ``Duplicate`` where another goes by a new name, unless that is allowed."""
    if {"name", "aliases"} & changes.keys():
        _take(session, speaker_id)
    speaker = records.live(session, Speaker, speaker_id)
    if not allow_duplicate:
        names = [changes.get("name", speaker.name), *changes.get("aliases", speaker.aliases)]
        refuse_taken(session, [name for name in names if name not in {speaker.name, *speaker.aliases}], but=speaker)
    records.update(speaker, changes)
    session.flush()
    if {"name", "aliases"} & changes.keys():
        index_names(session, speaker)
    return speaker


def delete(session: Session, speaker_id: str) -> None:
    """Delete a speaker whom no claim and no evidence names."""
    speaker = records.live(session, Speaker, speaker_id)
    records.refuse_if_cited(
        session,
        claim=select(Claim.id).where(Claim.speaker_id == speaker_id, Claim.deleted_at.is_(None)),
        evidence=select(Evidence.id).where(Evidence.stated_by_id == speaker_id, Evidence.deleted_at.is_(None)),
    )
    records.delete(speaker)


def restore(session: Session, speaker_id: str, *, allow_duplicate: bool = False) -> Speaker:
    """Bring a speaker back; ``Duplicate`` where another goes by a name of theirs by now, unless that is allowed."""
    speaker = lock_kept(session, speaker_id)
    if speaker.deleted_at is not None:
        if not allow_duplicate:
            refuse_taken(session, [speaker.name, *speaker.aliases], path=None)
        speaker.merged_into_id = None
        records.restore(speaker)
    return speaker


def standing_for(session: Session, speaker_id: str | None) -> str | None:
    """Return the id of the speaker into whom one was merged, over any number of mergers, or else its own."""
    while speaker_id is not None:
        merged_into_id = session.get_one(Speaker, speaker_id).merged_into_id
        if merged_into_id is None:
            break
        speaker_id = merged_into_id
    return speaker_id


def _add(session: Session, new: NewSpeaker, *, identity: str | None = None) -> Speaker:
    speaker = Speaker(id=identity, **columns(new))
    session.add(speaker)
    session.flush()
    index_names(session, speaker)
    return speaker


def columns(new: NewSpeaker) -> dict[str, Any]:
    """Return the columns of a new speaker's row."""
    return {
        "name": new.name,
        "kind": new.kind or SpeakerKind.PERSON,
        "aliases": new.aliases,
        "job_title": new.job_title,
        "affiliation": new.affiliation,
        "same_as": new.same_as,
    }


def keys_of(name: str, aliases: Iterable[str]) -> list[str]:
    """Return what a speaker of these names is looked up by."""
    return sorted({name_key(each) for each in (name, *aliases)})


def index_names(session: Session, speaker: Speaker) -> None:
    """Bring the speaker's rows in the table of names up to date."""
    session.execute(delete_rows(SpeakerName).where(SpeakerName.speaker_id == speaker.id))
    keys = keys_of(speaker.name, speaker.aliases)
    session.add_all(SpeakerName(speaker_id=speaker.id, key=key) for key in keys)
    session.flush()


def is_named(session: Session, new: NewSpeaker) -> bool:
    """Tell whether anybody goes by a name just now, without locking."""
    session.flush()
    return _NAMED.first(session.connection(), key=name_key(new.name)) is not None


def named(session: Session, new: NewSpeaker) -> list[AnyRow]:
    """Return the speakers who go by a name: id, name and kind; where several do, those of the kind said with it."""
    session.flush()
    found = _NAMED_TO_STAY.rows(session.connection(), key=name_key(new.name))
    of_that_kind = [speaker for speaker in found if speaker.kind == new.kind]
    return of_that_kind if len(found) > 1 and of_that_kind else found


def refuse_taken(
    session: Session, names: Collection[str], *, but: Speaker | None = None, path: Path | None = ("name",)
) -> None:
    """Raise ``Duplicate`` where a speaker, ``but`` this one, goes by one of these names."""
    # Where no name changes the speaker may be locked already, and the lock of names comes before speakers.
    if not names:
        return
    db.lock_name(session, db.NAMES)
    taken = [each for name in names for each in named(session, NewSpeaker(name)) if but is None or each.id != but.id]
    if taken:
        raise Duplicate(
            "A speaker goes by this name already. Use that one, or say `allow_duplicate=true`.",
            path=path,
            existing={"id": taken[0].id},
        )


_OF_NAME = (
    select(Speaker.id, Speaker.name, Speaker.kind)
    .where(Speaker.id.in_(ids_named(bindparam("key"))), Speaker.deleted_at.is_(None))
    .order_by(Speaker.created_at, Speaker.id)
)
_NAMED, _NAMED_TO_STAY = db.Prepared(_OF_NAME), db.Prepared(db.for_share(_OF_NAME))
