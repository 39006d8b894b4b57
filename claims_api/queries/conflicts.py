"""Reading conflicts: claims whose evidence is at odds, and claims that are at odds with each other."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    bindparam,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from claims_api.models.words import ConflictKind, RelationType
from claims_api.queries import paging
from claims_api.queries.claims import filed_under
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.relations import Ends, type_of
from claims_api.queries.rows import AnySelect
from claims_api.text import name_key


def page(connection: Connection, *, window: Window, as_of: dt.datetime | None = None, **filters: Any) -> Page:
    """Read a page of conflicts, as they are or as they were at a moment.

    A row has the id of the claim whose evidence conflicts, or of the relation of two claims; ``first_id`` and
    ``second_id`` are the conflicting claims. Raises ``Malformed`` for a cursor of another listing.
    """
    if "topic" in filters:
        filters["topic"] = name_key(filters["topic"])
    return _LISTING.at(as_of).page(connection, window, filters, as_of=as_of)


def _of_evidence(tables: Tables) -> AnySelect:
    claim = tables.claim
    # With literals, or the databases would not use the partial index of such claims.
    both = claim.content_supports > literal_column("0"), claim.content_contradicts > literal_column("0")
    return select(
        literal(ConflictKind.EVIDENCE.value).label("kind"),
        claim.id.label("id"),
        claim.created_at.label("created_at"),
        claim.id.label("first_id"),
        claim.id.label("second_id"),
        literal(value=False).label("same_speaker"),
        null().label("note"),
    ).where(claim.deleted_at.is_(None), *both)


def _of_pairs(tables: Tables) -> AnySelect:
    ends = Ends(tables)
    relation = ends.relation
    is_one_speaker = func.coalesce(ends.source.speaker_id == ends.target.speaker_id, literal(value=False))
    # The claims of others need not be looked at.
    is_such = type_of(relation).in_([RelationType.CONTRADICTS, RelationType.SUPERSEDES])
    is_at_odds = or_(type_of(relation) == RelationType.CONTRADICTS, is_one_speaker)
    pairs = select(
        relation.type.label("kind"),
        relation.id.label("id"),
        relation.created_at.label("created_at"),
        relation.source_id.label("first_id"),
        relation.target_id.label("second_id"),
        is_one_speaker.label("same_speaker"),
        relation.note.label("note"),
    )
    return ends.joined(pairs).where(is_such, ends.live, is_at_odds)


def _listing(tables: Tables) -> Listing:
    found = union_all(_of_evidence(tables), _of_pairs(tables)).subquery()
    sorts = paging.sorts(found.c.id, created_at=found.c.created_at)
    return Listing(select(found), sorts, _filters(found.c, tables), live=true())


def _filters(conflict: Any, tables: Tables) -> dict[str, ColumnElement[bool]]:
    of_speaker = select(tables.claim.id).where(tables.claim.speaker_id == bindparam("speaker_id"))
    return {
        "kind": conflict.kind == bindparam("kind"),
        "same_speaker": conflict.same_speaker == bindparam("same_speaker", type_=Boolean()),
        "claim_id": or_(conflict.first_id == bindparam("claim_id"), conflict.second_id == bindparam("claim_id")),
        "speaker_id": or_(conflict.first_id.in_(of_speaker), conflict.second_id.in_(of_speaker)),
        "topic": or_(conflict.first_id.in_(filed_under(tables)), conflict.second_id.in_(filed_under(tables))),
    }


_LISTING = InTime(_listing)
SORTS = _LISTING.now.orders
