"""The versions of a source's text, each kept exactly as it was given."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from claims_api import clock, db
from claims_api.models.passages import Passage
from claims_api.models.sources import PLAIN, Source, SourceVersion
from claims_api.services import ledger

_PASSAGES_OF = "passages of "


@dataclass(frozen=True)
class NewVersion:
    """A text as somebody gives it; ``given_sha256`` is that of the bytes, if the text was taken out of a file.

    ``retrieved_at`` is aware; now, where it is not given.
    """

    text: str
    retrieved_at: dt.datetime | None = None
    content_type: str = PLAIN
    given_sha256: str | None = None


def passages_lock(source_id: str) -> str:
    """Return the name of the advisory lock on the passages and versions of a source."""
    return f"{_PASSAGES_OF}{source_id}"


def passages_lock_sql(source_id: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return an SQL expression for that name, for the source of each row."""
    return literal(_PASSAGES_OF) + cast(source_id, Text)


def newest(session: Session, source: Source) -> SourceVersion | None:
    """Return the newest version, in whose text quotes are looked for; None for a source without text."""
    return session.scalar(
        select(SourceVersion).where(
            SourceVersion.source_id == source.id, SourceVersion.number == source.current_version
        )
    )


def current(session: Session, source_id: str) -> Any | None:
    """Return a row with the ``id`` and ``text`` of the newest version, without an entity; None for no text.

    ``has_older_passages`` tells whether passages may have been quoted before it.
    """
    return _CURRENT.first(session.connection(), source_id=source_id)


def keep(session: Session, source: Source, new: NewVersion, *, identity: str | None = None) -> SourceVersion:
    """Insert a text as the version whose number its source already names as its newest."""
    version = SourceVersion(
        id=identity,
        source_id=source.id,
        number=source.current_version,
        created_by=ledger.actor(session),
        **columns(new, clock.utcnow()),
    )
    session.add(version)
    session.flush()
    return version


def columns(new: NewVersion, now: dt.datetime) -> dict[str, Any]:
    """Return the columns of a new version's row that follow from its text, made at ``now`` (aware)."""
    return {
        "text": new.text,
        "sha256": sha256(new.text),
        "length": len(new.text),
        "content_type": new.content_type,
        "given_sha256": new.given_sha256,
        "retrieved_at": new.retrieved_at or now,
        "created_at": now,
    }


def lacking() -> Select[str]:
    """Select the ids of the sources, deleted or not, that lack one of their texts: 1 up to the newest."""
    newest, there = func.coalesce(Source.current_version, 0), func.count(SourceVersion.number)
    highest = func.coalesce(func.max(SourceVersion.number), 0)
    each = select(Source.id).outerjoin(SourceVersion, SourceVersion.source_id == Source.id)
    return each.group_by(Source.id, Source.current_version).having(or_(there != newest, highest != newest))


def sha256(text: str | bytes) -> str:
    """Return the SHA-256 of bytes, or of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


_HAS_UNVERIFIED = exists().where(
    Passage.source_id == Source.id, func.coalesce(Passage.start, literal_column("-1")) == literal_column("-1")
)
_CURRENT = db.Prepared(
    select(
        SourceVersion.id,
        SourceVersion.text,
        or_(SourceVersion.number > literal_column("1"), _HAS_UNVERIFIED).label("has_older_passages"),
    )
    .join(Source, (Source.id == SourceVersion.source_id) & (Source.current_version == SourceVersion.number))
    .where(Source.id == bindparam("source_id"))
)
