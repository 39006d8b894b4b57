"""Copies of a whole database, made while others write, and brought back.

A copy shows one moment: SQLite's backup and Postgres's dump both read from a snapshot.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

Action = Callable[[str, Path], None]


class BackupFailed(Exception):
    """A copy was not made, or not brought back; the message says why."""


def backup(url: str, file: Path) -> None:
    """Copy the database behind a SQLAlchemy URL into a new file, which only its owner may read."""
    if file.exists():
        raise BackupFailed(f"{file} is there already; nothing was written.")
    # Nobody takes half a copy for a whole one.
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.touch(mode=0o600)
    try:
        _copy_out(make_url(url), unfinished)
        _sync(unfinished)
        unfinished.rename(file)
        _sync(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Fill the empty database behind a SQLAlchemy URL from such a file."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        _restore_sqlite(_sqlite_file(target), file)
    else:
        program = _program("pg_restore")
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _run([program, *options, f"--dbname={_without_password(target)}", str(file)], target)


def _copy_out(url: URL, file: Path) -> None:
    if url.get_backend_name() == "sqlite":
        source = _sqlite_file(url)
        if not source.exists():
            raise BackupFailed(f"There is no database at {source}.")
        _copy_sqlite(source, file)
    else:
        program = _program("pg_dump")
        _run([program, "--format=custom", f"--file={file}", f"--dbname={_without_password(url)}"], url)


def _restore_sqlite(target: Path, file: Path) -> None:
    if target.exists() and target.stat().st_size:
        raise BackupFailed(f"{target} holds a database already; nothing was changed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy_sqlite(file, target)
    _sync(target)


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)  # in one step, and so of one moment
            (state,) = new.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} could not be copied: {error}.") from None
    if state != "ok":
        raise BackupFailed(f"The copy of {source} is damaged: {state}.")


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BackupFailed("A database in memory has no file.")
    return Path(url.database)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"This needs Postgres's own program {name}, which is not on the PATH.")
    return found


def _without_password(url: URL) -> str:
    # Everybody on the machine sees the arguments of a program.
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return shown.render_as_string(hide_password=False)


def _run(command: list[str], url: URL) -> None:
    environment = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    if done.returncode:
        raise BackupFailed(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
