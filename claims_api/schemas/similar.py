"""Claims like others, and candidates for evidence, in JSON."""

from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from claims_api.schemas.base import Input, Output, Query, page_of
from claims_api.schemas.claims import TEXT, ClaimOut
from claims_api.schemas.fields import Count, Identity, Text, Whole
from claims_api.schemas.refs import ClaimRefOut, label
from claims_api.schemas.shaping import added
from claims_api.services.candidates import Candidate
from claims_api.services.similar import Similar

MOST = 100
LIMIT = "How many to give at most; there is no further page."


class SimilarIn(Input):
    """A text, and perhaps who says it: by name or alias, or by id."""

    text = Text(most=10_000, required=True, description=TEXT, examples=["no date was set"])
    speaker = Text(most=500, allow_none=True, description="A name or an alias; one who is not known counts as nobody.")
    speaker_id = Identity(allow_none=True, description="The same, by id.")
    limit = Whole(least=1, most=MOST, load_default=10, description=LIMIT)

    @validates_schema
    def _refuse_both(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("speaker") is not None and data.get("speaker_id") is not None:
            raise ValidationError("Give either `speaker` or `speaker_id`, not both.", "speaker")


class LikeQuery(Query):
    """How many of the best to give."""

    limit = Count(least=1, most=MOST, load_default=10, description=LIMIT)


class SimilarOut(Output):
    """A claim, and how like it is."""

    claim = fields.Nested(ClaimRefOut, required=True)
    score = fields.Float(required=True, metadata={"description": "From 0 to 1; 1 where the words are the same."})


class ClaimMadeOut(ClaimOut):
    """A claim that was only just kept."""

    similar = added(
        fields.List(
            fields.Nested(SimilarOut),
            metadata={"description": "Claims that say nearly the same, where there are any; not part of its state."},
        )
    )


class TitledSourceOut(Output):
    """A source, by its title."""

    id = Identity(required=True)
    title = fields.String(required=True)


class QuotedOut(Output):
    """A place, as evidence takes it."""

    source_id = Identity(required=True)
    exact = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class CandidateOut(Output):
    """A sentence that may bear on a claim."""

    source = fields.Nested(TitledSourceOut, required=True)
    exact = fields.String(required=True)
    start = fields.Integer(required=True, metadata={"description": "In Unicode code points of the newest text."})
    end = fields.Integer(required=True)
    score = fields.Float(required=True, metadata={"description": "From 0 to 1: how much of the claim stands there."})
    evidence = fields.Nested(
        QuotedOut, required=True, metadata={"description": "With a `stance`, what the claim's evidence takes."}
    )


def as_similar(found: Sequence[Similar]) -> dict[str, Any]:
    """Return claims as the answer shows them."""
    return {"data": similar_claims(found), "next_cursor": None}


def similar_claims(found: Sequence[Similar]) -> list[dict[str, Any]]:
    """Return claims, each with its score."""
    return [
        {
            "claim": {"id": each.claim.id, "label": label(each.claim.speaker_name, each.claim.text)},
            "score": each.score,
        }
        for each in found
    ]


def as_candidates(found: Sequence[Candidate]) -> dict[str, Any]:
    """Return candidates as the answer shows them."""
    return {"data": [_candidate(each) for each in found], "next_cursor": None}


def _candidate(each: Candidate) -> dict[str, Any]:
    place = {"exact": each.exact, "start": each.start, "end": each.end}
    source = {"id": each.source_id, "title": each.title}
    return {"source": source, **place, "score": each.score, "evidence": {"source_id": each.source_id, **place}}


SimilarPage = page_of(SimilarOut)
CandidatePage = page_of(CandidateOut)
