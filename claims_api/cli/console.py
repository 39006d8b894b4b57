"""What all commands share: opening the database, and printing tables."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from claims_api import db
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.services import assessments, indexing, sources

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def opened(settings: Settings, *, takes_its_time: bool = False, checks_tables: bool = True) -> Iterator[db.Database]:
    """Open the database that is set, and close it; its statements are limited unless ``takes_its_time``.

    A file that is not there is not made, since its name may be mistyped, and tables of another revision are refused,
    unless ``checks_tables`` is false (for `doctor`): both by click's ``ClickException``.
    """
    file = db.file_of(settings.database_url)
    if file is not None and not file.exists():
        raise click.ClickException(f"There is no database {file}: run `claims-api db upgrade` to make one there.")
    seconds = None if takes_its_time else settings.statement_seconds
    database = db.open_database(settings.database_url, statement_seconds=seconds)
    try:
        if checks_tables:
            with database.reading() as connection:
                _refuse_unmigrated(connection)
        yield database
    finally:
        database.dispose()


def _refuse_unmigrated(connection: Connection) -> None:
    reason = db.why_not_migrated(connection)
    if reason is not None:
        raise click.ClickException(reason)


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the database, and rebuild what other rules made: the search index, canonical URLs, and counts.

    Raises Alembic's ``CommandError`` where a newer program made the tables.
    """
    migrating.upgrade(settings.database_url)
    with opened(settings, takes_its_time=True) as database, database.writing() as session:
        indexing.refill(session)
        sources.complete(session)
        assessments.recount_tied(session)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, to: Console = console) -> None:
    """Print a table to a person; into a pipe, a line for each row with tabs between, and the columns first."""
    shown = [[_printable(value) for value in row] for row in rows]
    if not to.is_terminal:
        for row in [columns, *shown]:
            click.echo("\t".join(row))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")  # nothing is cut off, however narrow the window
    for row in shown:
        table.add_row(*map(Text, row))
    to.print(table, soft_wrap=False)


def _printable(value: str) -> str:
    # Names are others' words: they must not steer the terminal, or look like two columns.
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
