"""Relations between claims in JSON."""

from typing import Any, ClassVar

from marshmallow import fields

from claims_api.models.words import SYMMETRIC, Direction, RelationType
from claims_api.queries.relations import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, as_of, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Text, Word
from claims_api.schemas.refs import ClaimRefOut, label
from claims_api.schemas.shaping import computed, part
from claims_api.services.relations import NewRelation

TYPE = "`contradicts`, `same_as` and `related` hold both ways: whichever way they are stated, they are one."
NOTE = "Why, in a few words."


class RelationIn(Input):
    """What the claim of the path is to another one."""

    makes: ClassVar[type | None] = NewRelation

    type = Word(RelationType, required=True, description=TYPE)
    target_id = Identity(required=True, description="The other claim: the one that is contradicted, superseded, ...")
    note = Text(most=5_000, allow_none=True, description=NOTE)


class RelationPatch(Input):
    """Changes to a relation; null takes the note away. Type and claims stay."""

    note = Text(most=5_000, allow_none=True, description=NOTE)


class RelationOut(Output):
    """What one claim, the source, is to another one, the target."""

    id = Identity(required=True)
    type = Word(RelationType, required=True, description=TYPE)
    source = part(ClaimRefOut)
    target = part(ClaimRefOut)
    note = fields.String(required=True, allow_none=True)
    created_at, updated_at, created_by, version, deleted_at = recorded()


def _direction(kind: RelationType, source_id: str, claim_id: str) -> Direction:
    if kind in SYMMETRIC:
        return Direction.BOTH
    return Direction.OUTGOING if source_id == claim_id else Direction.INCOMING


def _other(claim_id: str, *ends: Any) -> dict[str, Any]:
    source, target = ends[:3], ends[3:]
    identity, speaker, text = target if source[0] == claim_id else source
    return {"id": identity, "label": label(speaker, text)}


def direction() -> fields.Field[Any]:
    """Declare how a relation is seen from the claim that the row names as ``claim_id``."""
    field = Word(
        Direction, required=True, description="`outgoing` where the claim is the source; `both` for both ways."
    )
    return computed(field, _direction, "type", "source_id", "claim_id")


def other_claim() -> fields.Field[Any]:
    """Declare the claim at the other end, seen from the one that the row names as ``claim_id``."""
    ends = [f"{end}_{column}" for end in ("source", "target") for column in ("id", "speaker_name", "text")]
    field = fields.Nested(ClaimRefOut, required=True, metadata={"description": "The claim at the other end."})
    return computed(field, _other, "claim_id", *ends)


class ClaimRelationOut(RelationOut):
    """A relation, as seen from one of its claims."""

    direction = direction()
    claim = other_claim()


class ClaimRelationQuery(ListingQuery):
    """Which relations of one claim to list."""

    type = Word(RelationType, description="Only of this type.")
    as_of = as_of()
    sort = sort(SORTS)


class RelationQuery(ClaimRelationQuery):
    """Which relations to list."""

    claim_id = Identity(description="Only of this claim, whichever end it is.")


RelationPage = page_of(RelationOut)
ClaimRelationPage = page_of(ClaimRelationOut)
