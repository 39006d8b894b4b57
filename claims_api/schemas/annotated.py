"""Texts cut at their passages, in JSON."""

from typing import Any

from marshmallow import fields

from claims_api.models.words import AnchorState, Basis, Stance
from claims_api.schemas.base import Output, Query
from claims_api.schemas.fields import Count, Identity, Word
from claims_api.schemas.refs import ANCHOR_STATE, BASIS, LARGEST_NUMBER, ClaimRefOut
from claims_api.schemas.shaping import added, part, shape, shape_one
from claims_api.services.annotated import Annotated


class AnnotatedSourceOut(Output):
    """A source, as its annotated text shows it."""

    id = Identity(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    publisher = fields.String(required=True, allow_none=True)
    published_at = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)


class MarkEvidenceOut(Output):
    """What a passage does to a claim, as an annotated text shows it."""

    id = Identity(required=True)
    stance = Word(Stance, required=True)
    basis = Word(Basis, required=True, description=BASIS)
    claim = part(ClaimRefOut)


class MarkOut(Output):
    """A passage, as an annotated text shows it."""

    id = Identity(required=True)
    anchor_state = Word(AnchorState, required=True, description=ANCHOR_STATE)
    evidence = added(
        fields.List(fields.Nested(MarkEvidenceOut), required=True, metadata={"description": "Oldest first."})
    )


class SegmentOut(Output):
    """A stretch of the text in which no passage begins or ends."""

    start = fields.Integer(required=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, metadata={"description": "The first one behind."})
    text = fields.String(required=True, metadata={"description": "The text's own characters."})
    passages = fields.List(
        fields.Nested(MarkOut),
        required=True,
        metadata={
            "description": "The passages that cover it; those that begin first come first, of these the longest."
        },
    )


class AnnotatedOut(Output):
    """A text cut at the passages upon it."""

    source = fields.Nested(AnnotatedSourceOut, required=True)
    version = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Number of the version that was cut; null for a source without text."},
    )
    segments = fields.List(
        fields.Nested(SegmentOut),
        required=True,
        metadata={"description": "In order; joined, their texts are the whole text. Empty without text."},
    )


class AnnotatedQuery(Query):
    """Which text to cut."""

    version = Count(least=1, most=LARGEST_NUMBER, description="Number of a version; the newest when left out.")


def annotated(found: Annotated) -> dict[str, Any]:
    """Return a text cut at its passages."""
    text = "" if found.version is None else found.version.text
    shown = zip(found.passages, shape(MarkOut, list(found.passages.values())), strict=True)
    marks = {each: {**mark, "evidence": shape(MarkEvidenceOut, found.links.get(each, []))} for each, mark in shown}
    segments = [
        {
            "start": each.start,
            "end": each.end,
            "text": text[each.start : each.end],
            "passages": [marks[passage_id] for passage_id in each.passage_ids],
        }
        for each in found.segments
    ]
    number = None if found.version is None else found.version.number
    return {"source": shape_one(AnnotatedSourceOut, found.source), "version": number, "segments": segments}
