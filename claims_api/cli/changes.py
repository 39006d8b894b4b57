"""Follow the feed of changes."""

import time

import click
import orjson

from claims_api.cli.console import opened
from claims_api.config import Settings
from claims_api.models.words import EntityKind
from claims_api.queries import changes as queries
from claims_api.schemas.changes import LARGEST_SEQ, ChangeOut
from claims_api.schemas.shaping import shape

_AT_ONCE = 200
_LOOK_EVERY = 0.5


@click.group("changes")
def commands() -> None:
    """Read the ledger."""


@commands.command()
@click.option(
    "--after", type=click.IntRange(0, LARGEST_SEQ), default=0, show_default=True, help="Begin behind this change."
)
@click.option("--entity", type=click.Choice([each.value for each in EntityKind]), help="Only changes of this kind.")
@click.option("--wait/--no-wait", default=True, help="Wait for further changes, or end with the last one there is.")
@click.pass_obj
def follow(settings: Settings, after: int, entity: str | None, wait: bool) -> None:
    """Print every change as a line of JSON, in the order in which they were committed."""
    kind = None if entity is None else EntityKind(entity)
    with opened(settings) as database:
        while True:
            with database.reading() as connection:
                rows = queries.feed(connection, after=after, limit=_AT_ONCE, entity=kind)
            for line in shape(ChangeOut, rows):
                click.echo(orjson.dumps(line, option=orjson.OPT_UTC_Z))
            if rows:
                after = rows[-1].seq
            elif wait:
                time.sleep(_LOOK_EVERY)
            else:
                return
