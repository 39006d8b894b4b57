"""/v1/conflicts."""

from typing import Any

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import claims as claim_queries
from claims_api.queries import conflicts as queries
from claims_api.schemas.conflicts import ConflictPage, ConflictQuery, face_to_face
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import listed, window
from claims_api.web.session import reading

blueprint = Blueprint("conflicts", prefix="/v1", description="What stands against what.")


@blueprint.operation("GET", "/conflicts", scope=Scope.READ, query=ConflictQuery, answers=(200, ConflictPage))
def list_conflicts(query: dict[str, Any]) -> Response:
    """List conflicts

    Claims with content evidence of both stances, claims that contradict each other, and claims of one speaker of which
    one supersedes the other; each with its two sides, and their passages, face to face. Newest first, by when the claim
    or the relation was made.
    """
    as_of = query.get("as_of")
    with reading(as_of) as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        concerned = sorted({identity for row in page.rows for identity in (row.first_id, row.second_id)})
        claims = claim_queries.of_ids(connection, concerned, has_evidence=True, as_of=as_of)
        return listed(connection, face_to_face(page.rows, claims), page)
