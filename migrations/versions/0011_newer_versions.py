"""Let passages say where they stand in newer texts, and texts what they were made of; find sources by canonical URL."""

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
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


PASSAGES = sa.table("passages", sa.column("id", ID), *(sa.column(each.name, each.type) for each in PLACES))
CHANGES = sa.table("changes", sa.column("seq"), sa.column("entity_id", ID), sa.column("state", sa.JSON()))


def upgrade() -> None:
    """Add the columns, and fill them from the ledger: only a database that was downgraded has newer texts already."""
    for column in PLACES:
        op.add_column("passages", column)
    _fill()
    for column in ORIGINS:
        op.add_column("source_versions", column)
    op.create_index("ix_sources_canonical_url", "sources", ["canonical_url"], postgresql_using="hash")
    _index_astray(f"{ASTRAY} AND confirmed_at IS NULL")


def downgrade() -> None:
    """Drop them; the ledger keeps where passages stand in newer texts, but not what a text was taken out of."""
    _index_astray(ASTRAY)
    op.drop_index("ix_sources_canonical_url", "sources")
    for column in ORIGINS:
        op.drop_column("source_versions", column.name)
    for column in PLACES:
        op.drop_column("passages", column.name)


def _fill() -> None:
    newest = sa.select(sa.func.max(CHANGES.c.seq)).group_by(CHANGES.c.entity_id)
    told = sa.select(CHANGES.c.entity_id, CHANGES.c.state).where(
        CHANGES.c.seq.in_(newest), CHANGES.c.state["now_version"].as_string().is_not(None)
    )
    for entity_id, state in op.get_bind().execute(told).all():
        moment = state["confirmed_at"] and dt.datetime.fromisoformat(state["confirmed_at"])
        values = {each.name: state[each.name] for each in PLACES} | {"confirmed_at": moment}
        op.execute(sa.update(PASSAGES).where(PASSAGES.c.id == entity_id).values(values))


def _index_astray(condition: str) -> None:
    some = sa.text(condition)
    op.drop_index("ix_passages_astray", "passages")
    op.create_index("ix_passages_astray", "passages", ["anchor_state", "id"], sqlite_where=some, postgresql_where=some)
