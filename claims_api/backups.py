"""Backups: copy a whole database into a file while others write, and restore it.

A copy shows one moment: SQLite's backup and Postgres's dump both read from a snapshot. A file with its final name is
complete and on the disk.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url

from claims_api import db

Action = Callable[[str, Path], None]
# Files beside a database that SQLite takes for its parts, by name alone.
_ENDS = ("-wal", "-shm", "-journal")
# With what the files of each kind of database begin, and what people call it.
_KINDS = {"sqlite": (b"SQLite format 3\0", "SQLite"), "postgresql": (b"PGDMP", "Postgres")}
# What stands in a dump of the table of that name.
_REVISION = re.compile(r"^COPY .*alembic_version .*;\n(\w+)$", re.MULTILINE)
_TABLES = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"


class BackupFailed(Exception):
    """A copy was not made, or not brought back; the message says why."""


def backup(url: str, file: Path) -> None:
    """Copy the database behind a SQLAlchemy URL into a new file, which only its owner may read.

    Raises ``BackupFailed`` where the file is there already, or the copy fails, and ``OSError`` where the file cannot be
    made.
    """
    with _appearing(file, "nothing was written") as unfinished:
        source = make_url(url)
        if source.get_backend_name() == "sqlite":
            _copy_sqlite(_sqlite_file(source), unfinished)
        else:
            _run("pg_dump", ["--format=custom", f"--file={unfinished}"], source)


def restore(url: str, file: Path) -> None:
    """Fill the empty database behind a SQLAlchemy URL from such a file.

    Raises ``BackupFailed`` where the database is not empty, or the file is no copy of one that this program knows, or
    one of the other kind of database, and ``OSError`` for a file that cannot be read.
    """
    target = make_url(url)
    _refuse_other_kind(file, target.get_backend_name())
    if target.get_backend_name() == "sqlite":
        _restore_sqlite(_sqlite_file(target), file)
    else:
        _refuse_revision(_revision_in(file))
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _run("pg_restore", [*options, str(file)], target)


def _refuse_other_kind(file: Path, kind: str) -> None:
    with file.open("rb") as copy:
        first = copy.read(16)
    for other, (beginning, name) in _KINDS.items():
        if other != kind and first.startswith(beginning):
            raise BackupFailed(
                f"{file} is a copy of a {name} database, and this one is of the other kind: restore it into a {name} "
                "database, and bring over what is in that by `claims-api export` and `claims-api import`."
            )


def _restore_sqlite(target: Path, file: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = [part for part in (target.with_name(target.name + end) for end in _ENDS) if os.path.lexists(part)]
    if target.exists() and not left and _holds_nothing(target):
        target.unlink()
    _refuse_taken(target, "nothing was changed")
    if left:
        raise BackupFailed(f"{left[0]} belongs to another database, and would become part of this one: move it away.")
    with _appearing(target, "nothing was changed") as unfinished:
        _copy_sqlite(file, unfinished)
        _refuse_newer(unfinished)


@contextmanager
def _appearing(file: Path, refusal: str) -> Iterator[Path]:
    """Give a file of nobody else's to be filled, which then gets its name, unless that is taken."""
    descriptor, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    os.close(descriptor)
    unfinished = Path(name)
    try:
        _refuse_taken(file, refusal)
        yield unfinished
        _sync(unfinished)
        _name(unfinished, file, refusal)
        _sync(file.parent)
    finally:
        for end in ("", *_ENDS):
            unfinished.with_name(unfinished.name + end).unlink(missing_ok=True)


def _name(unfinished: Path, file: Path, refusal: str) -> None:
    try:
        # An empty file reserves the name: renaming would replace another's file, and not all disks have hard links.
        file.touch(exist_ok=False)
    except FileExistsError:
        raise _taken(file, refusal) from None
    unfinished.replace(file)


def _refuse_taken(file: Path, refusal: str) -> None:
    if os.path.lexists(file):  # a link that leads nowhere, too
        raise _taken(file, refusal)


def _taken(file: Path, refusal: str) -> BackupFailed:
    return BackupFailed(f"{file} is there already; {refusal}.")


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(_existing(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)  # in one step, and so of one moment
            new.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read where nobody may write
            (state,) = new.execute("PRAGMA integrity_check").fetchone()
            (tables,) = new.execute(_TABLES).fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} could not be copied: {error}.") from None
    if state != "ok" or not tables:
        raise BackupFailed(f"{source} is no database of this service, or a damaged one.")


def _refuse_newer(file: Path) -> None:
    try:
        with closing(_existing(file)) as found:
            revision = found.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"The copy is no database of this service, or a damaged one: {error}.") from None
    _refuse_revision(revision and revision[0])


def _revision_in(file: Path) -> str | None:
    """Return the revision of the tables in a dump of Postgres; ``BackupFailed`` where it is of something else."""
    told = _run("pg_restore", ["--data-only", "--table=alembic_version", "--file=-", str(file)])
    found = _REVISION.search(told)
    if found is None:
        raise BackupFailed(f"{file} is no copy of a database of this service.")
    return found[1]


def _refuse_revision(revision: str | None) -> None:
    reason = db.why_too_new(revision)
    if reason is not None:
        raise BackupFailed(reason)


def _holds_nothing(file: Path) -> bool:
    try:
        with closing(_existing(file)) as found:
            return not found.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False


def _existing(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise BackupFailed("Name the database by its path: sqlite:///folder/file.")
    return Path(url.database)


def _run(name: str, options: list[str], url: URL | None = None) -> str:
    """Run a program of Postgres's, on a database if there is a URL, and return what it prints."""
    program = shutil.which(name)
    if program is None:
        raise BackupFailed(f"This needs Postgres's own program {name}, which is not on the PATH.")
    database, environment = ([], {}) if url is None else _reached(url)
    command = [program, *database, *options]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    if done.returncode:
        hint = " Is the database empty?" if "already exists" in done.stderr else ""
        reason = done.stderr.strip() or f"it ended with {done.returncode}."
        raise BackupFailed(f"{name} failed: {reason}{hint}")
    return done.stdout


def _reached(url: URL) -> tuple[list[str], dict[str, str]]:
    """Return the option and the environment with which a program reaches a database.

    The password goes into the environment: everybody on the machine can see a program's arguments.
    """
    _, known = url.set(drivername="postgresql+psycopg").get_dialect()().create_connect_args(url)
    password = known.pop("password", None)
    return [f"--dbname={make_conninfo(**known)}"], {"PGPASSWORD": str(password)} if password else {}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
