"""Look after the database: migrate it, back it up, restore it."""

from pathlib import Path

import click

from claims_api import backups
from claims_api.cli.console import bring_up_to_date, console, opened, print_table, refuse_unmigrated
from claims_api.config import Settings
from claims_api.services import checking, indexing
from claims_api.services.checking import Finding

_MOST_NAMED = 5


@click.group("db")
def commands() -> None:
    """Look after the database."""


@commands.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the tables up to date; safe to run again, and several times at once."""
    bring_up_to_date(settings)
    console.print("The database is up to date.")


@commands.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Check what is kept against itself, every quote against its source; ends with 1 where something is wrong."""
    with opened(settings, takes_its_time=True) as database, database.reading() as connection:
        refuse_unmigrated(connection)
        found = list(checking.everything(connection))
    print_table(("checked", "number", "wrong"), map(_line, found))
    if any(each.wrong for each in found):
        raise SystemExit(1)


@commands.command()
@click.pass_obj
def reindex(settings: Settings) -> None:
    """Make all that search finds by anew; only where `db check` says that it is wrong."""
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


def _line(found: Finding) -> tuple[str, str, str]:
    shown = ", ".join(found.wrong[:_MOST_NAMED]) + ", ..." * (len(found.wrong) > _MOST_NAMED)
    return found.what, str(found.number), shown or "none"


def _told(action: "backups.Action", url: str, file: Path) -> None:
    try:
        action(url, file)
    except (backups.BackupFailed, OSError) as reason:
        raise click.ClickException(str(reason)) from None
