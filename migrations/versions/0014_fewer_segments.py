"""Have SQLite's full-text indexes merged sooner: a word is looked up in each of their segments."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("search_claims", "search_passages", "search_sources", "search_sections")
# FTS5's options, each with ours and what it has by itself.
OPTIONS = (("automerge", 2, 4), ("crisismerge", 8, 16))


def upgrade() -> None:
    """Set the options, by which later writes go."""
    for option, ours, _ in OPTIONS:
        _set(option, ours)


def downgrade() -> None:
    """Go back to FTS5's own."""
    for option, _, usual in OPTIONS:
        _set(option, usual)


def _set(option: str, value: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TABLES:
            op.execute(f"INSERT INTO {name}_index ({name}_index, rank) VALUES ('{option}', {value})")  # noqa: S608  # names of ours
