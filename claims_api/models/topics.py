"""Topics: what claims are about."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, unique_among_live


class Topic(Recorded, Base):
    """A subject under which claims are filed; ``key`` is its name's ``text.name_key``, unique among live topics."""

    __tablename__ = "topics"
    __table_args__ = (
        unique_among_live("uq_topics_key", "key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),
    )

    name: Mapped[str] = mapped_column(db.SortedText)
    key: Mapped[str]
    description: Mapped[str | None]


class ClaimTopic(Base):
    """That a claim is about a topic."""

    __tablename__ = "claim_topics"

    claim_id: Mapped[str] = mapped_column(db.Id, ForeignKey("claims.id"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(db.Id, ForeignKey("topics.id"), primary_key=True, index=True)
