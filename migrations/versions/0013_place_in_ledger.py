"""Let Postgres give a place in the ledger by one message, and keep what is unknown out of two indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Each statement of a volatile function sees what was committed before it began: the second, whatever the one had
# committed that the first waited for.
FUNCTION = """
CREATE FUNCTION place_in_ledger(name text, OUT seq bigint, OUT at timestamptz, OUT now timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 0));
    SELECT changes.seq, changes.at INTO seq, at FROM changes ORDER BY changes.seq DESC LIMIT 1;
    now := clock_timestamp();
END $$
"""
INDEXES = (
    ("ix_claims_first_appearance_id", "claims", ("first_appearance_id",)),
    ("ix_evidence_stated_by_id_created_at_id", "evidence", ("stated_by_id", "created_at", "id")),
)


def upgrade() -> None:
    """Make the function where many write at once, and the indexes anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)
    for name, table, columns in INDEXES:
        is_known = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, list(columns), sqlite_where=is_known, postgresql_where=is_known)


def downgrade() -> None:
    """Go back to what there was."""
    for name, table, columns in reversed(INDEXES):
        op.drop_index(name, table)
        op.create_index(name, table, list(columns))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION place_in_ledger(text)")
