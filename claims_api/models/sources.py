"""Sources, and the versions of their text."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db, ids
from claims_api.models.base import Base, Recorded, one_of
from claims_api.models.words import Reliability, SourceType

PLAIN = "text/plain"


class Source(Recorded, Base):
    """Something that can be cited; only its title is sure to be known.

    ``current_version`` is the number of its newest text, null for a source without one.
    ``published_at`` is kept as precisely as it was stated: articles often give no time zone, or no time.
    """

    __tablename__ = "sources"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "title", "id"),
        # Hashes: on Postgres the longest URLs would not fit into an ordered index.
        Index(None, "url", postgresql_using="hash"),
        Index(None, "canonical_url", postgresql_using="hash"),
        Index(None, "publisher", "created_at", "id"),
        Index("ix_sources_published", text("coalesce(published_at, '')"), "id"),
    )

    title: Mapped[str] = mapped_column(db.SortedText)
    url: Mapped[str | None]
    canonical_url: Mapped[str | None]
    archived_url: Mapped[str | None]
    publisher: Mapped[str | None]
    authors: Mapped[list[str]] = mapped_column(db.Json)
    published_at: Mapped[str | None] = mapped_column(db.SortedText)
    language: Mapped[str | None]
    type: Mapped[SourceType | None] = mapped_column(one_of(SourceType, "type"))
    reliability: Mapped[Reliability | None] = mapped_column(one_of(Reliability, "reliability"))
    current_version: Mapped[int | None]


class SourceVersion(Base):
    """A text exactly as it was given, for ever; ``length`` counts Unicode code points.

    ``sha256`` is that of its UTF-8 bytes, in hexadecimal. Where something else was given, such as HTML,
    ``content_type`` says what, and ``given_sha256`` is that of its bytes.
    """

    __tablename__ = "source_versions"
    __table_args__ = (
        UniqueConstraint("source_id", "number"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: Mapped[str] = mapped_column(db.Id, primary_key=True, default=ids.new_id)
    source_id: Mapped[str] = mapped_column(db.Id, ForeignKey("sources.id"))
    number: Mapped[int]
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    length: Mapped[int]
    content_type: Mapped[str] = mapped_column(default=PLAIN, server_default=PLAIN)
    given_sha256: Mapped[str | None]
    retrieved_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
