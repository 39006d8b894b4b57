"""Create the tables of speakers, topics, sources, passages, claims, evidence and keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)
SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LIVE = sa.text("deleted_at IS NULL")
TABLES = (
    "api_keys",
    "secrets",
    "sources",
    "speakers",
    "topics",
    "source_versions",
    "speaker_names",
    "passages",
    "claims",
    "claim_topics",
    "evidence",
)


def _words(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _recorded() -> tuple[sa.Column, ...]:
    return (
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
    )


def upgrade() -> None:
    """Create the tables of the core."""
    op.create_table(
        "api_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )
    op.create_table(
        "sources",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", SORTED, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("archived_url", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("published_at", SORTED, nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column(
            "type",
            _words("news_article", "statement", "social_post", "transcript", "document", "other", name="type"),
            nullable=True,
        ),
        sa.Column("reliability", _words("A", "B", "C", "D", "E", "F", name="reliability"), nullable=True),
        sa.Column("current_version", sa.Integer(), nullable=True),
        *_recorded(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_index(op.f("ix_sources_created_at_id"), "sources", ["created_at", "id"])
    op.create_index(op.f("ix_sources_publisher"), "sources", ["publisher"], postgresql_using="hash")
    op.create_index(op.f("ix_sources_title_id"), "sources", ["title", "id"])
    op.create_index(op.f("ix_sources_updated_at_id"), "sources", ["updated_at", "id"])
    op.create_index(op.f("ix_sources_url"), "sources", ["url"], postgresql_using="hash")

    op.create_table(
        "speakers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", SORTED, nullable=False),
        sa.Column("kind", _words("person", "organization", "group", "unnamed", name="kind"), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("affiliation", sa.Text(), nullable=True),
        sa.Column("same_as", sa.Text(), nullable=True),
        *_recorded(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speakers")),
    )
    op.create_index(op.f("ix_speakers_created_at_id"), "speakers", ["created_at", "id"])
    op.create_index(op.f("ix_speakers_name_id"), "speakers", ["name", "id"])
    op.create_index(op.f("ix_speakers_updated_at_id"), "speakers", ["updated_at", "id"])

    op.create_table(
        "topics",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", SORTED, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        *_recorded(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
    )
    op.create_index(op.f("ix_topics_created_at_id"), "topics", ["created_at", "id"])
    op.create_index(op.f("ix_topics_name_id"), "topics", ["name", "id"])
    op.create_index(op.f("ix_topics_updated_at_id"), "topics", ["updated_at", "id"])
    op.create_index("uq_topics_key", "topics", ["key"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

    op.create_table(
        "source_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("retrieved_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_source_versions_number")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_versions_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_versions")),
        sa.UniqueConstraint("source_id", "number", name=op.f("uq_source_versions_source_id_number")),
    )
    op.create_index(op.f("ix_source_versions_sha256"), "source_versions", ["sha256"])

    op.create_table(
        "speaker_names",
        sa.Column("speaker_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name=op.f("fk_speaker_names_speaker_id")),
        sa.PrimaryKeyConstraint("speaker_id", "key", name=op.f("pk_speaker_names")),
    )
    op.create_index(op.f("ix_speaker_names_key"), "speaker_names", ["key"])

    op.create_table(
        "passages",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("source_version_id", ID, nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("utf16_start", sa.Integer(), nullable=True),
        sa.Column("utf16_end", sa.Integer(), nullable=True),
        sa.Column("utf8_start", sa.Integer(), nullable=True),
        sa.Column("utf8_end", sa.Integer(), nullable=True),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("suffix", sa.Text(), nullable=False),
        sa.Column("match", _words("exact", "folded", "unverified", name="match"), nullable=False),
        sa.Column(
            "anchor_state",
            _words("exact", "moved", "changed", "orphaned", "unverified", name="anchor_state"),
            nullable=False,
        ),
        *_recorded(),
        sa.CheckConstraint(
            '(source_version_id IS NULL) = (start IS NULL) AND (start IS NULL) = ("end" IS NULL)',
            name=op.f("ck_passages_anchored"),
        ),
        sa.CheckConstraint('start >= 0 AND "end" > start', name=op.f("ck_passages_span")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_passages_source_id")),
        sa.ForeignKeyConstraint(
            ["source_version_id"], ["source_versions.id"], name=op.f("fk_passages_source_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_created_at_id"), "passages", ["created_at", "id"])
    op.create_index(op.f("ix_passages_source_id_start_id"), "passages", ["source_id", "start", "id"])
    op.create_index(op.f("ix_passages_updated_at_id"), "passages", ["updated_at", "id"])
    op.create_index(
        "uq_passages_place",
        "passages",
        ["source_version_id", "start", "end"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "claims",
        sa.Column("id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("speaker_id", ID, nullable=True),
        sa.Column("claim_date", SORTED, nullable=True),
        sa.Column(
            "claim_type",
            _words("event_property", "numerical", "quote_verification", "causal", "position", name="claim_type"),
            nullable=True,
        ),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("status", _words("draft", "published", "archived", name="status"), nullable=False),
        sa.Column("first_appearance_id", ID, nullable=True),
        sa.Column("content_supports", sa.Integer(), nullable=False),
        sa.Column("content_contradicts", sa.Integer(), nullable=False),
        sa.Column("content_mentions", sa.Integer(), nullable=False),
        sa.Column("content_passages", sa.Integer(), nullable=False),
        sa.Column("content_sources", sa.Integer(), nullable=False),
        sa.Column("content_origins", sa.Integer(), nullable=False),
        sa.Column("attribution_supports", sa.Integer(), nullable=False),
        sa.Column("attribution_contradicts", sa.Integer(), nullable=False),
        sa.Column("attribution_mentions", sa.Integer(), nullable=False),
        sa.Column("attribution_passages", sa.Integer(), nullable=False),
        sa.Column("attribution_sources", sa.Integer(), nullable=False),
        sa.Column("attribution_origins", sa.Integer(), nullable=False),
        *_recorded(),
        sa.ForeignKeyConstraint(["first_appearance_id"], ["passages.id"], name=op.f("fk_claims_first_appearance_id")),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name=op.f("fk_claims_speaker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_claim_date_id"), "claims", ["claim_date", "id"])
    op.create_index(op.f("ix_claims_created_at_id"), "claims", ["created_at", "id"])
    op.create_index(op.f("ix_claims_first_appearance_id"), "claims", ["first_appearance_id"])
    op.create_index(op.f("ix_claims_speaker_id_created_at_id"), "claims", ["speaker_id", "created_at", "id"])
    op.create_index(op.f("ix_claims_updated_at_id"), "claims", ["updated_at", "id"])

    op.create_table(
        "claim_topics",
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_topics_claim_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_claim_topics_topic_id")),
        sa.PrimaryKeyConstraint("claim_id", "topic_id", name=op.f("pk_claim_topics")),
    )
    op.create_index(op.f("ix_claim_topics_topic_id"), "claim_topics", ["topic_id"])

    op.create_table(
        "evidence",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("passage_id", ID, nullable=False),
        sa.Column("stance", _words("supports", "contradicts", "mentions", name="stance"), nullable=False),
        sa.Column("basis", _words("content", "attribution", name="basis"), nullable=False),
        sa.Column("stated_by_id", ID, nullable=True),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("credibility", sa.Integer(), nullable=True),
        *_recorded(),
        sa.CheckConstraint("credibility BETWEEN 1 AND 6", name=op.f("ck_evidence_credibility")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_evidence_claim_id")),
        sa.ForeignKeyConstraint(["passage_id"], ["passages.id"], name=op.f("fk_evidence_passage_id")),
        sa.ForeignKeyConstraint(["stated_by_id"], ["speakers.id"], name=op.f("fk_evidence_stated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_claim_id_created_at_id"), "evidence", ["claim_id", "created_at", "id"])
    op.create_index(op.f("ix_evidence_created_at_id"), "evidence", ["created_at", "id"])
    op.create_index(op.f("ix_evidence_passage_id"), "evidence", ["passage_id"])
    op.create_index(op.f("ix_evidence_stated_by_id"), "evidence", ["stated_by_id"])
    op.create_index(op.f("ix_evidence_updated_at_id"), "evidence", ["updated_at", "id"])
    op.create_index(
        "uq_evidence_link",
        "evidence",
        ["claim_id", "passage_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    """Drop all of them; their data go with them."""
    for table in reversed(TABLES):
        op.drop_table(table)
