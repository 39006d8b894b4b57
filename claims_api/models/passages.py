"""Passages: exact places in the text of a source."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, Recorded, one_of, unique_among_live
from claims_api.models.words import AnchorState, Match

# Not to be found in the newest text of its source as it was quoted, and nobody has looked at it since; few are.
_ASTRAY = text("anchor_state IN ('changed', 'orphaned') AND confirmed_at IS NULL")


class Passage(Recorded, Base):
    """``exact`` is ``text[start:end]`` of its version, in Unicode code points, half-open.

    The same place in UTF-16 code units and UTF-8 bytes stands beside it, so that reading needs no text. A passage of a
    source without text has no version and no offsets: it is ``unverified``.

    It stays tied to the version that it was quoted from. ``anchor_state`` says how its words stand in the text with
    the number ``now_version`` (null while its own is the newest), and ``now`` where: see ``services.reanchoring``.
    ``confirmed_by`` is the person who said that what stands there is what was quoted.
    """

    __tablename__ = "passages"
    __table_args__ = (
        CheckConstraint('start >= 0 AND "end" > start', name="span"),
        CheckConstraint(
            '(source_version_id IS NULL) = (start IS NULL) AND (start IS NULL) = ("end" IS NULL)',
            name="anchored",
        ),
        unique_among_live("uq_passages_place", "source_version_id", "start", "end"),
        Index("ix_passages_start", text("coalesce(start, -1)"), "id"),
        Index("ix_passages_source_id_start", "source_id", text("coalesce(start, -1)"), "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index("ix_passages_astray", "anchor_state", "id", sqlite_where=_ASTRAY, postgresql_where=_ASTRAY),
    )

    source_id: Mapped[str] = mapped_column(db.Id, ForeignKey("sources.id"))
    source_version_id: Mapped[str | None] = mapped_column(db.Id, ForeignKey("source_versions.id"))
    start: Mapped[int | None]
    end: Mapped[int | None]
    utf16_start: Mapped[int | None]
    utf16_end: Mapped[int | None]
    utf8_start: Mapped[int | None]
    utf8_end: Mapped[int | None]
    exact: Mapped[str]
    prefix: Mapped[str]
    suffix: Mapped[str]
    match: Mapped[Match] = mapped_column(one_of(Match, "match"))
    anchor_state: Mapped[AnchorState] = mapped_column(one_of(AnchorState, "anchor_state"))
    now_version: Mapped[int | None]
    now: Mapped[dict[str, Any] | None] = mapped_column(db.Json)
    orphaned_because: Mapped[str | None]
    confirmed_at: Mapped[dt.datetime | None]
    confirmed_by: Mapped[str | None]
