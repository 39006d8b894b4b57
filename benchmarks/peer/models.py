"""The peer's tables."""

import datetime as dt
import uuid

from sqlalchemy import DateTime, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # it has no clock of its own


def _id() -> str:
    return str(uuid.uuid4())


class Base(DeclarativeBase):
    """The mapped classes."""

    type_annotation_map = {dt.datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's own way


class Speaker(Base):
    """Who claims something."""

    __tablename__ = "speakers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_id)
    name: Mapped[str] = mapped_column(String(500), index=True)


class Source(Base):
    """A text that can be cited."""

    __tablename__ = "sources"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_id)
    title: Mapped[str] = mapped_column(String(500))
    url: Mapped[str] = mapped_column(Text, unique=True)
    publisher: Mapped[str | None] = mapped_column(String(500))
    published_at: Mapped[str | None] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)


class Passage(Base):
    """A stretch of a source."""

    __tablename__ = "passages"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_id)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    exact: Mapped[str] = mapped_column(Text)
    source: Mapped[Source] = relationship()


class Claim(Base):
    """Something that is said."""

    __tablename__ = "claims"
    __table_args__ = (Index("ix_claims_speaker", "speaker_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_id)
    text: Mapped[str] = mapped_column(Text)
    speaker_id: Mapped[str] = mapped_column(ForeignKey("speakers.id"))
    status: Mapped[str] = mapped_column(String(20), default="draft")
    created_at: Mapped[dt.datetime] = mapped_column(default=_now)
    updated_at: Mapped[dt.datetime] = mapped_column(default=_now, onupdate=_now)
    speaker: Mapped[Speaker] = relationship()
    evidence: Mapped[list["Evidence"]] = relationship(back_populates="claim", order_by="Evidence.id")


class Evidence(Base):
    """What a passage does to a claim."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("claim_id", "passage_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=_id)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"))
    passage_id: Mapped[str] = mapped_column(ForeignKey("passages.id"), index=True)
    stance: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    claim: Mapped[Claim] = relationship(back_populates="evidence")
    passage: Mapped[Passage] = relationship()


# What search needs beside the tables.
SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE claims_fts USING fts5(text, content='claims', content_rowid='rowid')",
        "CREATE TRIGGER claims_ai AFTER INSERT ON claims BEGIN"
        " INSERT INTO claims_fts(rowid, text) VALUES (new.rowid, new.text); END",
        "CREATE TRIGGER claims_au AFTER UPDATE OF text ON claims BEGIN"
        " INSERT INTO claims_fts(claims_fts, rowid, text) VALUES ('delete', old.rowid, old.text);"
        " INSERT INTO claims_fts(rowid, text) VALUES (new.rowid, new.text); END",
    ),
    "postgresql": (
        "ALTER TABLE claims ADD COLUMN tsv tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED",
        "CREATE INDEX ix_claims_tsv ON claims USING gin (tsv)",
    ),
}
