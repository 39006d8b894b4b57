"""/v1/sources."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from claims_api.models.sources import Source
from claims_api.models.words import Scope
from claims_api.queries import evidence as evidence_queries
from claims_api.queries import passages as passage_queries
from claims_api.queries import sources as queries
from claims_api.schemas import examples
from claims_api.schemas.base import DuplicateQuery, OneQuery
from claims_api.schemas.sources import SourceIn, SourceOut, SourcePage, SourcePatch, SourceQuery, with_passages
from claims_api.services import ledger, records, sources
from claims_api.services.sources import NewSource
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.session import asking, reading, writing

blueprint = Blueprint("sources", prefix="/v1", description="What is cited, with its text exactly as it was given.")


@blueprint.operation("GET", "/sources", scope=Scope.READ, query=SourceQuery, answers=(200, SourcePage))
def list_sources(query: dict[str, Any]) -> Response:
    """List sources

    A page at a time, without their text.
    """
    with asking() as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, SourceOut, page)


@blueprint.operation(
    "POST",
    "/sources",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    body=SourceIn,
    answers=(201, SourceOut),
    refuses=("duplicate",),
    examples=examples.SOURCE_IN,
)
def create_source(query: dict[str, Any], body: NewSource) -> Response:
    """Keep a new source

    Its `text` becomes version 1, byte for byte. A source may have none: its quotes are then `unverified`. Out of a page
    of HTML (`content_type`) its article is taken; what the page says of itself fills the fields that are not sent, and
    nothing is fetched. A file may be sent as multipart/form-data: the part `file`, and the other fields as JSON in the
    part `fields`. Refused with `duplicate` where a source with the same canonical URL or the same text is there, unless
    `allow_duplicate=true`.
    """
    with writing() as session:
        source = sources.create(session, body, **query)
        answer = _whole(ledger.seal(session), source.id)
    return created(answer, f"/v1/sources/{answer['id']}")


@blueprint.operation("GET", "/sources/<id:source_id>", scope=Scope.READ, query=OneQuery, answers=(200, SourceOut))
def read_source(source_id: str, query: dict[str, Any]) -> Response:
    """Read one source with its passages

    In reading order, each with the claims that it bears on. The text is under
    `/v1/sources/{source_id}/versions/{number}`, and cut at the passages under `/v1/sources/{source_id}/annotated`.
    """
    with reading() as connection:
        return read(_whole(connection, source_id, **query))


@blueprint.operation(
    "PATCH",
    "/sources/<id:source_id>",
    scope=Scope.WRITE,
    body=SourcePatch,
    answers=(200, SourceOut),
    examples=examples.SOURCE_PATCH,
)
def update_source(source_id: str, body: dict[str, Any]) -> Response:
    """Change what is known about a source

    JSON Merge Patch (RFC 7396). Its text is never changed.
    """
    with writing() as session:
        current = partial(_current, session, source_id)
        hold(partial(records.live, session, Source, source_id), current)
        sources.update(session, source_id, body)
        return entity(current())


@blueprint.operation("DELETE", "/sources/<id:source_id>", scope=Scope.WRITE, answers=(204, None), refuses=("in-use",))
def delete_source(source_id: str) -> Response:
    """Delete a source

    Refused with `in-use` while a passage of it is kept.
    """
    with writing() as session:
        current = partial(_current, session, source_id)
        hold(partial(records.live, session, Source, source_id), current)
        sources.delete(session, source_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/sources/<id:source_id>/restore",
    scope=Scope.WRITE,
    answers=(200, SourceOut),
)
def restore_source(source_id: str) -> Response:
    """Bring a deleted source back

    Under the same id, with its text. A source that is there already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, source_id)
        hold(partial(records.kept, session, Source, source_id), current)
        sources.restore(session, source_id)
        return entity(current())


def _current(session: Session, source_id: str) -> dict[str, Any]:
    return _whole(ledger.seal(session), source_id, include_deleted=True)


def _whole(connection: Connection, source_id: str, *, include_deleted: bool = False) -> dict[str, Any]:
    row = queries.one(connection, source_id, include_deleted=include_deleted)
    passages = passage_queries.of_source(connection, source_id)
    return with_passages(row, passages, evidence_queries.upon(connection, source_id))
