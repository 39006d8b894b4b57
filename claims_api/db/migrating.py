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
    folder = Path(make_url(url).database or "").parent
    if make_url(url).get_backend_name() == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
    command.upgrade(migrations_of(url), revision)


def is_migrated(connection: Connection) -> bool:
    """Tell whether the tables are those that this program works with."""
    has_tables = inspect(connection).has_table("alembic_version")
    return has_tables and connection.execute(_REVISION).scalar() == newest_revision()


@cache
def newest_revision() -> str | None:
    """Return the newest revision that is delivered with this program."""
    return ScriptDirectory(str(shipped("migrations"))).get_current_head()


def migrations_of(url: str) -> Config:
    """Return what Alembic needs to know to migrate a database."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(shipped("migrations")))
    return settings
