"""Claims, and the counts of their evidence."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of
from claims_api.models.words import ClaimStatus, ClaimType


def _count() -> Mapped[int]:
    return mapped_column(default=0)


class Claim(Recorded, Base):
    """Something that somebody says is so.

    The counts per basis are kept with the claim, in the transaction that changes its evidence, so that lists,
    filters and the derived assessment need no aggregation. The assessment itself is not stored anywhere.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "speaker_id", "created_at", "id"),
        Index(None, "claim_date", "id"),
        # A hash: on Postgres the longest texts would not fit into an ordered index.
        Index(None, "text", postgresql_using="hash"),
    )

    text: Mapped[str]
    speaker_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("speakers.id"))
    claim_date: Mapped[str | None] = mapped_column(db.SortedText)
    claim_type: Mapped[ClaimType | None] = mapped_column(one_of(ClaimType, "claim_type"))
    language: Mapped[str | None]
    location: Mapped[str | None]
    status: Mapped[ClaimStatus] = mapped_column(one_of(ClaimStatus, "status"))
    first_appearance_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("passages.id"), index=True)

    content_supports: Mapped[int] = _count()
    content_contradicts: Mapped[int] = _count()
    content_mentions: Mapped[int] = _count()
    content_passages: Mapped[int] = _count()
    content_sources: Mapped[int] = _count()
    content_origins: Mapped[int] = _count()
    attribution_supports: Mapped[int] = _count()
    attribution_contradicts: Mapped[int] = _count()
    attribution_mentions: Mapped[int] = _count()
    attribution_passages: Mapped[int] = _count()
    attribution_sources: Mapped[int] = _count()
    attribution_origins: Mapped[int] = _count()
