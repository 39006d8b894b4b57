"""Column types that behave alike on both databases (ids, moments, JSON), and the naming convention of constraints."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import CHAR, JSON, DateTime, Dialect, MetaData, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

# Every constraint has a name, so that migrations can speak of it on both databases.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMING)

# Sorting by code point, on Postgres too, so that both databases list in one order.
SortedText = Text().with_variant(Text(collation="C"), "postgresql")


class Id(TypeDecorator[str]):
    """A UUID as canonical text: ``uuid`` on Postgres, 36 characters on SQLite."""

    impl = CHAR(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the native type where there is one."""
        native = postgresql.UUID(as_uuid=False) if dialect.name == "postgresql" else CHAR(36)
        return dialect.type_descriptor(native)


class Instant(TypeDecorator[dt.datetime]):
    """An aware datetime, read in UTC, to the microsecond; SQLite stores no zones, so it is stored there in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Write moments, which must be aware, in UTC; SQLAlchemy's own conversion takes many times as long."""
        return None if dialect.name == "postgresql" else _written

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], Any] | None:
        """Read moments as aware ones, as Postgres gives them."""
        return None if dialect.name == "postgresql" else _aware


def _written(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _aware(written: str | None) -> dt.datetime | None:
    # Columns have no zone, the ledger's JSON has a Z.
    return None if written is None else dt.datetime.fromisoformat(written.removesuffix("Z") + "+00:00")


Json = JSON(none_as_null=True)
