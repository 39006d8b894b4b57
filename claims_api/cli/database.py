"""Look after the database: migrate it, back it up, restore it."""

from pathlib import Path

import click

from claims_api import backups
from claims_api.cli.console import bring_up_to_date, console, opened
from claims_api.cli.verifying import verify
from claims_api.config import Settings
from claims_api.services import indexing


@click.group("db")
def commands() -> None:
    """Look after the database."""


@commands.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the tables up to date; safe to run again, and several times at once."""
    bring_up_to_date(settings)
    console.print("The database is up to date.")


commands.add_command(verify, "check")


@commands.command()
@click.pass_obj
def reindex(settings: Settings) -> None:
    """Rebuild the search index; only where `verify` says that it is wrong."""
    with opened(settings, takes_its_time=True) as database, database.writing() as session:
        indexing.refill(session, anyway=True)
    console.print("Search finds what there is.")


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Copy all of the database into a new FILE, as it is at one moment; others go on writing meanwhile."""
    _told(backups.backup, settings.database_url, file)
    console.print(f"All is in {file}.")


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def restore(settings: Settings, file: Path) -> None:
    """Fill an empty database from the FILE of a backup."""
    _told(backups.restore, settings.database_url, file)
    bring_up_to_date(settings)
    console.print(f"All of {file} is there.")


def _told(action: "backups.Action", url: str, file: Path) -> None:
    try:
        action(url, file)
    except (backups.BackupFailed, OSError) as reason:
        raise click.ClickException(str(reason)) from None
