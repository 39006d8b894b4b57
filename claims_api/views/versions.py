"""/v1/sources/{source_id}/versions."""

from typing import Any

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import versions as queries
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.versions import VersionOut, VersionPage, VersionQuery, VersionTextOut
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import read
from claims_api.web.session import reading

blueprint = Blueprint("versions", prefix="/v1", description="The texts of sources, one after another.")


@blueprint.operation(
    "GET",
    "/sources/<id:source_id>/versions",
    scope=Scope.READ,
    query=VersionQuery,
    answers=(200, VersionPage),
)
def list_versions(source_id: str, query: dict[str, Any]) -> Response:
    """List the versions of a source's text

    Without the texts.
    """
    with reading() as connection:
        page = queries.page(connection, source_id, window=window(connection, query))
        return as_page(connection, VersionOut, page)


@blueprint.operation(
    "GET",
    "/sources/<id:source_id>/versions/<number:number>",
    scope=Scope.READ,
    answers=(200, VersionTextOut),
)
def read_version(source_id: str, number: int) -> Response:
    """Read one version with its text

    Exactly as it was given; `sha256` is that of its UTF-8 bytes.
    """
    with reading() as connection:
        return read(shape_one(VersionTextOut, queries.one(connection, source_id, number)))
