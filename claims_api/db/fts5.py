"""FTS5's index of a table of entries on SQLite: made, emptied and checked."""

from collections.abc import Iterator

from sqlalchemy import DDL, Connection, Table, event
from sqlalchemy.exc import DBAPIError

from claims_api.db.faults import is_passing

# One full-text index, kept by triggers so that no code can forget it. This tokenizer never splits at non-ASCII.
_MADE = (
    "CREATE VIRTUAL TABLE {name}_index USING fts5(words, content='{name}', content_rowid='id', tokenize='ascii')",
    # A word is looked up in each segment: with these options an index has half as many as by FTS5's own (4 and 16).
    "INSERT INTO {name}_index ({name}_index, rank) VALUES ('automerge', 2)",
    "INSERT INTO {name}_index ({name}_index, rank) VALUES ('crisismerge', 8)",
    "CREATE VIRTUAL TABLE {name}_words USING fts5vocab({name}_index, row)",
    "CREATE TRIGGER {name}_added AFTER INSERT ON {name} BEGIN"
    " INSERT INTO {name}_index (rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER {name}_removed AFTER DELETE ON {name} BEGIN"
    " INSERT INTO {name}_index ({name}_index, rowid, words) VALUES ('delete', old.id, old.words); END",
)
_DROPPED = ("DROP TABLE IF EXISTS {name}_words", "DROP TABLE IF EXISTS {name}_index")
# An index whose first page is lost cannot even be dropped: it is given that of an empty one.
_OPENED = (
    "CREATE VIRTUAL TABLE temp.fresh USING fts5(words, content='', tokenize='ascii')",
    "DELETE FROM main.{name}_index_data",
    "INSERT INTO main.{name}_index_data SELECT * FROM temp.fresh_data",
    "DROP TABLE temp.fresh",
)
_RELEASED = ("DROP TRIGGER IF EXISTS {name}_added", "DROP TRIGGER IF EXISTS {name}_removed")
# FTS5 checks an index only for who may write, and so keeps all others from writing: a copy is checked, in the
# temporary database. ``rank`` 1 has it compared with the entries, too.
_CHECKED = (
    "CREATE TEMPORARY VIEW checked_entries AS SELECT id, words FROM main.{name}",
    "CREATE VIRTUAL TABLE temp.checked USING"
    " fts5(words, content='checked_entries', content_rowid='id', tokenize='ascii')",
    *(
        statement
        for part in ("data", "idx", "docsize")
        for statement in (
            f"DELETE FROM temp.checked_{part}",  # noqa: S608  # names of ours
            f"INSERT INTO temp.checked_{part} SELECT * FROM main.{{name}}_index_{part}",  # noqa: S608
        )
    ),
    "INSERT INTO temp.checked (checked, rank) VALUES ('integrity-check', 1)",
)


def indexed(entries: Table) -> None:
    """Have the index of a table of entries, and its triggers, created with the table on SQLite."""
    for statement in _MADE:
        _on_sqlite(entries, "after_create", statement)
    for statement in _DROPPED:
        _on_sqlite(entries, "before_drop", statement)


def _on_sqlite(entries: Table, moment: str, statement: str) -> None:
    ddl = DDL(statement.format(name=entries.name)).execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]
    event.listen(entries, moment, ddl)


def empty(connection: Connection, entries: Table) -> None:
    """Delete all entries; on SQLite their index is made anew, since a damaged one takes no deletion."""
    if connection.dialect.name == "sqlite":
        _run(connection, entries, (*_OPENED, *_RELEASED, *_DROPPED))
    connection.execute(entries.delete())
    if connection.dialect.name == "sqlite":
        _run(connection, entries, _MADE)


def index_damage(connection: Connection, entries: Table) -> Iterator[str]:
    """Yield what is wrong with the index of a table of entries, if anything; nothing is told on Postgres.

    It writes only into the temporary database, about as much as the index has: others go on writing.
    """
    if connection.dialect.name != "sqlite":
        return
    copying = connection.begin_nested()
    try:
        _run(connection, entries, _CHECKED)
    except DBAPIError as error:
        if is_passing(error):  # no room for the copy, say
            raise
        yield f"{entries.name}_index: {error.orig}"
    finally:
        copying.rollback()


def _run(connection: Connection, entries: Table, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement.format(name=entries.name))
