"""Reading speakers."""

from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.queries import paging, rows
from claims_api.queries.paging import Listing, Page, Window
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

ONE = SPEAKERS.where(Speaker.id == bindparam("id"))

SORTS = paging.sorts(Speaker.id, created_at=Speaker.created_at, updated_at=Speaker.updated_at, name=Speaker.name)


def ids_named(key: Any) -> Select[str]:
    """Select the ids of the speakers who go by the name or alias whose ``text.name_key`` is given."""
    return select(SpeakerName.speaker_id).where(SpeakerName.key == key)


LISTING = Listing(
    SPEAKERS,
    SORTS,
    {
        "kind": Speaker.kind == bindparam("kind"),
        "name": Speaker.id.in_(ids_named(bindparam("name"))),
        "updated_since": Speaker.updated_at >= bindparam("updated_since"),
    },
)


def one(connection: Connection, speaker_id: str) -> AnyRow:
    """Read one speaker."""
    return rows.one(connection, ONE, "speaker", id=speaker_id)


def page(connection: Connection, *, window: Window, name: str | None = None, **filters: Any) -> Page:
    """Read a page of speakers; ``name`` finds aliases too."""
    return LISTING.page(connection, window, {**filters, "name": name and name_key(name)})
