"""Reading claims; their evidence is ``queries.evidence``."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.speakers import Speaker
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import ClaimStatus, ClaimType, Stance
from claims_api.queries import paging, rows
from claims_api.queries.paging import Page, Window
from claims_api.queries.rows import AnyRow, AnySelect
from claims_api.queries.speakers import ids_named
from claims_api.text import name_key

_TOPICS = (
    select(db.json_array_of(Topic.name))
    .select_from(ClaimTopic)
    .join(Topic, Topic.id == ClaimTopic.topic_id)
    .where(ClaimTopic.claim_id == Claim.id)
    .scalar_subquery()
)

COUNTS = tuple(
    getattr(Claim, f"{basis}_{count}")
    for basis in ("content", "attribution")
    for count in ("supports", "contradicts", "mentions", "passages", "sources", "origins")
)

CLAIMS = (
    select(
        Claim.id,
        Claim.text,
        Claim.claim_date,
        Claim.claim_type,
        Claim.language,
        Claim.location,
        Claim.status,
        Claim.first_appearance_id,
        Speaker.id.label("speaker_id"),
        Speaker.name.label("speaker_name"),
        Speaker.kind.label("speaker_kind"),
        _TOPICS.label("topics"),
        *COUNTS,
        Claim.created_at,
        Claim.updated_at,
        Claim.created_by,
        Claim.version,
    )
    .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
    .where(Claim.deleted_at.is_(None))
)

SORTS = paging.sorts(
    Claim.id,
    created_at=Claim.created_at,
    updated_at=Claim.updated_at,
    claim_date=func.coalesce(Claim.claim_date, ""),
)


@dataclass(frozen=True)
class Filters:
    """What a listing of claims can be narrowed to; None leaves a filter out.

    ``sides`` is the verdict asked for, told as (supporting links are there, contradicting ones are there).
    The dates may be as coarse as a year: a claim of 2025-10 is from 2025-10-15 and to 2025-10-15 too.
    """

    speaker_id: str | None = None
    speaker: str | None = None
    topic: str | None = None
    status: ClaimStatus | None = None
    claim_type: ClaimType | None = None
    language: str | None = None
    sides: tuple[bool, bool] | None = None
    stance: Stance | None = None
    source_id: str | None = None
    claim_date_from: str | None = None
    claim_date_to: str | None = None
    updated_since: dt.datetime | None = None


def one(connection: Connection, claim_id: str) -> AnyRow:
    """Read one claim, without its evidence."""
    return rows.one(connection, CLAIMS.where(Claim.id == claim_id), "claim")


def page(connection: Connection, *, window: Window, filters: Filters) -> Page:
    """Read a page of claims, without their evidence."""
    statement = rows.narrowed(
        CLAIMS,
        rows.equals(Claim.speaker_id, filters.speaker_id),
        rows.equals(Claim.status, filters.status),
        rows.equals(Claim.claim_type, filters.claim_type),
        rows.equals(Claim.language, filters.language),
        rows.since(Claim.updated_at, filters.updated_since),
    )
    return paging.page(connection, _narrowed_further(statement, filters), SORTS, window)


def _narrowed_further(statement: AnySelect, filters: Filters) -> AnySelect:
    given: tuple[tuple[Callable[[Any], ColumnElement[bool]], Any], ...] = (
        (_spoken_by, filters.speaker),
        (_filed_under, filters.topic),
        (_has_sides, filters.sides),
        (_has_stance, filters.stance),
        (_cites, filters.source_id),
        (_dated_from, filters.claim_date_from),
        (_dated_to, filters.claim_date_to),
    )
    return statement.where(*(condition(value) for condition, value in given if value is not None))


def _spoken_by(name: str) -> ColumnElement[bool]:
    return Claim.speaker_id.in_(ids_named(name))


def _filed_under(name: str) -> ColumnElement[bool]:
    topic = select(Topic.id).where(Topic.key == name_key(name), Topic.deleted_at.is_(None))
    return Claim.id.in_(select(ClaimTopic.claim_id).where(ClaimTopic.topic_id.in_(topic)))


def _has_sides(sides: tuple[bool, bool]) -> ColumnElement[bool]:
    columns = (Claim.content_supports, Claim.content_contradicts)
    return and_(*(column > 0 if there else column == 0 for column, there in zip(columns, sides, strict=True)))


def _has_stance(stance: Stance) -> ColumnElement[bool]:
    return or_(*(getattr(Claim, f"{basis}_{stance.value}") > 0 for basis in ("content", "attribution")))


def _cites(source_id: str) -> ColumnElement[bool]:
    links = select(Evidence.claim_id).join(Passage, Passage.id == Evidence.passage_id)
    return Claim.id.in_(links.where(Passage.source_id == source_id, Evidence.deleted_at.is_(None)))


def _dated_from(day: str) -> ColumnElement[bool]:
    # 2025-10 may mean any day up to 2025-10-99, which sorts behind every real one.
    last_day = Claim.claim_date + func.substr("9999-99-99", func.length(Claim.claim_date) + 1)
    return last_day >= day


def _dated_to(day: str) -> ColumnElement[bool]:
    return Claim.claim_date <= day + "9999-99-99"[len(day) :]
