"""Evidence: what a passage does to a claim."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of, unique_among_live
from claims_api.models.words import Basis, Stance

_STATED = text("stated_by_id IS NOT NULL")


class Evidence(Recorded, Base):
    """One link between one claim and one passage; links of one ``group`` count as one.

    ``credibility`` is by the numbers of the Admiralty scale: 1 confirmed, 5 improbable, 6 not judged.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("credibility BETWEEN 1 AND 6", name="credibility"),
        unique_among_live("uq_evidence_link", "claim_id", "passage_id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "claim_id", "created_at", "id"),
        # Most are nobody's words but the source's.
        Index(None, "stated_by_id", "created_at", "id", sqlite_where=_STATED, postgresql_where=_STATED),
    )

    claim_id: Mapped[str] = mapped_column(db.Id, ForeignKey("claims.id"))
    passage_id: Mapped[str] = mapped_column(db.Id, ForeignKey("passages.id"), index=True)
    stance: Mapped[Stance] = mapped_column(one_of(Stance, "stance"))
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    stated_by_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("speakers.id"))
    group: Mapped[str | None]
    note: Mapped[str | None]
    credibility: Mapped[int | None]
