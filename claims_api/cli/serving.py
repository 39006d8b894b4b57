"""Serve, with the demo dossier or without."""

import fcntl
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from sqlalchemy import Connection

from claims_api import db, logs, metrics
from claims_api.app import create_app
from claims_api.cli import cores, loading
from claims_api.cli.console import bring_up_to_date, console, opened, refuse_unmigrated
from claims_api.config import Settings, shipped
from claims_api.errors import Unauthorized
from claims_api.models.words import Scope
from claims_api.services import indexing, keys
from claims_api.web import limits, tracing, waiting

# Granian takes 400 kB of headers by itself.
LARGEST_HEADERS = 64 * 1024
SLOWEST_HEADERS_MS = 10_000
LOCAL_KEY = Path("var", "local.key")


def application() -> Flask:
    """Return the application of one server process; it says everything in lines of JSON from here on."""
    settings = Settings.from_environment()
    logs.install(settings.log_level)
    try:
        app = create_app(settings)
    except Exception as error:
        # Raised, it would be printed as it is.
        logs.log.critical("the application cannot be made", exc_info=error)
        raise SystemExit(1) from None
    waiting.end_on_signals(app)
    _end_with_server()
    if settings.own_core:
        app.extensions[cores.EXTENSION] = cores.claim_one()
    return app


def _end_with_server() -> None:
    # Where the main process is killed, nobody tells the others, which would keep the port and serve for ever.
    server = multiprocessing.parent_process()
    if server is not None:

        def watch() -> None:
            server.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, name="watch", daemon=True).start()


@click.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the API; the database must have been migrated (db upgrade)."""
    with opened(settings) as database, database.reading() as connection:
        refuse_unmigrated(connection)
        _refuse_other_rules(connection)
    _refuse_taken(settings)
    _refuse_unusable(settings)
    with _seen(settings):
        _serve(settings)


@contextmanager
def _seen(settings: Settings) -> Iterator[None]:
    logs.install(settings.log_level)
    place = os.environ.get("RUNTIME_DIRECTORY")  # systemd's, for as long as the unit runs
    with tempfile.TemporaryDirectory(prefix="claims-api-", dir=place) as folder, _never_aged(folder):
        metrics.share(Path(folder))
        # A variable that is empty is not set.
        os.environ["CLAIMS_LIMITS_STORE"] = settings.limits_store or f"file://{folder}/limits.sqlite"
        yield


@contextmanager
def _never_aged(folder: str) -> Iterator[None]:
    # Nobody opens these files again for weeks: systemd-tmpfiles would clear them away, but for what is locked.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _serve(settings: Settings) -> None:
    Granian(
        "claims_api.cli.serving:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiters,
        respawn_failed_workers=True,
        http1_settings=HTTP1Settings(header_read_timeout=SLOWEST_HEADERS_MS, max_buffer_size=LARGEST_HEADERS),
        log_level=LogLevels(settings.log_level),
        log_dictconfig=logs.configuration(settings.log_level),
    ).serve()


@click.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Migrate, load the demo dossier, make a local key on first use, and serve."""
    settings: Settings = context.obj
    bring_up_to_date(settings)
    loading.report(loading.load_folder(settings, shipped("seeds")))
    key = local_key(settings)
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"\nExplorer   {address}/docs\nAPI        {address}/v1/claims\nYour key   {key}")
    console.print(f"           (kept in {LOCAL_KEY}; it may read and write)\n")
    context.invoke(serve)


def local_key(settings: Settings) -> str:
    """Return the key of this folder, made on first use or where the database does not know it."""
    with opened(settings) as database:
        if LOCAL_KEY.exists() and _still_good(database, LOCAL_KEY.read_text(encoding="utf-8").strip()):
            return LOCAL_KEY.read_text(encoding="utf-8").strip()
        with database.writing() as session:
            _, shown = keys.create(session, name="local", scope=Scope.WRITE)
    LOCAL_KEY.parent.mkdir(exist_ok=True)
    with open(LOCAL_KEY, "w", encoding="utf-8", opener=_for_owner_only) as file:  # it has no opener
        file.write(shown + "\n")
    return shown


def _refuse_other_rules(connection: Connection) -> None:
    # Else search would find too little, or nothing, and nobody would be told.
    if not indexing.is_current(connection):
        raise click.ClickException("What search finds was made by other rules, or never: run `claims-api db upgrade`.")


def _refuse_taken(settings: Settings) -> None:
    # Granian shares a port with whoever has it: two services would answer in turns, from two databases.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except (OSError, OverflowError) as error:
            raise click.ClickException(f"Cannot listen on {settings.host}:{settings.port}: {error}.") from None


def _refuse_unusable(settings: Settings) -> None:
    # Each server process would say so by itself, with a traceback.
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
    except Unauthorized:
        return False
    return True


def _for_owner_only(path: Any, flags: int) -> int:
    return os.open(path, flags, 0o600)
