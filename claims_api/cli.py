"""The command line: serve, load, keys, migrations, the contract."""

import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from marshmallow import ValidationError
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from claims_api import clock, db
from claims_api.app import create_app
from claims_api.config import Settings, shipped
from claims_api.errors import Failure, Invalid, Unauthorized
from claims_api.models.words import Scope
from claims_api.schemas.dossiers import DossierIn, with_text
from claims_api.services import dossiers, keys
from claims_api.services.dossiers import Dossier, Report
from claims_api.web import contract, pagination, parsing

# Granian takes 400 kB of headers by itself.
LARGEST_HEADERS = 64 * 1024
SLOWEST_HEADERS_MS = 10_000
LOCAL_KEY = Path("var", "local.key")

console = Console(highlight=False, soft_wrap=True)


def _not_blank(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("must not be blank")
    return value


class Commands(click.Group):
    """The commands; a database that cannot be used is told in a line, not in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise click.ClickException(f"The database cannot be used: {reason}. Is it migrated (db upgrade)?") from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claims-api")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep claims and the exact passages that support or contradict them.

    Settings are taken from the environment (see README.md).
    """
    try:
        context.obj = Settings.from_environment()
    except ValueError as reason:
        raise click.ClickException(str(reason)) from None


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the API; the database must have been migrated (db upgrade)."""
    with _database(settings) as database, database.reading() as connection:
        keys.shared_secret(connection, pagination.CURSOR_SECRET)  # is there after every migration
    _refuse_taken(settings)
    Granian(
        "claims_api.app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        http1_settings=HTTP1Settings(header_read_timeout=SLOWEST_HEADERS_MS, max_buffer_size=LARGEST_HEADERS),
    ).serve()


@main.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Migrate, load the demo dossier, make a local key on first use, and serve."""
    settings: Settings = context.obj
    db.upgrade(settings.database_url)
    _print_report(_load(settings, shipped("seeds")))
    key = _local_key(settings)
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"\nExplorer   {address}/docs\nAPI        {address}/v1/claims\nYour key   {key}")
    console.print(f"           (kept in {LOCAL_KEY}; it may read and write)\n")
    context.invoke(serve)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def load(settings: Settings, folder: Path) -> None:
    """Load a dossier (FOLDER/dossier.json and the texts it names), all or nothing; twice changes nothing."""
    _print_report(_load(settings, folder))


@main.group("db")
def database_group() -> None:
    """Look after the database."""


@database_group.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the tables up to date; safe to run again, and several times at once."""
    db.upgrade(settings.database_url)
    console.print("The database is up to date.")


@main.group("key")
def key_group() -> None:
    """Make and revoke keys."""


@key_group.command("create")
@click.option("--name", required=True, callback=_not_blank, help="Who uses it; stands in created_by of all they make.")
@click.option(
    "--scope", type=click.Choice([each.value for each in Scope]), default=Scope.WRITE.value, show_default=True
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; never when left out.")
@click.pass_obj
def create_key(settings: Settings, name: str, scope: str, days: int | None) -> None:
    """Make a key and print it, this once."""
    expires_at = clock.utcnow() + dt.timedelta(days=days) if days else None
    with _database(settings) as database, database.writing() as session:
        _, shown = keys.create(session, name=name, scope=Scope(scope), expires_at=expires_at)
    console.print(shown, markup=False)


@key_group.command("revoke")
@click.argument("prefix")
@click.pass_obj
def revoke_key(settings: Settings, prefix: str) -> None:
    """End the key that begins with ct_PREFIX, at once."""
    with _database(settings) as database, database.writing() as session:
        found = keys.revoke(session, prefix.removeprefix("ct_"))
    if not found:
        raise click.ClickException(f"No valid key begins with {prefix}.")
    console.print("Revoked.")


@main.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of printing.")
@click.pass_obj
def openapi(settings: Settings, out: Path | None) -> None:
    """Print the contract (OpenAPI 3.1) as YAML."""
    text = contract.as_yaml(contract.of(create_app(settings)))
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")


def read_dossier(folder: Path) -> Dossier:
    """Read ``dossier.json`` of a folder, and the texts that its sources name."""
    document = parsing.parse_json((folder / "dossier.json").read_bytes())
    parsing.refuse_broken_text(document)
    dossier: Dossier = DossierIn().load(document)
    read = [with_text(each, _read_text(folder, each.file)) if each.file else each for each in dossier.sources]
    return replace(dossier, sources=read)


def _read_text(folder: Path, name: str) -> str:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Invalid(f"The file {name!r} lies outside the folder.", path=("sources",))
    # newline="": a text is kept as it is, line ends included.
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    parsing.refuse_broken_text(text)
    return text


def _refuse_taken(settings: Settings) -> None:
    # Granian shares a port with whoever has it: two services would answer in turns, from two databases.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except (OSError, OverflowError) as error:
            raise click.ClickException(f"Cannot listen on {settings.host}:{settings.port}: {error}.") from None


@contextmanager
def _database(settings: Settings) -> Iterator[db.Database]:
    database = db.open_database(settings.database_url)
    try:
        yield database
    finally:
        database.dispose()


def _load(settings: Settings, folder: Path) -> Report:
    try:
        dossier = read_dossier(folder)
        with _database(settings) as database, database.writing() as session:
            return dossiers.load(session, dossier)
    except ValidationError as error:
        raise click.ClickException(f"{folder}: {json.dumps(error.messages)} Nothing was loaded.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{folder}: {error}. Nothing was loaded.") from None
    except Failure as failure:
        place = "/".join(map(str, failure.path or ()))
        raise click.ClickException(f"{folder}: {place}: {failure.detail} Nothing was loaded.") from None


def _print_report(report: Report) -> None:
    for word, counts in (("made", report.created), ("there already", report.unchanged)):
        listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        console.print(f"{word}: {listed or 'nothing'}")


def _local_key(settings: Settings) -> str:
    with _database(settings) as database:
        if LOCAL_KEY.exists() and _still_good(database, LOCAL_KEY.read_text(encoding="utf-8").strip()):
            return LOCAL_KEY.read_text(encoding="utf-8").strip()
        with database.writing() as session:
            _, shown = keys.create(session, name="local", scope=Scope.WRITE)
    LOCAL_KEY.parent.mkdir(exist_ok=True)
    with open(LOCAL_KEY, "w", encoding="utf-8", opener=_for_owner_only) as file:  # it has no opener
        file.write(shown + "\n")
    return shown


def _still_good(database: db.Database, shown: str) -> bool:
    try:
        with database.reading() as connection:
            keys.authorize(connection, shown, Scope.WRITE)
    except Unauthorized:
        return False
    return True


def _for_owner_only(path: Any, flags: int) -> int:
    return os.open(path, flags, 0o600)
