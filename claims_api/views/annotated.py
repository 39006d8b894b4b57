"""/v1/sources/{source_id}/annotated."""

from typing import Any

from flask import Response

from claims_api.models.words import Scope
from claims_api.schemas.annotated import AnnotatedOut, AnnotatedQuery, annotated
from claims_api.services.annotated import annotate
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import reading

blueprint = Blueprint("annotated", prefix="/v1", description="Texts cut at the passages upon them, to be drawn.")


@blueprint.operation(
    "GET", "/sources/<id:source_id>/annotated", scope=Scope.READ, query=AnnotatedQuery, answers=(200, AnnotatedOut)
)
def read_annotated(source_id: str, query: dict[str, Any]) -> Response:
    """Read a text cut at its passages

    The newest, or the `version` that is named, in segments: each with the passages that cover it, and with the claims
    that these bear on, and how. A passage stands on the version that it was quoted from, and on the newest where it was
    found there. A source without text has no segments.
    """
    with reading() as connection:
        return read(annotated(annotate(connection, source_id, number=query.get("version"))))
