"""/v1/evidence/{evidence_id}/annotation."""

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import annotations as queries
from claims_api.schemas.formats import annotations as schemas
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import asking

blueprint = Blueprint(
    "annotations",
    prefix="/v1",
    description="Evidence as W3C Web Annotations.",
)


@blueprint.operation(
    "GET",
    "/evidence/<id:evidence_id>/annotation",
    scope=Scope.READ,
    answers=(200, schemas.DOCUMENT),
    media_type=schemas.MEDIA_TYPE,
)
def read_annotation(evidence_id: str) -> Response:
    """Read a link as a Web Annotation

    JSON-LD: the target is the passage, by its words and its place (in Unicode code points) in the text of that date;
    the bodies are the claim, the stance, the basis and the note. A source without a URL is named by `urn:uuid:` and its
    id.
    """
    with asking() as connection:
        return read(schemas.annotation(queries.one(connection, evidence_id)), media_type=schemas.MEDIA_TYPE)
