"""Create the table of relations between claims, and let a speaker say into whom it was merged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")
TYPES = ("contradicts", "supports", "qualifies", "supersedes", "same_as", "related")
INDEXES = (
    ("created_at", "id"),
    ("updated_at", "id"),
    ("source_id", "created_at", "id"),
    ("target_id", "created_at", "id"),
)
CONFLICTING = sa.text("deleted_at IS NULL AND content_supports > 0 AND content_contradicts > 0")


def upgrade() -> None:
    """Create the table with its indexes, the column, and an index of the claims whose evidence is at odds."""
    op.create_table(
        "relations",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column(
            "type",
            sa.Enum(*TYPES, name="type", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_relations_not_to_itself")),
        sa.ForeignKeyConstraint(["source_id"], ["claims.id"], name=op.f("fk_relations_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["claims.id"], name=op.f("fk_relations_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_relations_{'_'.join(columns)}"), "relations", list(columns))
    op.create_index(
        "uq_relations_pair", "relations", ["type", "pair"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index(
        "ix_claims_conflicting",
        "claims",
        ["created_at", "id"],
        sqlite_where=CONFLICTING,
        postgresql_where=CONFLICTING,
    )
    op.add_column("speakers", sa.Column("merged_into_id", ID, nullable=True))


def downgrade() -> None:
    """Drop them; the relations go with them, and speakers that were merged stay deleted."""
    op.drop_column("speakers", "merged_into_id")
    op.drop_index("ix_claims_conflicting", "claims")
    op.drop_table("relations")
