"""Keys, and the service's own secret."""

import datetime as dt

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import clock, db, ids
from claims_api.models.base import Base


class ApiKey(Base):
    """A key as it is kept: its public ``prefix`` and the SHA-256 of the whole, in hexadecimal; the key is shown once.

    Rows are never deleted. ``replaced_by_id`` is the key that a rotation made in its place: none is replaced twice.
    """

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "created_at", "id"), Index(None, "name", "id"))

    id: Mapped[str] = mapped_column(db.Id, primary_key=True, default=ids.new_id)
    name: Mapped[str] = mapped_column(db.SortedText)
    prefix: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(db.Json)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.utcnow)
    created_by: Mapped[str]
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    replaced_by_id: Mapped[str | None] = mapped_column(db.Id)


class Secret(Base):
    """A random value that all processes of one installation share; cursors are signed with it."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
