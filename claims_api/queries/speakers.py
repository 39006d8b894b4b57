"""Reading speakers."""

import datetime as dt

from sqlalchemy import Connection, Select, select

from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.words import SpeakerKind
from claims_api.queries import paging, rows
from claims_api.queries.paging import Page, Window
from claims_api.queries.rows import AnyRow
from claims_api.text import name_key

SPEAKERS = select(
    Speaker.id,
    Speaker.name,
    Speaker.kind,
    Speaker.aliases,
    Speaker.job_title,
    Speaker.affiliation,
    Speaker.same_as,
    Speaker.created_at,
    Speaker.updated_at,
    Speaker.created_by,
    Speaker.version,
).where(Speaker.deleted_at.is_(None))

SORTS = paging.sorts(Speaker.id, created_at=Speaker.created_at, updated_at=Speaker.updated_at, name=Speaker.name)


def one(connection: Connection, speaker_id: str) -> AnyRow:
    """Read one speaker."""
    return rows.one(connection, SPEAKERS.where(Speaker.id == speaker_id), "speaker")


def page(
    connection: Connection,
    *,
    window: Window,
    kind: SpeakerKind | None = None,
    name: str | None = None,
    updated_since: dt.datetime | None = None,
) -> Page:
    """Read a page of speakers; ``name`` finds aliases too."""
    statement = rows.narrowed(
        SPEAKERS,
        rows.equals(Speaker.kind, kind),
        None if name is None else Speaker.id.in_(ids_named(name)),
        rows.since(Speaker.updated_at, updated_since),
    )
    return paging.page(connection, statement, SORTS, window)


def ids_named(name: str) -> Select[str]:
    """Select the ids of the speakers who go by this name or alias, in any case and spacing."""
    return select(SpeakerName.speaker_id).where(SpeakerName.key == name_key(name))
