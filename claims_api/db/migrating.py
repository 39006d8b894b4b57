"""Run the Alembic migrations; not imported by ``db`` itself, since server processes do not migrate."""

from alembic import command
from alembic.config import Config

from claims_api.config import shipped


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables of a database up to a revision; several at once wait for one another.

    An SQLite file is made, and its folder. Raises Alembic's ``CommandError`` where the database is at one unknown here.
    """
    command.upgrade(migrations_of(url), revision)


def migrations_of(url: str) -> Config:
    """Return what Alembic needs to know to migrate a database."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(shipped("migrations")))
    return settings
