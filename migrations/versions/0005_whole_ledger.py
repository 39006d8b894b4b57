"""Give what is older than the ledger its first change, and refuse to replace a row of it."""

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What is referred to comes first.
KINDS = {
    "speaker": "speakers",
    "topic": "topics",
    "source": "sources",
    "passage": "passages",
    "claim": "claims",
    "evidence": "evidence",
}
# REPLACE deletes without asking the trigger on deletion.
SQLITE_GUARD = """
CREATE TRIGGER changes_no_replace BEFORE INSERT ON changes
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM changes)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
"""


def upgrade() -> None:
    """Write the missing changes: each thing as it stands, when it was last changed, by whoever made it."""
    connection = op.get_bind()
    known = sa.MetaData()
    known.reflect(connection, only=["changes", "claim_topics", "speaker_names", *KINDS.values()])
    changes = known.tables["changes"]
    seq = connection.execute(sa.select(sa.func.coalesce(sa.func.max(changes.c.seq), 0))).scalar_one()
    for kind, name in KINDS.items():
        for row in _unrecorded(connection, known.tables[name], changes):
            seq += 1
            change = {"seq": seq, "entity": kind, **_change(row, _also(connection, known, kind, row["id"]))}
            connection.execute(changes.insert().values(change))
    if connection.dialect.name == "sqlite":
        op.execute(SQLITE_GUARD)


def downgrade() -> None:
    """Drop the guard; the changes stay, since nothing can take them out."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER changes_no_replace")


def _unrecorded(connection: sa.Connection, table: sa.Table, changes: sa.Table) -> list[dict[str, Any]]:
    recorded = sa.exists().where(changes.c.entity_id == table.c.id)
    rows = connection.execute(sa.select(table).where(~recorded).order_by(table.c.updated_at, table.c.id))
    return [dict(row) for row in rows.mappings()]


def _change(row: dict[str, Any], also: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "at": row["updated_at"],
        "actor": row["created_by"],
        "entity_id": row["id"],
        "action": "create" if row["deleted_at"] is None else "delete",
        "version": row["version"],
        "state": json.loads(json.dumps({**row, **also}, default=_written)),
    }


def _also(connection: sa.Connection, known: sa.MetaData, kind: str, identity: Any) -> dict[str, list[str]]:
    if kind == "claim":
        topics, filed = known.tables["topics"], known.tables["claim_topics"]
        joined = sa.select(topics.c.name, topics.c.id).join(filed, filed.c.topic_id == topics.c.id)
        found = sorted(
            (name, str(each)) for name, each in connection.execute(joined.where(filed.c.claim_id == identity))
        )
        return {"topics": [name for name, _ in found], "topic_ids": [each for _, each in found]}
    if kind == "speaker":
        names = known.tables["speaker_names"]
        return {"keys": sorted(connection.scalars(sa.select(names.c.key).where(names.c.speaker_id == identity)))}
    return {}


def _written(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=value.tzinfo or dt.UTC).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return str(value)
