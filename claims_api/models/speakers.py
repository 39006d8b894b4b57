"""Speakers: those who make claims, and those whom passages quote."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of
from claims_api.models.words import SpeakerKind


class Speaker(Recorded, Base):
    """A person, an organization, a group, or somebody whom a source leaves unnamed.

    One that was merged into another is deleted, and ``merged_into_id`` says into whom.
    """

    __tablename__ = "speakers"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "name", "id"),
        Index(None, "updated_at", "id"),
    )

    name: Mapped[str] = mapped_column(db.SortedText)
    kind: Mapped[SpeakerKind] = mapped_column(one_of(SpeakerKind, "kind"))
    aliases: Mapped[list[str]] = mapped_column(db.Json)
    job_title: Mapped[str | None]
    affiliation: Mapped[str | None]
    same_as: Mapped[str | None]
    merged_into_id: Mapped[str | None] = mapped_column(db.Id)


class SpeakerName(Base):
    """A name or alias of a speaker as it is looked up: its ``text.name_key``, which ignores case and spacing."""

    __tablename__ = "speaker_names"

    speaker_id: Mapped[str] = mapped_column(db.Id, ForeignKey("speakers.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True, index=True)
