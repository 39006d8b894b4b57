"""/v1/export."""

from collections.abc import Generator
from typing import Any

from flask import Response

from claims_api.db import Database
from claims_api.errors import Invalid
from claims_api.models.words import Scope
from claims_api.queries.exports import Selection
from claims_api.schemas.formats.lines import MARK
from claims_api.schemas.formats.registry import CSV, FORMATS, NDJSON, Format
from claims_api.schemas.imports import ExportQuery, TableQuery
from claims_api.web import auth, request_turns, streams
from claims_api.web.openapi import Blueprint
from claims_api.web.session import database

blueprint = Blueprint("exports", prefix="/v1", description="Take along all that is kept.")
_NAMED = {"Content-Disposition": "A name for the file."}


@blueprint.operation(
    "GET",
    "/export",
    scope=Scope.READ,
    query=ExportQuery,
    answers=(200, {"type": "string"}),
    media_type=NDJSON,
    tells=_NAMED,
)
def export_records(query: dict[str, Any]) -> Response:
    """Export all of it, or some claims

    Lines of JSON, as all is at one moment. A `bundle` loses nothing: a line for each speaker, topic, source, text,
    passage, claim, link, assessment and relation; the same state gives the same bytes, and the last line says that it
    is whole. Filters are those of `/v1/claims`: they narrow the claims, and what these speak of comes along.
    docs/import-export.md says what the other formats cannot carry.
    """
    name, has_history = query.pop("format"), query.pop("include", None) is not None
    if has_history:
        auth.require(Scope.ADMIN)
        _refuse_part(name, query)
    return _given(name, Selection(query, has_history=has_history), f"{name}.ndjson")


@blueprint.operation(
    "GET",
    "/export/claims.csv",
    scope=Scope.READ,
    query=TableQuery,
    answers=(200, {"type": "string"}),
    media_type=CSV,
    tells=_NAMED,
)
def export_claims_table(query: dict[str, Any]) -> Response:
    """Export claims as a table

    For spreadsheets: a row for each claim, with its newest assessment and what follows from its evidence. What a
    spreadsheet could take for a formula is made harmless, and read back as it was by `format=claims-csv`.
    """
    return _table("claims", query)


@blueprint.operation(
    "GET",
    "/export/evidence.csv",
    scope=Scope.READ,
    query=TableQuery,
    answers=(200, {"type": "string"}),
    media_type=CSV,
    tells=_NAMED,
)
def export_evidence_table(query: dict[str, Any]) -> Response:
    """Export evidence as a table

    For spreadsheets: a row for each link, with its claim, its quote and its source. `format=evidence-csv` reads it.
    """
    return _table("evidence", query)


def _table(name: str, query: dict[str, Any]) -> Response:
    before = MARK if query.pop("bom") else b""
    return _given(f"{name}-csv", Selection(query), f"{name}.csv", before)


def _given(name: str, selection: Selection, file: str, before: bytes = b"") -> Response:
    chosen = FORMATS[name]
    request_turns.end()  # it takes long
    lines = _lines(database(), chosen, selection, before)
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return streams.given(lines, chosen.media_types[0], headers)


def _lines(source: Database, chosen: Format, selection: Selection, before: bytes) -> Generator[bytes]:
    with source.reading() as connection:
        if before:
            yield before
        yield from chosen.written(connection, selection)


def _refuse_part(name: str, filters: dict[str, Any]) -> None:
    detail = "The history is that of everything, and goes with a bundle: leave filters and other formats out."
    if filters or name != "bundle":
        raise Invalid(detail, parameter="include")
