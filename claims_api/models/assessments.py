"""Assessments: what people conclude of a claim."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of
from claims_api.models.words import Verdict


class Assessment(Recorded, Base):
    """One reviewer's verdict on one claim at one moment; it is never changed, since a changed mind is a new one.

    ``reviewer_key`` is the ``text.name_key`` of the reviewer, by which assessments of one reviewer are told.
    """

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint(
            "worst_rating < best_rating AND worst_rating <= rating_value AND rating_value <= best_rating",
            name="rating",
        ),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "assessed_at", "id"),
        Index(None, "claim_id", "reviewer_key", "assessed_at", "id"),
        Index(None, "reviewer_key", "created_at", "id"),
    )

    claim_id: Mapped[str] = mapped_column(db.Id, ForeignKey("claims.id"))
    verdict: Mapped[Verdict] = mapped_column(one_of(Verdict, "verdict"))
    rating_label: Mapped[str | None]
    rating_value: Mapped[float | None]
    best_rating: Mapped[float | None]
    worst_rating: Mapped[float | None]
    explanation: Mapped[str | None]
    review_url: Mapped[str | None]
    reviewer: Mapped[str]
    reviewer_key: Mapped[str]
    assessed_at: Mapped[dt.datetime]
