"""/v1/sources/{source_id}/versions."""

from typing import Any

from flask import Response
from sqlalchemy import Connection

from claims_api.models.words import Scope
from claims_api.queries import reports
from claims_api.queries import versions as queries
from claims_api.queries.rows import AnyRow
from claims_api.schemas import examples
from claims_api.schemas.reports import ReportOut, report, unchanged
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.versions import VersionIn, VersionOut, VersionPage, VersionQuery, VersionTextOut
from claims_api.services import ledger, reanchoring
from claims_api.services.versions import NewVersion
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, entity, read
from claims_api.web.session import asking, reading, writing

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
    with asking() as connection:
        return read(shape_one(VersionTextOut, queries.one(connection, source_id, number)))


@blueprint.operation(
    "POST",
    "/sources/<id:source_id>/versions",
    scope=Scope.WRITE,
    body=VersionIn,
    answers=(201, ReportOut),
    also={200: (ReportOut, "Its newest version has this text already")},
    examples=examples.VERSION_IN,
)
def create_version(source_id: str, body: NewVersion) -> Response:
    """Keep a newer text of a source

    All its passages are looked for in it, in the same transaction: `exact` at the same place, `moved` elsewhere,
    `changed` where much like it stands there, to be confirmed by a person, `orphaned` where it is gone or nobody can
    tell. The answer is the report. The text of its newest version makes no other one: 200, with `unchanged`. It may
    be taken out of a page of HTML, and sent as a file, as that of a new source is.
    """
    with writing() as session:
        version, is_new = reanchoring.revise(session, source_id, body)
        connection = ledger.seal(session)
        row = queries.one(connection, source_id, version.number)
        kept = shape_one(VersionTextOut, row)
        if not is_new:
            return entity(unchanged(shape_one(VersionOut, row)), of=kept)
        answer = _report(connection, source_id, row)
    return created(answer, f"/v1/sources/{source_id}/versions/{version.number}", of=kept)


@blueprint.operation(
    "GET",
    "/sources/<id:source_id>/versions/<number:number>/report",
    scope=Scope.READ,
    answers=(200, ReportOut),
)
def read_report(source_id: str, number: int) -> Response:
    """Read what a version did to the passages of its source

    The passages as they were found in it; the claims that changed and orphaned ones bear on, as they stand at present:
    whether the derived assessment rests on such passages, and what it would be without them.
    """
    with reading() as connection:
        return read(_report(connection, source_id, queries.one(connection, source_id, number)))


def _report(connection: Connection, source_id: str, version: AnyRow) -> dict[str, Any]:
    passages = reports.passages(connection, source_id, version.number)
    return report(shape_one(VersionOut, version), passages, reports.links(connection, source_id, version.number))
