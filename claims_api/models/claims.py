"""Claims, and the counts of their evidence."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of
from claims_api.models.words import ClaimStatus, ClaimType

_ASSESSED = "assessed_supported + assessed_refuted + assessed_conflicting_evidence + assessed_not_enough_evidence"
_OPEN = "status != 'archived' AND deleted_at IS NULL"


def _index_of(name: str, condition: str) -> Index:
    """Return a partial index of the claims that meet a condition of ``queries``, in the order of listings."""
    return Index(name, "created_at", "id", sqlite_where=text(condition), postgresql_where=text(condition))


_APPEARED = text("first_appearance_id IS NOT NULL")
_CONFLICTING = text("deleted_at IS NULL AND content_supports > 0 AND content_contradicts > 0")


def _count() -> Mapped[int]:
    return mapped_column(default=0)


def _later_count() -> Mapped[int]:
    # With a default of the database's: so a column is added to many claims at once.
    return mapped_column(default=0, server_default="0")


class Claim(Recorded, Base):
    """Something that somebody says is so.

    The counts per basis are kept with the claim, in the transaction that changes its evidence, so that lists,
    filters and the derived assessment need no aggregation. The assessment itself is not stored anywhere. Beside them
    stands how many reviewers hold each verdict at present.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "speaker_id", "created_at", "id"),
        Index("ix_claims_dated", text("coalesce(claim_date, '')"), "id"),
        # A hash: on Postgres the longest texts would not fit into an ordered index.
        Index(None, "text", postgresql_using="hash"),
        Index(None, "first_appearance_id", sqlite_where=_APPEARED, postgresql_where=_APPEARED),
        _index_of("ix_claims_assessed", f"{_ASSESSED} > 0"),
        _index_of("ix_claims_needs_evidence", f"content_passages + attribution_passages = 0 AND {_OPEN}"),
        _index_of(
            "ix_claims_needs_second_origin",
            f"content_supports + content_contradicts > 0 AND (content_origins < 2 OR content_mentions > 0) AND {_OPEN}",
        ),
        _index_of(
            "ix_claims_needs_content_evidence",
            f"content_supports + content_contradicts = 0 AND attribution_passages > 0 AND {_OPEN}",
        ),
        _index_of("ix_claims_needs_assessment", f"{_ASSESSED} = 0 AND {_OPEN}"),
        Index("ix_claims_conflicting", "created_at", "id", sqlite_where=_CONFLICTING, postgresql_where=_CONFLICTING),
    )

    text: Mapped[str]
    speaker_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("speakers.id"))
    claim_date: Mapped[str | None] = mapped_column(db.SortedText)
    claim_type: Mapped[ClaimType | None] = mapped_column(one_of(ClaimType, "claim_type"))
    language: Mapped[str | None]
    location: Mapped[str | None]
    status: Mapped[ClaimStatus] = mapped_column(one_of(ClaimStatus, "status"))
    first_appearance_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("passages.id"))

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

    assessed_supported: Mapped[int] = _later_count()
    assessed_refuted: Mapped[int] = _later_count()
    assessed_conflicting_evidence: Mapped[int] = _later_count()
    assessed_not_enough_evidence: Mapped[int] = _later_count()
