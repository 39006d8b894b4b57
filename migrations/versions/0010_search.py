"""Create the tables of what search finds, with their full-text indexes, and find claims by their whole text."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
WORDS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
TABLES = ("search_claims", "search_passages", "search_sources", "search_sections")
FTS5 = (
    "CREATE VIRTUAL TABLE {name}_index USING fts5(words, content='{name}', content_rowid='id', tokenize='ascii')",
    "CREATE VIRTUAL TABLE {name}_words USING fts5vocab({name}_index, row)",
    "CREATE TRIGGER {name}_added AFTER INSERT ON {name} BEGIN"
    " INSERT INTO {name}_index (rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER {name}_removed AFTER DELETE ON {name} BEGIN"
    " INSERT INTO {name}_index ({name}_index, rowid, words) VALUES ('delete', old.id, old.words); END",
)


def upgrade() -> None:
    """Create them, empty: `db upgrade` fills them afterwards, since only the program knows what words are."""
    for name in TABLES:
        _create(name)
    op.create_index("ix_claims_text", "claims", ["text"], postgresql_using="hash")
    op.create_table(
        "search_fillings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_fillings"),
    )


def downgrade() -> None:
    """Drop them; nothing is in them that could not be made again."""
    op.drop_table("search_fillings")
    op.drop_index("ix_claims_text", "claims")
    for name in reversed(TABLES):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {name}_words")
            op.execute(f"DROP TABLE {name}_index")
        op.drop_table(name)


def _create(name: str) -> None:
    offsets = [sa.Column("start", sa.Integer(), nullable=True), sa.Column("end", sa.Integer(), nullable=True)]
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity_id", ID, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        *(offsets if name == "search_sections" else ()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_entity_id"), name, ["entity_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            op.f(f"ix_{name}_words"), name, ["words"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        )
        return
    for statement in FTS5:
        op.execute(statement.format(name=name))
