"""Write claims as schema.org's ClaimReview, in JSON-LD, as Google's Fact Check Tools take it.

One review for each reviewer's current assessment. Where nobody has assessed a claim, the one that follows from its
evidence is told in its place, marked by its ``additionalType``: nobody has concluded it, and no import takes it for
somebody's assessment.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from claims_api.models.words import Basis, Verdict
from claims_api.queries import claim_reviews as queries
from claims_api.queries.rows import AnyRow
from claims_api.schemas.formats.linked import agent, agent_type, kept, line, own, urn
from claims_api.services.deriving import Tally, derive

CONTEXT = "https://schema.org"
DERIVED = own("derived")
VERDICT = "verdict"
# Who concludes what nobody has: the rule, and no person.
NOBODY = "Claims API"
LABELS = {
    Verdict.SUPPORTED: "Supported",
    Verdict.REFUTED: "Refuted",
    Verdict.CONFLICTING_EVIDENCE: "Conflicting evidence",
    Verdict.NOT_ENOUGH_EVIDENCE: "Not enough evidence",
}
_NOTHING: Mapping[str, Any] = {}
# For the contract.
DOCUMENT = {
    "type": "object",
    "description": "JSON-LD: one `ClaimReview`, or several in `@graph`.",
    "properties": {
        "@context": {"type": "string", "const": CONTEXT},
        "@type": {"type": "string", "const": "ClaimReview"},
        "@graph": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
    "required": ["@context"],
    "additionalProperties": True,
}


def document(claim: AnyRow, appearances: Sequence[AnyRow]) -> dict[str, Any]:
    """Return the reviews of a claim: by itself where there is one, else as a graph."""
    found = reviews(claim, appearances) or [_derived(claim, appearances)]
    return {"@context": CONTEXT, **(found[0] if len(found) == 1 else {"@graph": found})}


def reviews(claim: AnyRow, appearances: Sequence[AnyRow]) -> list[dict[str, Any]]:
    """Return one review for each assessment of a claim."""
    reviewed = _reviewed(claim, appearances)
    return [_review(claim, each, reviewed) for each in claim.assessments or ()]


def lines(
    connection: Connection, conditions: Sequence[ColumnElement[bool]] = (), values: Mapping[str, Any] = _NOTHING
) -> Iterator[bytes]:
    """Yield the reviews of all claims that somebody has assessed, a document on each line."""
    for claims in queries.assessed(connection, conditions, values):
        appearances = queries.appearances(connection, [claim.id for claim in claims])
        for claim in claims:
            for each in reviews(claim, appearances.get(claim.id, [])):
                yield line({"@context": CONTEXT, **each})


def _review(claim: AnyRow, assessment: AnyRow, reviewed: dict[str, Any]) -> dict[str, Any]:
    return kept(
        {
            "@type": "ClaimReview",
            "@id": urn(assessment.id),
            "url": assessment.review_url,
            "claimReviewed": claim.text,
            "author": {"@type": "Organization", "name": assessment.reviewer},
            "datePublished": published(assessment.assessed_at),
            "itemReviewed": reviewed,
            "reviewRating": _rating(assessment),
        }
    )


def _derived(claim: AnyRow, appearances: Sequence[AnyRow]) -> dict[str, Any]:
    tally = Tally(*(getattr(claim, f"{Basis.CONTENT}_{name}") for name in Tally.__dataclass_fields__))
    found = derive(tally, Basis.CONTENT)
    return {
        "@type": "ClaimReview",
        "additionalType": DERIVED,
        "claimReviewed": claim.text,
        "author": {"@type": "Organization", "name": NOBODY, "description": f"By the rule {found.rule}; nobody's view."},
        "itemReviewed": _reviewed(claim, appearances),
        "reviewRating": {
            "@type": "Rating",
            "additionalType": own(VERDICT, found.verdict),
            "alternateName": LABELS[found.verdict],
            "ratingExplanation": found.explanation,
        },
    }


def _rating(assessment: AnyRow) -> dict[str, Any]:
    return kept(
        {
            "@type": "Rating",
            "additionalType": own(VERDICT, assessment.verdict),
            "alternateName": assessment.rating_label or LABELS[assessment.verdict],
            "ratingValue": _number(assessment.rating_value),
            "bestRating": _number(assessment.best_rating),
            "worstRating": _number(assessment.worst_rating),
            "ratingExplanation": assessment.explanation,
        }
    )


def _reviewed(claim: AnyRow, appearances: Sequence[AnyRow]) -> dict[str, Any]:
    first = [_appearance(each) for each in appearances if each.later == 0]
    later = [_appearance(each) for each in appearances if each.later]
    return kept(
        {
            "@type": "Claim",
            "@id": urn(claim.id),
            "author": _speaker(claim),
            "datePublished": claim.claim_date,
            "inLanguage": claim.language,
            "firstAppearance": first[0] if first else None,
            "appearance": later,
        }
    )


def _speaker(claim: AnyRow) -> dict[str, Any] | None:
    if claim.speaker_id is None:
        return None
    told = {"jobTitle": claim.speaker_job_title, "sameAs": claim.speaker_same_as}
    kind = claim.speaker_kind
    if agent_type(kind) != "Person":
        del told["jobTitle"]
    return {"@type": agent_type(kind), **agent(claim.speaker_name, kind), **kept(told)}


def _appearance(source: AnyRow) -> dict[str, Any]:
    publisher = source.publisher and {"@type": "Organization", "name": source.publisher}
    return kept(
        {
            "@type": "CreativeWork",
            "url": source.url,
            "name": source.title,
            "publisher": publisher,
            "datePublished": source.published_at,
        }
    )


def published(moment: dt.datetime) -> str:
    """Return a moment in ISO 8601, in UTC: as a bare date at the beginning of a day, since dates are read so."""
    told = moment.astimezone(dt.UTC)
    return told.date().isoformat() if told.time() == dt.time() else told.isoformat().replace("+00:00", "Z")


def _number(value: float | None) -> float | int | None:
    # Google's own examples have whole numbers.
    return int(value) if value is not None and value.is_integer() else value
