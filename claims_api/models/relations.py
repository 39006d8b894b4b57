"""Relations: what one claim is to another."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of, unique_among_live
from claims_api.models.words import SYMMETRIC, RelationType


class Relation(Recorded, Base):
    """One relation of one claim, its source, to another one, its target, kept as it was stated.

    ``pair`` is what it may be only once: the two ids as they were stated, or, where the type is symmetric, in rising
    order. It outlives its claims: it is shown while both of them are live, and so comes back with them.
    """

    __tablename__ = "relations"
    __table_args__ = (
        CheckConstraint("source_id <> target_id", name="not_to_itself"),
        unique_among_live("uq_relations_pair", "type", "pair"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "source_id", "created_at", "id"),
        Index(None, "target_id", "created_at", "id"),
    )

    source_id: Mapped[str] = mapped_column(db.Id, ForeignKey("claims.id"))
    target_id: Mapped[str] = mapped_column(db.Id, ForeignKey("claims.id"))
    type: Mapped[RelationType] = mapped_column(one_of(RelationType, "type"))
    pair: Mapped[str]
    note: Mapped[str | None]


def pair_of(kind: RelationType, source_id: str, target_id: str) -> str:
    """Return the ``pair`` of a relation, of which there is one live relation of a kind at most.

    It is the two ids with a space between them, in rising order where the kind is symmetric.
    """
    ends = [source_id, target_id]
    return " ".join(sorted(ends) if kind in SYMMETRIC else ends)
