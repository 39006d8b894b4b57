"""Create the table of assessments by people, the counts of them on claims, and the indexes of what claims need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)
VERDICTS = ("supported", "refuted", "conflicting_evidence", "not_enough_evidence")
INDEXES = (
    ("created_at", "id"),
    ("updated_at", "id"),
    ("assessed_at", "id"),
    ("claim_id", "reviewer_key", "assessed_at", "id"),
    ("reviewer_key", "created_at", "id"),
)
ASSESSED = " + ".join(f"assessed_{verdict}" for verdict in VERDICTS)
OPEN = "status != 'archived' AND deleted_at IS NULL"
BEARING = "content_supports + content_contradicts"
INDEXES_OF_CLAIMS = {
    "ix_claims_assessed": f"{ASSESSED} > 0",
    "ix_claims_needs_evidence": f"content_passages + attribution_passages = 0 AND {OPEN}",
    "ix_claims_needs_second_origin": f"{BEARING} > 0 AND (content_origins < 2 OR content_mentions > 0) AND {OPEN}",
    "ix_claims_needs_content_evidence": f"{BEARING} = 0 AND attribution_passages > 0 AND {OPEN}",
    "ix_claims_needs_assessment": f"{ASSESSED} = 0 AND {OPEN}",
}


def upgrade() -> None:
    """Create them; no claim was assessed yet, so that all counts are 0."""
    op.create_table(
        "assessments",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(*VERDICTS, name="verdict", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rating_label", sa.Text(), nullable=True),
        sa.Column("rating_value", sa.Double(), nullable=True),
        sa.Column("best_rating", sa.Double(), nullable=True),
        sa.Column("worst_rating", sa.Double(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("review_url", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("assessed_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "worst_rating < best_rating AND worst_rating <= rating_value AND rating_value <= best_rating",
            name=op.f("ck_assessments_rating"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_assessments_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_assessments_{'_'.join(columns)}"), "assessments", list(columns))
    for verdict in VERDICTS:
        op.add_column("claims", sa.Column(f"assessed_{verdict}", sa.Integer(), server_default="0", nullable=False))
    for name, condition in INDEXES_OF_CLAIMS.items():
        _index_some("claims", name, ["created_at", "id"], condition)
    _index_some("passages", "ix_passages_astray", ["anchor_state", "id"], "anchor_state IN ('changed', 'orphaned')")


def downgrade() -> None:
    """Drop them; the assessments go with their table."""
    op.drop_index("ix_passages_astray", "passages")
    for name in INDEXES_OF_CLAIMS:
        op.drop_index(name, "claims")
    for verdict in VERDICTS:
        op.drop_column("claims", f"assessed_{verdict}")
    op.drop_table("assessments")


def _index_some(table: str, name: str, columns: list[str], condition: str) -> None:
    some = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)
