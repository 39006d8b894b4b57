"""Bringing the tables of a database up to date."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text

from claims_api.config import shipped

_REVISION = text("SELECT version_num FROM alembic_version")


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables of a database up to a revision; several at once wait for one another."""
    if (file := file_of(url)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(migrations_of(url), revision)


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None for one that is in memory, and for Postgres."""
    parts = make_url(url)
    name = parts.database or ":memory:"
    is_file = parts.get_backend_name() == "sqlite" and not name.startswith((":memory:", "file:"))
    return Path(name) if is_file else None


def why_not_migrated(connection: Connection) -> str | None:
    """Say what is to be done before this program works with the tables; None where nothing is."""
    has_tables = inspect(connection).has_table("alembic_version")
    revision = connection.execute(_REVISION).scalar() if has_tables else None
    if revision == newest_revision():
        return None
    if revision in _revisions() or revision is None:
        return "The database is not migrated: run `claims-api db upgrade`."
    return f"The database (at {revision}) is newer than this program, which knows none beyond {newest_revision()}."


@cache
def newest_revision() -> str | None:
    """Return the newest revision that is delivered with this program."""
    return _delivered().get_current_head()


@cache
def _revisions() -> frozenset[str]:
    return frozenset(each.revision for each in _delivered().walk_revisions())


def _delivered() -> ScriptDirectory:
    return ScriptDirectory(str(shipped("migrations")))


def migrations_of(url: str) -> Config:
    """Return what Alembic needs to know to migrate a database."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(shipped("migrations")))
    return settings
