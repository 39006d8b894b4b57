"""What every table shares."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Enum, Index, Table, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from claims_api import clock, db, ids
from claims_api.models.words import EntityKind


class Base(DeclarativeBase):
    """The mapped classes of this service."""

    metadata = db.metadata
    type_annotation_map = {str: Text(), dt.datetime: db.Instant()}  # noqa: RUF012  # SQLAlchemy's own way


def _creation(context: Any) -> dt.datetime:
    created_at: dt.datetime = context.get_current_parameters()["created_at"]
    return created_at


class Recorded:
    """What every entity has: identity, authorship, times (aware, in UTC) and the number of its present version.

    ``version`` is checked by the database on each update (``... WHERE id = ? AND version = ?``), so that of two writers
    that saw one state only the first succeeds. It is raised where changes are recorded, once for each transaction.
    """

    id: Mapped[str] = mapped_column(db.Id, primary_key=True, default=ids.new_id, sort_order=-1)
    created_at: Mapped[dt.datetime] = mapped_column(db.Instant, default=clock.utcnow)
    updated_at: Mapped[dt.datetime] = mapped_column(db.Instant, default=_creation, onupdate=clock.utcnow)
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[dt.datetime | None]

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  # a class, to SQLAlchemy
        return {"version_id_col": cls.version, "version_id_generator": False}


def one_of(kind: type[StrEnum], name: str) -> Enum:
    """Return a text column type that takes the values of ``kind`` and no other, by a CHECK constraint ``name``."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def unique_among_live(name: str, *columns: str) -> Index:
    """Return a partial unique index of these columns that ignores (softly) deleted rows."""
    live = text("deleted_at IS NULL")
    return Index(name, *columns, unique=True, sqlite_where=live, postgresql_where=live)


def kind_of(entity: type[Recorded]) -> EntityKind:
    """Return what the ledger calls entities of a mapped class."""
    return EntityKind(entity.__name__.lower())


def table_of(kind: Any) -> Table:
    """Return the table of a mapped class."""
    found: Table = kind.__table__
    return found


@cache
def empty_row(table: Table) -> Mapping[str, Any]:
    """Return a row of column defaults, None where a column has none, in the order of the columns."""
    return {column.key: _default(column) for column in table.columns}


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None and column.default.is_scalar else None
