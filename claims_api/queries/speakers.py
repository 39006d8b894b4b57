"""Reading speakers."""

from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.queries import paging
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
    Speaker.merged_into_id,
    Speaker.created_at,
    Speaker.updated_at,
    Speaker.created_by,
    Speaker.version,
    Speaker.deleted_at,
)

SORTS = paging.sorts(Speaker.id, created_at=Speaker.created_at, updated_at=Speaker.updated_at, name=Speaker.name)


def ids_named(key: Any, names: type[SpeakerName] = SpeakerName) -> Select[str]:
    """Select the ids of the speakers who go by the name or alias whose ``text.name_key`` is given."""
    return select(names.speaker_id).where(names.key == key)


def known_id(connection: Connection, name: str | None, speaker_id: str | None) -> str | None:
    """Return the id that is given, or that of the speaker with this name, of several the oldest; None for nobody."""
    if speaker_id is not None or name is None:
        return speaker_id
    return connection.execute(_ELDEST, {"name": name_key(name)}).scalar()


LISTING = Listing(
    SPEAKERS,
    SORTS,
    {
        "kind": Speaker.kind == bindparam("kind"),
        "name": Speaker.id.in_(ids_named(bindparam("name"))),
        "updated_since": Speaker.updated_at >= bindparam("updated_since"),
    },
    live=Speaker.deleted_at.is_(None),
)


def one(connection: Connection, speaker_id: str, *, include_deleted: bool = False) -> AnyRow:
    """Read one speaker; ``NotFound`` where there is none."""
    return LISTING.one(connection, "speaker", speaker_id, include_deleted=include_deleted)


def page(
    connection: Connection, *, window: Window, name: str | None = None, include_deleted: bool = False, **filters: Any
) -> Page:
    """Read a page of speakers; ``name`` finds aliases too. Raises ``Malformed`` for a cursor of another listing."""
    values = {**filters, "name": name and name_key(name)}
    return LISTING.page(connection, window, values, include_deleted=include_deleted)


_ELDEST = (
    select(Speaker.id)
    .where(Speaker.id.in_(ids_named(bindparam("name"))), Speaker.deleted_at.is_(None))
    .order_by(Speaker.created_at, Speaker.id)
    .limit(1)
)
