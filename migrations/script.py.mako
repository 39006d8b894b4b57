"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# Postgres: adding a column with a constant default is instant; a new index on a large table is built with
# postgresql_concurrently in a migration of its own; never hold a lock while moving data.


def upgrade() -> None:
    """Say in one sentence what this does."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo it, or say why it cannot be undone."""
    ${downgrades if downgrades else "pass"}
