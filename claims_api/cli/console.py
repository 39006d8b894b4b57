"""What all commands share."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from claims_api import db
from claims_api.config import Settings

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def opened(settings: Settings) -> Iterator[db.Database]:
    """Open the database that is set, and close it."""
    database = db.open_database(settings.database_url)
    try:
        yield database
    finally:
        database.dispose()
