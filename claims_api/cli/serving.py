"""Serve, with the demo dossier or without."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy import Connection

from claims_api import db
from claims_api.cli import loading
from claims_api.cli.console import bring_up_to_date, console, opened
from claims_api.config import Settings, shipped
from claims_api.errors import Forbidden, Unauthorized
from claims_api.models.words import Scope
from claims_api.services import indexing, keys
from claims_api.web import limits, tracing

LOCAL_KEY = Path("var", "local.key")
_SERVER = "claims_api.server"


@click.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the API; the database must have been migrated (db upgrade)."""
    with opened(settings) as database, database.reading() as connection:
        _refuse_other_rules(connection)
    _refuse_taken(settings)
    refuse_unusable(settings)
    _become_server()


def _become_server() -> NoReturn:
    # By exec, in this very process: the signals sent to the command reach the server.
    # The interpreter's flags are passed on as multiprocessing does it.
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    # One arena: else glibc keeps freed memory for each of 16 threads (docs/adr/0038).
    environment = {"MALLOC_ARENA_MAX": "1", **os.environ}
    if sys.stdout is not None:
        sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *flags, "-P", "-m", _SERVER], environment)  # noqa: S606  # no shell


@click.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Migrate, load the demo dossier, make a local key on first use, and serve."""
    settings: Settings = context.obj
    bring_up_to_date(settings)
    loading.report(loading.load_folder(settings, shipped("seeds")))
    key = local_key(settings)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    console.print(f"\nExplorer   {address}/docs\nAPI        {address}/v1/claims\nYour key   {key}")
    console.print(f"           (kept in {LOCAL_KEY}; it may read and write)\n")
    context.invoke(serve)


def local_key(settings: Settings) -> str:
    """Return the key in ``var/local.key``, made on first use, or where that one is not valid or may not write."""
    with opened(settings) as database:
        kept = LOCAL_KEY.read_text(encoding="utf-8", errors="replace").strip() if LOCAL_KEY.exists() else ""
        if kept and _still_good(database, kept):
            return kept
        LOCAL_KEY.parent.mkdir(exist_ok=True)
        with database.writing() as session:
            _, shown = keys.create(session, name="local", scope=Scope.WRITE)
            # Written before the commit: a key that cannot be written would be one that nobody knows.
            with open(LOCAL_KEY, "w", encoding="utf-8", opener=_for_owner_only) as file:  # it has no opener
                file.write(shown + "\n")
    return shown


def _refuse_other_rules(connection: Connection) -> None:
    # With another version's index search would silently find too little, or nothing.
    if not indexing.is_current(connection):
        raise click.ClickException("What search finds was made by other rules, or never: run `claims-api db upgrade`.")


def _refuse_taken(settings: Settings) -> None:
    # Granian shares a port that is in use: two services would answer in turns, from two databases.
    try:
        address = settings.address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, settings.port))
    except (OSError, OverflowError, UnicodeError) as error:
        raise click.ClickException(f"Cannot listen on {settings.host}:{settings.port}: {error}.") from None


def refuse_unusable(settings: Settings) -> None:
    """Raise ``ClickException`` for settings with which no server process could work."""
    # Checked here, or each worker process would fail with a traceback.
    try:
        limits.require(settings)
        if settings.otel:
            tracing.require()
    except (limits.NoStore, tracing.MissingExtra) as reason:
        raise click.ClickException(str(reason)) from None


def _still_good(database: db.Database, shown: str) -> bool:
    try:
        with database.reading() as connection:
            keys.authorize(connection, shown, Scope.WRITE)
    except (Unauthorized, Forbidden):
        return False
    return True


def _for_owner_only(path: Any, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)  # a file that was there keeps its own mode otherwise
    return descriptor
