"""Reading claims; their evidence is ``queries.evidence``."""

from typing import Any

from sqlalchemy import Boolean, Connection, Text, bindparam, case, func, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.speakers import Speaker
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Stance
from claims_api.queries import paging, rows
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow
from claims_api.queries.speakers import ids_named
from claims_api.text import name_key

_TOPICS = (
    select(db.json_array_of(Topic.name))
    .select_from(ClaimTopic)
    .join(Topic, Topic.id == ClaimTopic.topic_id)
    .where(ClaimTopic.claim_id == Claim.id, Topic.deleted_at.is_(None))
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

ONE = CLAIMS.where(Claim.id == bindparam("id"))

SORTS = paging.sorts(
    Claim.id,
    created_at=Claim.created_at,
    updated_at=Claim.updated_at,
    claim_date=func.coalesce(Claim.claim_date, ""),
)


_FILED_UNDER = (
    select(ClaimTopic.claim_id)
    .join(Topic, Topic.id == ClaimTopic.topic_id)
    .where(Topic.key == bindparam("topic"), Topic.deleted_at.is_(None))
)

_CITING = (
    select(Evidence.claim_id)
    .join(Passage, Passage.id == Evidence.passage_id)
    .where(Passage.source_id == bindparam("source_id"), Evidence.deleted_at.is_(None))
)

# 2025-10 may mean any day up to 2025-10-99, which sorts behind every real one.
_OPEN = "9999-99-99"
_LAST_DAY = Claim.claim_date + func.substr(_OPEN, func.length(Claim.claim_date) + 1)

_LINKS = {
    stance.value: getattr(Claim, f"content_{stance}") + getattr(Claim, f"attribution_{stance}") for stance in Stance
}

LISTING = Listing(
    CLAIMS,
    SORTS,
    {
        "speaker_id": Claim.speaker_id == bindparam("speaker_id"),
        "speaker": Claim.speaker_id.in_(ids_named(bindparam("speaker"))),
        "topic": Claim.id.in_(_FILED_UNDER),
        "status": Claim.status == bindparam("status"),
        "claim_type": Claim.claim_type == bindparam("claim_type"),
        "language": func.lower(Claim.language) == func.lower(bindparam("language", type_=Text())),
        "is_supported": (Claim.content_supports > 0) == bindparam("is_supported", type_=Boolean()),
        "is_contradicted": (Claim.content_contradicts > 0) == bindparam("is_contradicted", type_=Boolean()),
        "stance": case(_LINKS, value=bindparam("stance")) > 0,
        "source_id": Claim.id.in_(_CITING),
        "claim_date_from": bindparam("claim_date_from") <= _LAST_DAY,
        "claim_date_to": Claim.claim_date <= bindparam("claim_date_to"),
        "updated_since": Claim.updated_at >= bindparam("updated_since"),
    },
)


def one(connection: Connection, claim_id: str) -> AnyRow:
    """Read one claim, without its evidence."""
    return rows.one(connection, ONE, "claim", id=claim_id)


def page(connection: Connection, *, window: Window, **filters: Any) -> Page:
    """Read a page of claims, without their evidence.

    The verdict asked for is told by its two sides, ``is_supported`` and ``is_contradicted``. The dates may be as
    coarse as a year: a claim of 2025-10 is from 2025-10-15 and to 2025-10-15 too.
    """
    for name in filters.keys() & {"speaker", "topic"}:
        filters[name] = name_key(filters[name])
    if "claim_date_to" in filters:
        filters["claim_date_to"] += _OPEN[len(filters["claim_date_to"]) :]
    return LISTING.page(connection, window, filters)
