"""/v1/export."""

from collections.abc import Generator
from typing import Any

from flask import Response

from claims_api.db import Database
from claims_api.errors import Invalid
from claims_api.models.words import Scope
from claims_api.queries.exports import Selection
from claims_api.schemas import bundles
from claims_api.schemas.formats import NDJSON
from claims_api.schemas.imports import ExportQuery
from claims_api.web import auth, streams
from claims_api.web.openapi import Blueprint
from claims_api.web.session import database

blueprint = Blueprint("exports", prefix="/v1", description="Take along all that is kept.")


@blueprint.operation(
    "GET", "/export", scope=Scope.READ, query=ExportQuery, answers=(200, {"type": "string"}), media_type=NDJSON
)
def export_records(query: dict[str, Any]) -> Response:
    """Export a bundle

    Lines of JSON, one for each speaker, topic, source, text, passage, claim, link, assessment and relation, as they are
    at one moment; the same state gives the same bytes. Filters are those of `/v1/claims`: they narrow the claims, and
    what these speak of comes along. Its last line says that it is whole.
    """
    has_history = query.pop("include", None) is not None
    if has_history:
        auth.require(Scope.ADMIN)
        _refuse_filters(query)
    lines = _lines(database(), Selection(query, has_history=has_history))
    return streams.given(lines, NDJSON, {"Content-Disposition": 'attachment; filename="claims.ndjson"'})


def _lines(source: Database, selection: Selection) -> Generator[bytes]:
    with source.reading() as connection:
        yield from bundles.written(connection, selection)


def _refuse_filters(query: dict[str, Any]) -> None:
    if query:
        detail = "The history is that of everything: leave the filters out."
        raise Invalid(detail, errors=[{"parameter": "include", "detail": detail}])
