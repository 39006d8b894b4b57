"""Make, list, replace and revoke keys."""

import datetime as dt
import re

import click
from marshmallow import ValidationError

from claims_api import clock
from claims_api.cli.console import console, opened, print_table
from claims_api.config import Settings
from claims_api.errors import Invalid, KeyEnded
from claims_api.models.words import Scope
from claims_api.queries import keys as queries
from claims_api.queries.rows import AnyRow
from claims_api.schemas import strict
from claims_api.schemas.keys import KeyIn
from claims_api.services import keys

_COLUMNS = ("prefix", "name", "scope", "state", "created", "expires", "last used")


_PREFIX = re.compile("(?:ct_)?([0-9A-Za-z]{8})(?:_[0-9A-Za-z]*)?")


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Take what the API takes for the name of a key."""
    try:
        strict.refuse_broken_text(value)
        name: str = KeyIn().fields["name"].deserialize(value)
    except Invalid as reason:
        raise click.BadParameter(reason.detail) from None
    except ValidationError as reason:
        raise click.BadParameter(" ".join(map(str, reason.messages))) from None
    return name


def _prefix(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Take the prefix out of what was given, which may be a whole key: it is never repeated."""
    found = _PREFIX.fullmatch(value.strip())
    if found is None:
        raise click.BadParameter("this is neither a key nor the eight letters behind ct_ (see `claims-api key list`)")
    return found[1]


@click.group("key")
def commands() -> None:
    """Make, list, replace and revoke keys."""


@commands.command("create")
@click.option("--name", required=True, callback=_name, help="Who uses it; stands in created_by of all they make.")
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
        _show(shown)


@commands.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """List all keys, newest first, those that have ended too; a key itself is shown by nothing."""
    with opened(settings) as database, database.reading() as connection:
        rows = queries.everything(connection)
    print_table(_COLUMNS, map(_line, rows))


@commands.command("rotate")
@click.argument("prefix", callback=_prefix)
@click.option(
    "--grace",
    type=click.IntRange(0, keys.LONGEST_GRACE),
    default=0,
    show_default=True,
    help="Seconds for which the old key goes on.",
)
@click.pass_obj
def rotate_key(settings: Settings, prefix: str, grace: int) -> None:
    """Replace the key that begins with ct_PREFIX (or is given whole) by a new one, and print that, this once."""
    with opened(settings) as database, database.writing() as session:
        key = keys.known_by(session, prefix)
        if key is None:
            raise click.ClickException("There is no such key.")
        try:
            _, shown = keys.rotate(session, key, grace=dt.timedelta(seconds=grace))
        except KeyEnded as reason:
            raise click.ClickException(reason.detail) from None
        _show(shown)


@commands.command("revoke")
@click.argument("prefix", callback=_prefix)
@click.pass_obj
def revoke_key(settings: Settings, prefix: str) -> None:
    """End the key that begins with ct_PREFIX (or is given whole), at once."""
    with opened(settings) as database, database.writing() as session:
        found = keys.revoke(session, prefix)
    if not found:
        raise click.ClickException("There is no such key that has not been revoked.")
    console.print("Revoked.")


def _show(key: str) -> None:
    # Printed before the commit: if printing fails, the new key would be lost, and the old one ended.
    click.echo(key)


def _line(key: AnyRow) -> tuple[str, ...]:
    moments = (key.created_at, key.expires_at, key.last_used_at)
    return (key.prefix, key.name, key.scopes[-1], _state(key), *map(_moment, moments))


def _state(key: AnyRow) -> str:
    if not keys.has_ended(key.revoked_at, key.expires_at):
        return "active" if key.replaced_by_id is None else "replaced"
    return "expired" if key.revoked_at is None else "revoked"


def _moment(moment: dt.datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%dT%H:%MZ}"
