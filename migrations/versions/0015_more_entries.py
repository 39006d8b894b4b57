"""Let Postgres number entries of search beyond 2,147,483,647: each changed text takes new numbers."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("search_claims", "search_passages", "search_sources", "search_sections")


def upgrade() -> None:
    """Widen ids and their sequences; the tables, which are locked meanwhile, are written anew by that."""
    _number_by("bigint")


def downgrade() -> None:
    """Go back; Postgres refuses that where a number does not fit any more."""
    _number_by("integer")


def _number_by(kind: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite's have 64 bits
    for name in TABLES:
        op.execute(f"ALTER SEQUENCE {name}_id_seq AS {kind}")
        op.execute(f"ALTER TABLE {name} ALTER COLUMN id TYPE {kind}")
