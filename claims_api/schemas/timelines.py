"""Timelines of speakers in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields

from claims_api.models.words import RelationType
from claims_api.queries.rows import AnyRow
from claims_api.queries.timelines import SORTS
from claims_api.schemas.base import MOST_PER_PAGE, Output, Query, as_of, cursor, page_of, sort
from claims_api.schemas.claims import ClaimOut
from claims_api.schemas.fields import Count, Identity, Word
from claims_api.schemas.relations import direction, other_claim
from claims_api.schemas.shaping import added, shape


class ReversalOut(Output):
    """A relation by which a claim contradicts or supersedes another one of the same speaker, or that one this claim."""

    id = Identity(required=True, description="Id of the relation.")
    type = Word(RelationType, required=True)
    note = fields.String(required=True, allow_none=True)
    direction = direction()
    claim = other_claim()


class TimelineClaimOut(ClaimOut):
    """A claim of a speaker, as a timeline shows it: without its evidence."""

    reversals = added(
        fields.List(
            fields.Nested(ReversalOut),
            required=True,
            metadata={"description": "Where it and another claim of the speaker contradict or supersede each other."},
        )
    )


class TimelineQuery(Query):
    """Which part of a timeline to read."""

    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    cursor = cursor()
    as_of = as_of()
    sort = sort(SORTS)


def with_reversals(claims: Sequence[AnyRow], reversals: Mapping[str, Sequence[AnyRow]]) -> list[dict[str, Any]]:
    """Return claims with their reversals, which come by the claim's id."""
    shown = shape(TimelineClaimOut, claims)
    return [{**each, "reversals": shape(ReversalOut, reversals.get(each["id"], []))} for each in shown]


TimelinePage = page_of(TimelineClaimOut)
