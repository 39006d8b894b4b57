"""A Postgres of the benchmarks' own, as safe as one that people trust; databases are made once, and copied."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.postgres import PORT, PrivatePostgres

# What tests give up for speed is kept here; the rest is what Postgres does by itself.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


class Postgres:
    """Databases of a server that runs."""

    name = "postgresql"

    def __init__(self, server: PrivatePostgres) -> None:
        self._server = server

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the one that started all others."""
        return (self._server.process.pid,)

    def copy_of(self, name: str, made_by: Callable[[str], None], copy: str) -> str:
        """Return the URL of a new copy of a database, which is filled on first use."""
        if not self._is_there(name):
            begun = f"{name}-begun"
            self._do("DROP DATABASE IF EXISTS {}", begun)
            self._do("CREATE DATABASE {}", begun)
            made_by(self._url(begun))
            self._tidy(begun)
            self._do("ALTER DATABASE {} RENAME TO {}", begun, name)
        self._do("DROP DATABASE IF EXISTS {}", copy)
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", copy, name)
        self._do("CHECKPOINT")
        return self._url(copy)

    def end(self, url: str) -> None:
        """Remove a copy."""
        self._do("DROP DATABASE {} WITH (FORCE)", str(make_url(url).database))

    def _url(self, name: str) -> str:
        return make_url(self._server.url).set(database=name).render_as_string()

    def _is_there(self, name: str) -> bool:
        with self._connected() as connection:
            return connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None

    def _tidy(self, name: str) -> None:
        with self._connected(name) as connection:
            connection.execute("VACUUM ANALYZE")

    def _do(self, statement: Any, *names: str) -> None:
        with self._connected() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @contextmanager
    def _connected(self, name: str | None = None) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        url = self._server.url if name is None else self._url(name)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            yield connection


@contextmanager
def started(folder: Path) -> Iterator[Postgres]:
    """Run the Postgres whose data are kept in a folder; ``PostgresNotFoundError`` tells where there is none."""
    with PrivatePostgres(settings=SETTINGS, kept=folder / "pg") as server:
        yield Postgres(server)
