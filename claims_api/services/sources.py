"""Sources; their text is in ``services.versions``."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.words import Reliability, SourceType
from claims_api.services import records, versions
from claims_api.services.versions import NewVersion


@dataclass(frozen=True)
class NewSource:
    """A source as somebody states it; ``text`` becomes its first version."""

    title: str
    text: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    archived_url: str | None = None
    publisher: str | None = None
    authors: list[str] = field(default_factory=list)
    published_at: str | None = None
    language: str | None = None
    type: SourceType | None = None
    reliability: Reliability | None = None
    retrieved_at: dt.datetime | None = None


def create(session: Session, new: NewSource, *, actor: str, identity: str | None = None) -> Source:
    """Keep a new source, with its text as version 1 where it has one."""
    source = Source(id=identity, **columns(new), created_by=actor)
    session.add(source)
    session.flush()
    if new.text is not None:
        versions.keep(session, source, NewVersion(new.text, retrieved_at=new.retrieved_at), actor=actor)
    return source


def columns(new: NewSource) -> dict[str, Any]:
    """Return what a source's row says of what is stated."""
    return {
        "title": new.title,
        "url": new.url,
        "canonical_url": new.canonical_url,
        "archived_url": new.archived_url,
        "publisher": new.publisher,
        "authors": new.authors,
        "published_at": new.published_at,
        "language": new.language,
        "type": new.type,
        "reliability": new.reliability,
        "current_version": None if new.text is None else 1,
    }


def update(session: Session, source_id: str, changes: Mapping[str, Any]) -> Source:
    """Change what is known about a source; its text is never changed."""
    source = records.live(session, Source, source_id)
    records.update(source, changes)
    session.flush()
    return source


def delete(session: Session, source_id: str) -> None:
    """Delete a source of which no passage is kept."""
    source = records.live(session, Source, source_id)
    records.refuse_if_cited(
        session,
        passage=select(Passage.id).where(Passage.source_id == source_id, Passage.deleted_at.is_(None)),
    )
    records.delete(source)


def restore(session: Session, source_id: str) -> Source:
    """Bring a source back."""
    source = records.kept(session, Source, source_id)
    records.restore(source)
    return source
