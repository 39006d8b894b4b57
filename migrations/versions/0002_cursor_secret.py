"""Make the secret that cursors are signed with, one for each installation."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = sa.table("secrets", sa.column("name", sa.Text()), sa.column("value", sa.Text()))


def upgrade() -> None:
    """Insert the secret."""
    op.execute(sa.insert(TABLE).values(name="cursor", value=secrets.token_urlsafe(32)))


def downgrade() -> None:
    """Delete it; cursors that were given out are refused from then on."""
    op.execute(sa.delete(TABLE).where(TABLE.c.name == "cursor"))
