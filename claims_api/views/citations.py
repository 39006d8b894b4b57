"""/v1/passages/{passage_id}/check."""

from flask import Response

from claims_api.models.words import Scope
from claims_api.schemas.citations import CitationCheckOut, citation
from claims_api.services import citations
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import reading

blueprint = Blueprint("citations", prefix="/v1", description="Whether quotes still stand, byte for byte.")


@blueprint.operation("GET", "/passages/<id:passage_id>/check", scope=Scope.READ, answers=(200, CitationCheckOut))
def check_passage(passage_id: str) -> Response:
    """Check whether a citation still stands

    Found out from the stored texts at this moment: whether the text that it was quoted from is the one that was given
    (by its SHA-256), whether the offsets name one place in all units, whether the quoted words stand there byte for
    byte; and the same in the newest text. `claims-api verify` does it for all passages.
    """
    with reading() as connection:
        return read(citation(citations.check(connection, passage_id)))
