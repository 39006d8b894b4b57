"""Let the ledger tell of assessments and of relations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KINDS = ("speaker", "topic", "source", "passage", "claim", "evidence", "assessment", "relation")
SQLITE_GUARDS = (
    "CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
    "CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
    "CREATE TRIGGER changes_no_replace BEFORE INSERT ON changes"
    " WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM changes)"
    " BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
)


def upgrade() -> None:
    """Widen the closed list of kinds."""
    condition = f"entity IN ({', '.join(repr(kind) for kind in KINDS)})"
    # SQLite makes the whole table anew, and its triggers go with the old one.
    with op.batch_alter_table("changes") as changes:
        changes.drop_constraint(op.f("ck_changes_entity"), type_="check")
        changes.create_check_constraint(op.f("ck_changes_entity"), sa.text(condition))
    if op.get_bind().dialect.name == "sqlite":
        for guard in SQLITE_GUARDS:
            op.execute(guard)


def downgrade() -> None:
    """Leave the list wide: nothing can take out of the ledger what it tells of the new kinds."""
