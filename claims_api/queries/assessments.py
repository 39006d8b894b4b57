"""Reading assessments by people, each with the counts of its claim's evidence, which it may agree with or not."""

import datetime as dt
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, and_, bindparam, case, exists, literal_column, select, tuple_
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.words import Verdict
from claims_api.queries import paging
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow, AnySelect, together
from claims_api.text import name_key

# The columns of a claim that count its current assessments, by verdict.
ASSESSED = {verdict: f"assessed_{verdict}" for verdict in Verdict}

# As a literal, or the databases would not use the partial index with this condition.
NOUGHT: ColumnElement[int] = literal_column("0")


def is_current(assessment: type[Assessment]) -> ColumnElement[bool]:
    """Return the condition that an assessment is its reviewer's newest live one of the claim."""
    other = aliased(assessment, adapt_on_names=True)
    replaced = exists().where(_is_newer(other, assessment), other.deleted_at.is_(None))
    return and_(assessment.deleted_at.is_(None), ~replaced)


def assessed(claim: type[Claim]) -> ColumnElement[int]:
    """Return the expression for how many reviewers assess a claim at present."""
    counts: list[ColumnElement[int]] = [getattr(claim, count) for count in ASSESSED.values()]
    return reduce(add, counts)


def rows(tables: Tables) -> AnySelect:
    """Select assessments as every answer shows them."""
    assessment, claim = tables.assessment, tables.claim
    return _rows(tables).join(claim, claim.id == assessment.claim_id)


def _rows(tables: Tables) -> AnySelect:
    assessment, claim = tables.assessment, tables.claim
    return select(
        assessment.id,
        assessment.claim_id,
        assessment.verdict,
        assessment.rating_label,
        assessment.rating_value,
        assessment.best_rating,
        assessment.worst_rating,
        assessment.explanation,
        assessment.review_url,
        assessment.reviewer,
        assessment.assessed_at,
        is_current(assessment).label("is_current"),
        claim.content_supports,
        claim.content_contradicts,
        assessment.created_at,
        assessment.updated_at,
        assessment.created_by,
        assessment.version,
        assessment.deleted_at,
    )


def one(
    connection: Connection, assessment_id: str, *, as_of: dt.datetime | None = None, include_deleted: bool = False
) -> AnyRow:
    """Read one assessment, as it is or as it was at a moment; ``NotFound`` where there is none."""
    listing = _LISTING.at(as_of)
    return listing.one(connection, "assessment", assessment_id, include_deleted=include_deleted, as_of=as_of)


def page(
    connection: Connection,
    *,
    window: Window,
    as_of: dt.datetime | None = None,
    include_deleted: bool = False,
    reviewer: str | None = None,
    **filters: Any,
) -> Page:
    """Read a page of assessments, as they are or as they were at a moment; ``reviewer`` in any spelling.

    Raises ``Malformed`` for a cursor of another listing.
    """
    values = {**filters, "reviewer": reviewer and name_key(reviewer)}
    return _LISTING.at(as_of).page(connection, window, values, include_deleted=include_deleted, as_of=as_of)


def of_claim(tables: Tables) -> ColumnElement[Any]:
    """Return a column for statements that read claims: the newest assessment of each reviewer, newest first.

    Of a claim that was deleted, those that were current when it was; null where the claim's counts tell of none.
    """
    claim, assessment = tables.claim, tables.assessment
    other = aliased(assessment, adapt_on_names=True)
    replaced = exists().where(_is_newer(other, assessment), together(claim, other)).correlate(claim, assessment)
    of_it = _rows(tables).where(assessment.claim_id == claim.id, together(claim, assessment), ~replaced)
    found = db.nested(of_it.correlate(claim), by=("assessed_at", "id"), falling=True)
    return case((assessed(claim) > NOUGHT, found))


def _is_newer(other: type[Assessment], assessment: type[Assessment]) -> ColumnElement[bool]:
    # Of two at one moment the later made: an id says that only of one process's.
    this, that = ((each.assessed_at, each.created_at, each.id) for each in (assessment, other))
    return and_(
        other.claim_id == assessment.claim_id,
        other.reviewer_key == assessment.reviewer_key,
        tuple_(*that) > tuple_(*this),
    )


def _listing(tables: Tables) -> Listing:
    assessment = tables.assessment
    sorts = paging.sorts(
        assessment.id,
        created_at=assessment.created_at,
        updated_at=assessment.updated_at,
        assessed_at=assessment.assessed_at,
    )
    return Listing(rows(tables), sorts, _filters(assessment), live=assessment.deleted_at.is_(None))


def _filters(assessment: type[Assessment]) -> dict[str, ColumnElement[bool]]:
    return {
        "claim_id": assessment.claim_id == bindparam("claim_id"),
        "reviewer": assessment.reviewer_key == bindparam("reviewer"),
        "verdict": assessment.verdict == bindparam("verdict"),
        "is_current": is_current(assessment) == bindparam("is_current", type_=Boolean()),
        "assessed_from": assessment.assessed_at >= bindparam("assessed_from"),
        "assessed_to": assessment.assessed_at <= bindparam("assessed_to"),
        "updated_since": assessment.updated_at >= bindparam("updated_since"),
    }


_LISTING = InTime(_listing)
SORTS = _LISTING.now.orders
