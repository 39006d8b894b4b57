"""Sources; their text is in ``services.versions``."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.errors import Duplicate, Invalid, Path
from claims_api.models.passages import Passage
from claims_api.models.sources import PLAIN, Source, SourceVersion
from claims_api.models.words import Reliability, SourceType
from claims_api.services import records, versions
from claims_api.services.canonical_urls import canonical_of
from claims_api.services.versions import NewVersion


@dataclass(frozen=True)
class NewSource:
    """A source as somebody states it; ``text`` becomes its first version."""

    title: str | None = None
    text: str | None = None
    content_type: str = PLAIN
    given_sha256: str | None = None
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


def create(session: Session, new: NewSource, *, identity: str | None = None, allow_duplicate: bool = False) -> Source:
    """Keep a new source, with its text as version 1 where it has one.

    Raises ``Invalid`` for one without a title; ``Duplicate`` where a source of the same canonical URL is there, or one
    that has, or once had, the same text, unless that is allowed.
    """
    stated = columns(new)
    if not allow_duplicate:
        path = "url" if new.canonical_url is None else "canonical_url"
        _refuse_second_address(session, stated["canonical_url"], path)
        _refuse_second_text(session, new.text)
    source = Source(id=identity, **stated)
    session.add(source)
    session.flush()
    if new.text is not None:
        versions.keep(session, source, first_version(new))
    return source


def columns(new: NewSource) -> dict[str, Any]:
    """Return the columns of a source's row for what is stated; ``Invalid`` where that has no title."""
    if new.title is None:
        raise Invalid("Give `title`: there is none to take out of the text.", path=("title",))
    return {
        "title": new.title,
        "url": new.url,
        "canonical_url": canonical_of(new.canonical_url, new.url),
        "archived_url": new.archived_url,
        "publisher": new.publisher,
        "authors": new.authors,
        "published_at": new.published_at,
        "language": new.language,
        "type": new.type,
        "reliability": new.reliability,
        "current_version": None if new.text is None else 1,
    }


def first_version(new: NewSource) -> NewVersion:
    """Return the first version of a source that has a text."""
    return NewVersion(str(new.text), new.retrieved_at, new.content_type, new.given_sha256)


def update(session: Session, source_id: str, changes: Mapping[str, Any]) -> Source:
    """Change what is known about a source; its text is never changed.

    A canonical URL that followed from the URL follows from the new one. Raises ``NotFound`` for an unknown source.
    """
    source = records.live(session, Source, source_id)
    canonical = source.canonical_url
    stated = changes.get("canonical_url", None if canonical == canonical_of(None, source.url) else canonical)
    records.update(source, {**changes, "canonical_url": canonical_of(stated, changes.get("url", source.url))})
    session.flush()
    return source


def complete(session: Session) -> int:
    """Recompute canonical URLs by the present rules, which may be newer than the sources; return how many changed.

    What is deleted stays as it was, and gets its own when it is restored: a change would tell of another deletion.
    """
    stated = select(Source.id, Source.canonical_url, Source.url).where(
        or_(Source.canonical_url.is_not(None), Source.url.is_not(None)), Source.deleted_at.is_(None)
    )
    rows = session.execute(stated, execution_options={"yield_per": 500})
    behind = [each.id for each in rows if _is_behind(each)]
    for batch in db.batches(sorted(behind)):
        these = select(Source).where(Source.id.in_(batch), Source.deleted_at.is_(None)).order_by(Source.id)
        for source in session.scalars(db.for_update(these)):
            records.update(source, {"canonical_url": canonical_of(source.canonical_url, source.url)})
    return len(behind)


def delete(session: Session, source_id: str) -> None:
    """Delete a source; ``NotFound`` for an unknown one, and ``InUse`` where passages of it are kept."""
    source = records.live(session, Source, source_id)
    records.refuse_if_cited(
        session,
        passage=select(Passage.id).where(Passage.source_id == source_id, Passage.deleted_at.is_(None)),
    )
    records.delete(source)


def restore(session: Session, source_id: str) -> Source:
    """Bring a source back, with its canonical URL by the present rules; ``NotFound`` where there never was one."""
    source = records.kept(session, Source, source_id)
    records.restore(source)
    records.update(source, {"canonical_url": canonical_of(source.canonical_url, source.url)})
    return source


def _is_behind(source: Any) -> bool:
    return bool(source.canonical_url != canonical_of(source.canonical_url, source.url))


def _refuse_second_address(session: Session, canonical: str | None, field_name: str) -> None:
    if canonical is None:
        return
    db.lock_name(session, f"source at {canonical}")
    same = select(Source.id).where(Source.canonical_url == canonical)
    _refuse(session, same, "A source with this canonical URL", (field_name,))


def _refuse_second_text(session: Session, text: str | None) -> None:
    if text is None:
        return
    sha256 = versions.sha256(text)
    db.lock_name(session, f"source with text {sha256}")
    same = select(Source.id).join(SourceVersion, SourceVersion.source_id == Source.id)
    _refuse(session, same.where(SourceVersion.sha256 == sha256), "A source with this very text", ("text",))


def _refuse(session: Session, same: Select[str], what: str, path: Path) -> None:
    existing = session.scalar(same.where(Source.deleted_at.is_(None)).order_by(Source.id).limit(1))
    if existing is not None:
        detail = f"{what} is there already. Use that one, or say `allow_duplicate=true`."
        raise Duplicate(detail, path=path, existing={"id": existing})
