"""Bringing the tables of a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from claims_api.config import shipped


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables of a database up to a revision; several at once wait for one another."""
    folder = Path(make_url(url).database or "").parent
    if make_url(url).get_backend_name() == "sqlite" and not folder.exists():
        folder.mkdir(parents=True)
    command.upgrade(migrations_of(url), revision)


def migrations_of(url: str) -> Config:
    """Return what Alembic needs to know to migrate a database."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(shipped("migrations")))
    return settings
