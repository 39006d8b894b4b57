"""Make and revoke keys."""

import datetime as dt

import click

from claims_api import clock
from claims_api.cli.console import console, opened
from claims_api.config import Settings
from claims_api.models.words import Scope
from claims_api.services import keys


def _not_blank(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("must not be blank")
    return value


@click.group("key")
def commands() -> None:
    """Make and revoke keys."""


@commands.command("create")
@click.option("--name", required=True, callback=_not_blank, help="Who uses it; stands in created_by of all they make.")
@click.option(
    "--scope", type=click.Choice([each.value for each in Scope]), default=Scope.WRITE.value, show_default=True
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; never when left out.")
@click.pass_obj
def create_key(settings: Settings, name: str, scope: str, days: int | None) -> None:
    """Make a key and print it, this once."""
    expires_at = clock.utcnow() + dt.timedelta(days=days) if days else None
    with opened(settings) as database, database.writing() as session:
        _, shown = keys.create(session, name=name, scope=Scope(scope), expires_at=expires_at)
    console.print(shown, markup=False)


@commands.command("revoke")
@click.argument("prefix")
@click.pass_obj
def revoke_key(settings: Settings, prefix: str) -> None:
    """End the key that begins with ct_PREFIX, at once."""
    with opened(settings) as database, database.writing() as session:
        found = keys.revoke(session, prefix.removeprefix("ct_"))
    if not found:
        raise click.ClickException(f"No valid key begins with {prefix}.")
    console.print("Revoked.")
