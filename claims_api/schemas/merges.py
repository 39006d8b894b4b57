"""Mergers of speakers in JSON."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from claims_api.models.words import EntityKind
from claims_api.schemas.base import Input, Output
from claims_api.schemas.fields import Identity, Word
from claims_api.schemas.speakers import SpeakerOut
from claims_api.services.merges import Moved


class MergeIn(Input):
    """Who takes over."""

    into_id = Identity(required=True, description="The speaker who stays, and gets all that this one has.")


class MovedOut(Output):
    """How much went from one speaker to another."""

    claims = fields.Integer(required=True, metadata={"description": "Claims of the speaker."})
    evidence = fields.Integer(required=True, metadata={"description": "Links that the speaker states."})


class MergeOut(Output):
    """What a merger did."""

    speaker = fields.Nested(
        SpeakerOut, required=True, metadata={"description": "The speaker who stayed, with the names of both."}
    )
    moved = fields.Nested(MovedOut, required=True)


class LeftOut(Output):
    """Something that the merger moved, and that was not given back."""

    entity = Word(EntityKind, required=True)
    id = Identity(required=True)


class UnmergeOut(Output):
    """What undoing a merger did."""

    speaker = fields.Nested(SpeakerOut, required=True, metadata={"description": "The speaker who is back."})
    moved = fields.Nested(MovedOut, required=True)
    left = fields.List(
        fields.Nested(LeftOut),
        required=True,
        metadata={"description": "What the merger moved and was given to others or deleted since: it stays there."},
    )


def merged(speaker: Mapping[str, Any], moved: Moved) -> dict[str, Any]:
    """Return what a merger did."""
    return {"speaker": speaker, "moved": {"claims": moved.claims, "evidence": moved.evidence}}


def unmerged(speaker: Mapping[str, Any], moved: Moved) -> dict[str, Any]:
    """Return what undoing a merger did."""
    return {**merged(speaker, moved), "left": [{"entity": kind, "id": each} for kind, each in moved.left]}
