"""Conflicts in JSON, each with its two sides face to face."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate

from claims_api.models.words import Basis, ConflictKind, RelationType, Stance
from claims_api.queries.conflicts import SORTS
from claims_api.queries.rows import AnyRow
from claims_api.schemas.base import MOST_PER_PAGE, Output, Query, as_of, cursor, page_of, sort
from claims_api.schemas.claims import verdict
from claims_api.schemas.evidence import EvidenceOut
from claims_api.schemas.fields import Count, Identity, Instant, Text, Word
from claims_api.schemas.refs import ClaimRefOut, SpeakerRefOut
from claims_api.schemas.shaping import part, shape, shape_one

KIND = (
    "`evidence`: a claim with supporting and contradicting links of the basis `content`; `contradicts`: two claims so "
    "related; `supersedes`: two claims of one speaker, so related."
)
SAME_SPEAKER = "Whether two claims of one speaker stand against each other."
STANCES = (Stance.SUPPORTS, Stance.CONTRADICTS)


class FacingClaimOut(ClaimRefOut):
    """A claim, as a conflict shows it."""

    speaker = part(SpeakerRefOut, allow_none=True)
    claim_date = fields.String(required=True, allow_none=True)
    verdict = verdict()


class SideOut(Output):
    """One side of a conflict."""

    claim = fields.Nested(FacingClaimOut, required=True)
    stance = Word(
        Stance,
        required=True,
        allow_none=True,
        description="What its passages do to the claim, of the kind `evidence`; else null.",
    )
    evidence = fields.List(
        fields.Nested(EvidenceOut),
        required=True,
        metadata={"description": "The links of this stance and the basis `content`; of two claims, all of each."},
    )


class ConflictRelationOut(Output):
    """The relation that says so."""

    id = Identity(required=True)
    type = Word(RelationType, required=True)
    note = fields.String(required=True, allow_none=True)


class ConflictOut(Output):
    """What stands against what."""

    kind = Word(ConflictKind, required=True, description=KIND)
    same_speaker = fields.Boolean(required=True, metadata={"description": SAME_SPEAKER})
    relation = fields.Nested(ConflictRelationOut, required=True, allow_none=True)
    claims = fields.List(
        fields.Nested(FacingClaimOut), required=True, metadata={"description": "The one or two claims of it."}
    )
    sides = fields.List(
        fields.Nested(SideOut), required=True, validate=validate.Length(equal=2), metadata={"description": "Two."}
    )
    created_at = Instant(required=True, description="When the claim, or the relation of the two, was made.")


class ConflictQuery(Query):
    """Which conflicts to list."""

    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    cursor = cursor()
    kind = Word(ConflictKind, description=KIND)
    same_speaker = fields.Boolean(truthy={"true"}, falsy={"false"}, metadata={"description": SAME_SPEAKER})
    claim_id = Identity(description="Only those of this claim.")
    speaker_id = Identity(description="Only those with a claim of this speaker.")
    topic = Text(most=200, description="Only those with a claim under this topic, by its name in any case.")
    as_of = as_of()
    sort = sort(SORTS)


def face_to_face(conflicts: Sequence[AnyRow], claims: Mapping[str, AnyRow]) -> list[dict[str, Any]]:
    """Return conflicts with their claims, which come by id, and the evidence of these."""
    shown = {identity: shape_one(FacingClaimOut, row) for identity, row in claims.items()}
    links = {identity: row.evidence for identity, row in claims.items()}
    return [_shown(each, shown, links) for each in conflicts]


def _shown(row: AnyRow, claims: Mapping[str, Any], links: Mapping[str, Sequence[AnyRow]]) -> dict[str, Any]:
    of_evidence = row.kind == ConflictKind.EVIDENCE
    concerned = [row.first_id] if of_evidence else [row.first_id, row.second_id]
    relation = None if of_evidence else {"id": row.id, "type": row.kind, "note": row.note}
    stances = STANCES if of_evidence else (None, None)
    sides = zip((row.first_id, row.second_id), stances, strict=True)
    return {
        "kind": row.kind,
        "same_speaker": row.same_speaker,
        "relation": relation,
        "claims": [claims[each] for each in concerned],
        "sides": [_side(claims[each], stance, links.get(each, ())) for each, stance in sides],
        "created_at": row.created_at,
    }


def _side(claim: Any, stance: Stance | None, links: Sequence[AnyRow]) -> dict[str, Any]:
    chosen = [each for each in links if stance is None or (each.stance, each.basis) == (stance, Basis.CONTENT)]
    return {"claim": claim, "stance": stance, "evidence": shape(EvidenceOut, chosen)}


ConflictPage = page_of(ConflictOut)
