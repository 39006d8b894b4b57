"""Queues in JSON."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from claims_api.models.words import Need
from claims_api.schemas.base import Output
from claims_api.schemas.fields import Word

MEANINGS = {
    Need.EVIDENCE: "No passage is linked to it.",
    Need.SECOND_ORIGIN: "What supports or contradicts it comes from one origin alone.",
    Need.CONTENT_EVIDENCE: "It is known who said it, and nothing bears on whether it is so.",
    Need.REANCHORING: "A passage linked to it has changed in, or is gone from, the newest text of its source.",
    Need.ASSESSMENT: "Nobody has concluded anything of it.",
    Need.CONFLICT_REVIEW: "Its evidence, or another claim, stands against it, and nobody has concluded anything of it.",
}


class QueueOut(Output):
    """How many claims have a need."""

    needs = Word(Need, required=True)
    meaning = fields.String(required=True, metadata={"description": "When a claim has this need."})
    count = fields.Integer(required=True, metadata={"description": "How many claims have it."})
    claims = fields.String(required=True, metadata={"description": "Path of their listing."})


class QueuesOut(Output):
    """All queues."""

    data = fields.List(fields.Nested(QueueOut), required=True)


def shown(counts: Mapping[Need, int]) -> dict[str, Any]:
    """Return all queues with their counts, in the order of ``Need``."""
    return {
        "data": [
            {"needs": need, "meaning": meaning, "count": counts[need], "claims": f"/v1/claims?needs={need}"}
            for need, meaning in MEANINGS.items()
        ]
    }
