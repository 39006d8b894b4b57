"""Find out which migration a database is at, without Alembic, which server processes do without."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text

from claims_api.config import shipped

_REVISION = text("SELECT version_num FROM alembic_version")


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None for one that is in memory, and for Postgres."""
    parts = make_url(url)
    name = parts.database or ":memory:"
    is_file = parts.get_backend_name() == "sqlite" and not name.startswith((":memory:", "file:"))
    return Path(name) if is_file else None


def why_not_migrated(connection: Connection) -> str | None:
    """Return why this program cannot work with the tables, and what to do, as a sentence; None where it can."""
    has_tables = inspect(connection).has_table("alembic_version")
    revision = connection.execute(_REVISION).scalar() if has_tables else None
    if revision == newest_revision():
        return None
    return why_too_new(revision) or "The database is not migrated: run `claims-api db upgrade`."


def why_too_new(revision: str | None) -> str | None:
    """Return why this program cannot migrate tables of a revision, as a sentence; None unless a newer one made them."""
    if revision is None or revision in _revisions():
        return None
    return f"The database (at {revision}) is newer than this program, which knows none beyond {newest_revision()}."


def newest_revision() -> str:
    """Return the newest revision that is delivered with this program."""
    return max(_revisions())


@cache
def _revisions() -> frozenset[str]:
    # By the names of the files, which begin with rising numbers: Alembic and its dependencies take 8 MiB.
    return frozenset(file.name.partition("_")[0] for file in (shipped("migrations") / "versions").glob("[0-9]*_*.py"))
