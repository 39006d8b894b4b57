"""Run migrations: on the URL of the configuration, else on the service's own; one runner at a time."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from claims_api import db
from claims_api.config import Settings
from claims_api.models import (
    assessments,
    changes,
    claims,
    evidence,
    idempotency,
    keys,
    passages,
    relations,
    search,
    sources,
    speakers,
    topics,
)

TABLES_OF = (
    assessments,
    changes,
    claims,
    evidence,
    idempotency,
    keys,
    passages,
    relations,
    search,
    sources,
    speakers,
    topics,
)
ONE_RUNNER = 7_262_025
# So many seconds a runner waits for another one on SQLite; on Postgres it waits without end.
LONGEST = 3600


def run() -> None:
    """Open the database and migrate it in one transaction."""
    url = context.config.attributes.get("url") or Settings.from_environment().database_url
    if (file := db.file_of(url)) is not None:
        # As SQLite would make it, which the service does not let it do.
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o644)
    database = db.open_database(url, statement_seconds=None, turn_seconds=LONGEST)
    try:
        # Begun here: on SQLite Alembic would make a transaction of each revision, and others could come between.
        with database.writing() as session:
            _migrate(session.connection())
    finally:
        database.dispose()


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # One runner after another, however long the first one takes; then rather fail than block the service, whose
        # requests wait behind a waiting ALTER TABLE, and no longer than 8 seconds.
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_RUNNER})
        connection.execute(text(f"SET LOCAL lock_timeout = '{context.config.attributes.get('patience', '2s')}'"))
    options: dict[str, Any] = {"render_as_batch": True, "compare_type": True, "include_name": _is_ours}
    context.configure(connection=connection, target_metadata=db.metadata, **options)
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(name: str | None, type_: str, _parents: Any) -> bool:
    return type_ != "table" or name in db.metadata.tables


run()
