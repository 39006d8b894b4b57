"""/v1/claims/{claim_id}/claim-review."""

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import claim_reviews as queries
from claims_api.schemas.formats import claim_reviews as schemas
from claims_api.schemas.formats.linked import JSON_LD
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import reading

blueprint = Blueprint(
    "claim-reviews",
    prefix="/v1",
    description="Claims and what people conclude of them, as schema.org's ClaimReview.",
)


@blueprint.operation(
    "GET",
    "/claims/<id:claim_id>/claim-review",
    scope=Scope.READ,
    answers=(200, schemas.DOCUMENT),
    media_type=JSON_LD,
)
def read_claim_review(claim_id: str) -> Response:
    """Read a claim as schema.org's ClaimReview

    JSON-LD: one review for each reviewer's newest assessment, in `@graph` where there are several. Of a claim that
    nobody has assessed the review tells what follows from its evidence; its `additionalType` says so. `url` is left out
    where an assessment has no `review_url`: Google's tools ask for one.
    """
    with reading() as connection:
        claim = queries.one(connection, claim_id)
        appearances = queries.appearances(connection, [claim_id]).get(claim_id, [])
        return read(schemas.document(claim, appearances), media_type=JSON_LD)
