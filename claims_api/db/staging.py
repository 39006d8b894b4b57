"""Temporary tables in which an import puts aside what it needs later, so that it fits into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Connection, Integer, MetaData, Table, Text

from claims_api.db.types import Id

# Marks a connection that is to be closed, not returned to the pool.
SPENT = "claims_api.spent"
# In KiB. Random ids touch all pages of an index: with SQLite's default of 2 MB these are read and written repeatedly.
_CACHE = 64 * 1024
_metadata = MetaData()


def _table(name: str, *columns: Any) -> Table:
    return Table(name, _metadata, *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


# The changes that are still to be numbered, in their order.
changes = _table(
    "import_changes",
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("action", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", JSON, nullable=False),
)
# The claims whose counts are to be made; whether they are new.
claims = _table("import_claims", Column("id", Id, primary_key=True), Column("is_new", Integer, nullable=False))
# The sources whose entries for search are to be made.
sources = _table("import_sources", Column("id", Id, primary_key=True))
# The sources of bundles, whose texts are to come, and their lines.
kept_sources = _table("import_kept_sources", Column("id", Id, primary_key=True), Column("line", Integer))
# The first record of each key in this file: the id that follows from the key, a digest of the content, and the line.
keys = _table(
    "import_keys",
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("content", BigInteger, nullable=False),
    Column("line", Integer),
)
# The ids of entities without a key of their own, which several records may describe differently.
shared = _table("import_shared", Column("id", Id, primary_key=True), Column("kind", Text, nullable=False))
# The passages of quotes; whether they are new.
passages = _table("import_passages", Column("id", Id, primary_key=True), Column("is_new", Integer, nullable=False))
# The speakers that are made under keys of their own: names do not find them.
speakers = _table("import_speakers", Column("id", Id, primary_key=True))
# Ids that follow from records' keys, and the existing entities that stand in their place.
aliases = _table("import_aliases", Column("id", Id, primary_key=True), Column("stands_for", Id, nullable=False))


@contextmanager
def staged(connection: Connection) -> Iterator[None]:
    """Create these tables, and drop them when the block ends; a rollback drops them, too."""
    connection.info[SPENT] = True
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")
    _metadata.create_all(connection, checkfirst=False)
    yield
    # Postgres would do that by itself.
    _metadata.drop_all(connection, checkfirst=False)
