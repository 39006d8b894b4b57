"""/v1/sources/{source_id}/versions/{other_number}..{number}/diff."""

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import versions as queries
from claims_api.schemas.differences import VersionDifferenceOut, difference
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import reading

blueprint = Blueprint("differences", prefix="/v1", description="What is different between two versions of a text.")


@blueprint.operation(
    "GET",
    "/sources/<id:source_id>/versions/<number:other_number>..<number:number>/diff",
    scope=Scope.READ,
    answers=(200, VersionDifferenceOut),
)
def compare_versions(source_id: str, other_number: int, number: int) -> Response:
    """Compare two versions of a text

    What became of the first one that is named in the second, whichever is newer: by words, and as a unified diff by
    lines. Versions never change, and neither does this answer.
    """
    with reading() as connection:
        before, after = (queries.one(connection, source_id, each) for each in (other_number, number))
    return read(difference(before, after))
