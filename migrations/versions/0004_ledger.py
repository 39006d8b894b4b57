"""Create the ledger of changes, which only grows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
KINDS = ("speaker", "topic", "source", "passage", "claim", "evidence")
ACTIONS = ("create", "update", "delete", "restore")

SQLITE_GUARD = """
CREATE TRIGGER changes_no_{what} BEFORE {what} ON changes
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
"""
POSTGRES_FUNCTION = """
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$
"""
POSTGRES_GUARD = """
CREATE TRIGGER changes_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger()
"""


def upgrade() -> None:
    """Create the table and its guards."""
    op.create_table(
        "changes",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("entity", _words(*KINDS, name="entity"), nullable=False),
        sa.Column("entity_id", ID, nullable=False),
        sa.Column("action", _words(*ACTIONS, name="action"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
    )
    op.create_index("ix_changes_entity_id_seq", "changes", ["entity_id", "seq"])
    op.create_index("ix_changes_entity_seq", "changes", ["entity", "seq"])
    for statement in _guards():
        op.execute(statement)


def downgrade() -> None:
    """Drop it; the history goes with it."""
    op.drop_table("changes")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_ledger()")


def _words(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _guards() -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        return [POSTGRES_FUNCTION, POSTGRES_GUARD]
    return [SQLITE_GUARD.format(what=what) for what in ("update", "delete")]
