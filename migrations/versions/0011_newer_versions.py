"""Let passages say where they stand in newer texts, and texts what they were made of; find sources by canonical URL."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PLACES = (
    sa.Column("now_version", sa.Integer(), nullable=True),
    sa.Column("now", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("orphaned_because", sa.Text(), nullable=True),
    sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("confirmed_by", sa.Text(), nullable=True),
)
ORIGINS = (
    sa.Column("content_type", sa.Text(), server_default="text/plain", nullable=False),
    sa.Column("given_sha256", sa.Text(), nullable=True),
)
ASTRAY = "anchor_state IN ('changed', 'orphaned')"


def upgrade() -> None:
    """Add the columns; no source has had a second version yet."""
    for column in PLACES:
        op.add_column("passages", column)
    for column in ORIGINS:
        op.add_column("source_versions", column)
    op.create_index("ix_sources_canonical_url", "sources", ["canonical_url"], postgresql_using="hash")
    _index_astray(f"{ASTRAY} AND confirmed_at IS NULL")


def downgrade() -> None:
    """Drop them, and with them where passages stand in newer texts; those stay, and so do the states."""
    _index_astray(ASTRAY)
    op.drop_index("ix_sources_canonical_url", "sources")
    for column in ORIGINS:
        op.drop_column("source_versions", column.name)
    for column in PLACES:
        op.drop_column("passages", column.name)


def _index_astray(condition: str) -> None:
    some = sa.text(condition)
    op.drop_index("ix_passages_astray", "passages")
    op.create_index("ix_passages_astray", "passages", ["anchor_state", "id"], sqlite_where=some, postgresql_where=some)
