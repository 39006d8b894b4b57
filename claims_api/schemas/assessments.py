"""Assessments by people in JSON."""

from typing import ClassVar

from marshmallow import fields

from claims_api.models.words import VERDICTS, Verdict
from claims_api.queries.assessments import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, as_of, either, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Instant, Number, Text, Url, Word
from claims_api.schemas.shaping import computed
from claims_api.services.assessments import NewAssessment

LARGEST_RATING = 1_000_000_000
VERDICT = "What the reviewer concludes."
LABEL = "The verdict in the reviewer's own words, such as `Mostly false` (ClaimReview's `alternateName`)."
VALUE = "The same as a number on the reviewer's scale, from `worst_rating` to `best_rating` where those are given."
REVIEWER = "Who concludes it; in any case and spacing the same reviewer."
CURRENT = "`true`: only the newest of each reviewer of a claim; `false`: only those that a newer one has replaced."


def _rating(description: str) -> Number:
    return Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True, description=description)


class AssessmentIn(Input):
    """What a reviewer concludes of a claim; it is never changed, since a changed mind is a new assessment."""

    makes: ClassVar[type | None] = NewAssessment

    verdict = Word(Verdict, required=True, description=VERDICT)
    rating_label = Text(most=200, allow_none=True, description=LABEL, examples=["Mostly false"])
    rating_value = _rating(VALUE)
    best_rating = _rating("The best of the scale; above `worst_rating`.")
    worst_rating = _rating("The worst of the scale.")
    explanation = Text(most=10_000, allow_none=True, description="Why.")
    review_url = Url(allow_none=True, description="Where the review is published.")
    reviewer = Text(most=500, allow_none=True, description=f"{REVIEWER} The name of the key when left out.")
    assessed_at = Instant(
        allow_none=True,
        description="When it was concluded; now when left out. Up to 5 minutes ahead is taken as now.",
        examples=["2025-10-22T12:00:00Z"],
    )


def disagrees(verdict: Verdict, supports: int, contradicts: int) -> bool:
    """Tell whether a verdict differs from the one that follows from these numbers of links on the content."""
    return verdict != VERDICTS[supports > 0, contradicts > 0]


class AssessmentOut(Output):
    """What a reviewer concluded of a claim."""

    id = Identity(required=True)
    claim_id = Identity(required=True)
    verdict = Word(Verdict, required=True, description=VERDICT)
    rating_label = fields.String(required=True, allow_none=True, metadata={"description": LABEL})
    rating_value = fields.Float(required=True, allow_none=True, metadata={"description": VALUE})
    best_rating = fields.Float(required=True, allow_none=True)
    worst_rating = fields.Float(required=True, allow_none=True)
    explanation = fields.String(required=True, allow_none=True)
    review_url = fields.String(required=True, allow_none=True)
    reviewer = fields.String(required=True, metadata={"description": REVIEWER})
    assessed_at = Instant(required=True, description="When it was concluded (UTC).")
    is_current = fields.Boolean(
        required=True, metadata={"description": "Whether its reviewer has concluded nothing newer of the claim."}
    )
    disagrees_with_derived = computed(
        fields.Boolean(
            required=True,
            metadata={"description": "Whether its verdict differs from the one derived from the evidence, as it is."},
        ),
        disagrees,
        "verdict",
        "content_supports",
        "content_contradicts",
    )
    created_at, updated_at, created_by, version, deleted_at = recorded()


class ClaimAssessmentQuery(ListingQuery):
    """Which assessments of one claim to list."""

    reviewer = Text(most=500, description=REVIEWER)
    verdict = Word(Verdict, description="Only with this verdict.")
    is_current = either(CURRENT)
    assessed_from = Instant(description="Only what was concluded at or after this moment.")
    assessed_to = Instant(description="Only what was concluded at or before this moment.")
    as_of = as_of()
    sort = sort(SORTS)


class AssessmentQuery(ClaimAssessmentQuery):
    """Which assessments to list."""

    claim_id = Identity(description="Only of this claim.")


AssessmentPage = page_of(AssessmentOut)
