"""Give every documented order an index, and the lists of a publisher and of whom a quote is by theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What is unknown stands first, so that it has a place in the order.
DATED = sa.text("coalesce(claim_date, '')")
PUBLISHED = sa.text("coalesce(published_at, '')")
START = sa.text("coalesce(start, -1)")
MADE = (
    ("ix_claims_dated", "claims", (DATED, "id")),
    ("ix_sources_published", "sources", (PUBLISHED, "id")),
    ("ix_sources_publisher_created_at_id", "sources", ("publisher", "created_at", "id")),
    ("ix_passages_start", "passages", (START, "id")),
    ("ix_passages_source_id_start", "passages", ("source_id", START, "id")),
    ("ix_evidence_stated_by_id_created_at_id", "evidence", ("stated_by_id", "created_at", "id")),
    ("ix_api_keys_created_at_id", "api_keys", ("created_at", "id")),
    ("ix_api_keys_name_id", "api_keys", ("name", "id")),
)
REPLACED = (
    ("ix_claims_claim_date_id", "claims", ("claim_date", "id"), None),
    ("ix_sources_publisher", "sources", ("publisher",), "hash"),
    ("ix_passages_source_id_start_id", "passages", ("source_id", "start", "id"), None),
    ("ix_evidence_stated_by_id", "evidence", ("stated_by_id",), None),
)


def upgrade() -> None:
    """Make them before the ones that they replace are dropped."""
    for name, table, columns in MADE:
        op.create_index(name, table, list(columns))
    for name, table, _, _ in REPLACED:
        op.drop_index(name, table)


def downgrade() -> None:
    """Go back to the ones that there were."""
    for name, table, columns, kind in REPLACED:
        op.create_index(name, table, list(columns), postgresql_using=kind)
    for name, table, _ in reversed(MADE):
        op.drop_index(name, table)
