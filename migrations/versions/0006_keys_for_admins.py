"""Add to keys who made them, when they were last used and what replaced them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; every key that there is was made at the command line, and is said to be made by it."""
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("created_by", sa.Text(), nullable=True))
        table.add_column(sa.Column("last_used_at", INSTANT, nullable=True))
        table.add_column(sa.Column("replaced_by_id", ID, nullable=True))
    op.execute("UPDATE api_keys SET created_by = 'claims-api'")
    with op.batch_alter_table("api_keys") as table:
        table.alter_column("created_by", existing_type=sa.Text(), nullable=False)
    _sort_names_by("C")


def downgrade() -> None:
    """Drop them; the keys stay, and those that a rotation gave time to go on until they expire."""
    _sort_names_by("default")
    with op.batch_alter_table("api_keys") as table:
        table.drop_column("replaced_by_id")
        table.drop_column("last_used_at")
        table.drop_column("created_by")


def _sort_names_by(collation: str) -> None:
    # SQLite sorts by code point anyway.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE api_keys ALTER COLUMN name TYPE text COLLATE "{collation}"')
