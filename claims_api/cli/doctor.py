"""Check settings, database, migrations and disk: all that the service needs."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from claims_api import __version__, db
from claims_api.cli import serving
from claims_api.cli.console import opened, print_table
from claims_api.config import Settings, unknown_settings
from claims_api.services import indexing

_LEAST_FREE = 1024**3  # bytes
Found = tuple[str, bool, str]


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Look at settings, database, migrations and disk; ends with 1 where something is wrong."""
    looks = (_program, _settings, _unknown, _serving, _database, _disk, _tools)
    found = [each for look in looks for each in look(settings)]
    print_table(
        ("looked at", "state", "found"), [(what, "ok" if good else "WRONG", told) for what, good, told in found]
    )
    if not all(good for _, good, _ in found):
        raise SystemExit(1)


def _program(_settings: Settings) -> Iterator[Found]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield "program", sys.version_info >= (3, 11), f"claims-api {__version__} on Python {python}"


def _settings(settings: Settings) -> Iterator[Found]:
    for each in fields(settings):
        value, variable = getattr(settings, each.name), each.metadata["variable"]
        yield variable, True, f"{_masked(str(value)) or '-'}{'' if os.environ.get(variable) else ' (default)'}"


def _unknown(_settings: Settings) -> Iterator[Found]:
    for variable in unknown_settings():
        yield variable, False, "there is no such setting"


def _serving(settings: Settings) -> Iterator[Found]:
    try:
        address = settings.address
        serving.refuse_unusable(settings)
    except (OSError, UnicodeError, click.ClickException) as reason:
        yield "serving", False, _masked(str(reason))
    else:
        yield "serving", True, f"on {address}"


def _masked(text: str) -> str:
    """Return a setting, or what was said of it, without passwords: those before a host, and those in a query."""
    before_hosts = re.sub(r"(?<=//).*@|[^\s'/]*@", "***@", text)
    return re.sub(r"(\w*pass\w*=)[^&]*", r"\1***", before_hosts, flags=re.IGNORECASE)


def _database(settings: Settings) -> Iterator[Found]:
    try:
        with opened(settings, checks_tables=False) as database, database.reading() as connection:
            yield (
                "database",
                True,
                f"{connection.dialect.name} {'.'.join(map(str, connection.dialect.server_version_info or ()))}",
            )
            reason = db.why_not_migrated(connection)
            yield "migrations", reason is None, reason or f"{db.newest_revision()}"
            if reason is None:
                is_current = indexing.is_current(connection)
                yield "search index", is_current, indexing.RULES if is_current else "run `claims-api db upgrade`"
    except click.ClickException as reason:
        yield "database", False, reason.message
    except SQLAlchemyError as error:
        yield "database", False, _masked(str(getattr(error, "orig", None) or error).splitlines()[0])


def _disk(settings: Settings) -> Iterator[Found]:
    file = db.file_of(settings.database_url)
    if file is not None:
        yield _room("disk", file.absolute().parent)
    # Where imports wait to be taken, and requests are counted.
    yield _room("temporary files", Path(tempfile.gettempdir()))


def _room(what: str, folder: Path) -> Found:
    if not folder.exists():
        return what, False, f"{folder} is not there"
    free = shutil.disk_usage(folder).free
    is_open = os.access(folder, os.W_OK)
    return (
        what,
        is_open and free > _LEAST_FREE,
        f"{free / 1024**3:.1f} GiB free{'' if is_open else ', not to be written to'}",
    )


def _tools(settings: Settings) -> Iterator[Found]:
    if not settings.database_url.startswith("sqlite"):
        for name in ("pg_dump", "pg_restore"):
            place = shutil.which(name)
            yield name, place is not None, place or "not on the PATH: needed for copies"
