"""/v1/passages."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.passages import Passage
from claims_api.models.words import Scope
from claims_api.queries import passages as queries
from claims_api.schemas import examples
from claims_api.schemas.base import OneQuery
from claims_api.schemas.passages import PassageIn, PassageOut, PassagePage, PassageQuery
from claims_api.schemas.refs import QuotedIn
from claims_api.schemas.shaping import shape_one
from claims_api.services import ledger, passages, reanchoring, records
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.problems import QUOTE_PROBLEMS
from claims_api.web.session import asking, writing

blueprint = Blueprint("passages", prefix="/v1", description="Exact places in the text of sources.")


@blueprint.operation("GET", "/passages", scope=Scope.READ, query=PassageQuery, answers=(200, PassagePage))
def list_passages(query: dict[str, Any]) -> Response:
    """List passages

    A page at a time; with `source_id` and `sort=start` in the order of their offsets, each in its own version.
    """
    with asking() as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, PassageOut, page)


@blueprint.operation(
    "POST",
    "/passages",
    scope=Scope.WRITE,
    body=PassageIn,
    answers=(201, PassageOut),
    also={200: (PassageOut, "The passage was there already")},
    refuses=QUOTE_PROBLEMS,
    examples=examples.PASSAGE_IN,
)
def create_passage(body: dict[str, Any]) -> Response:
    """Keep a passage

    The quote is looked for in the newest text of the source: exactly, then without regard to typography. What
    is kept is the source's own text at its true offsets. A place that is kept already is answered with 200.
    """
    with writing() as session:
        found = passages.find_or_create(session, is_last=True, **body)
        answer = shape_one(PassageOut, queries.one(ledger.seal(session), found.id))
    return created(answer, f"/v1/passages/{answer['id']}") if found.is_new else entity(answer)


@blueprint.operation("GET", "/passages/<id:passage_id>", scope=Scope.READ, query=OneQuery, answers=(200, PassageOut))
def read_passage(passage_id: str, query: dict[str, Any]) -> Response:
    """Read one passage

    What rests on it is listed by `/v1/evidence?passage_id=<id>`. A passage cannot be changed: another place is
    another passage.
    """
    with asking() as connection:
        return read(shape_one(PassageOut, queries.one(connection, passage_id, **query)))


@blueprint.operation("DELETE", "/passages/<id:passage_id>", scope=Scope.WRITE, answers=(204, None), refuses=("in-use",))
def delete_passage(passage_id: str) -> Response:
    """Delete a passage

    Refused with `in-use` while evidence or a claim cites it.
    """
    with writing() as session:
        current = partial(_current, session, passage_id)
        hold(partial(records.live, session, Passage, passage_id), current)
        passages.delete(session, passage_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/passages/<id:passage_id>/restore",
    scope=Scope.WRITE,
    answers=(200, PassageOut),
    refuses=("duplicate", "cites-deleted"),
)
def restore_passage(passage_id: str) -> Response:
    """Bring a deleted passage back

    Under the same id. Refused with `cites-deleted` where its source is deleted, and with `duplicate` where another
    was made at its place. A passage that is there already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, passage_id)
        hold(partial(passages.lock_kept, session, passage_id), current)
        passages.restore(session, passage_id)
        return entity(current())


@blueprint.operation(
    "POST",
    "/passages/<id:passage_id>/confirm",
    scope=Scope.WRITE,
    answers=(200, PassageOut),
    refuses=("not-changed",),
)
def confirm_passage(passage_id: str) -> Response:
    """Confirm a changed passage

    Say that what stands at its place `now` is what was quoted: nobody is asked again until those words change. One that
    is confirmed already is answered as such. Send the ETag that you have seen as If-Match, so that you confirm what you
    have looked at.
    """
    with writing() as session:
        current = partial(_current, session, passage_id)
        hold(partial(reanchoring.lock, session, passage_id), current)
        reanchoring.confirm(session, passage_id)
        return entity(current())


@blueprint.operation(
    "POST",
    "/passages/<id:passage_id>/reattach",
    scope=Scope.WRITE,
    body=QuotedIn,
    answers=(200, PassageOut),
    refuses=(*QUOTE_PROBLEMS, "not-changed"),
    examples=examples.QUOTED_IN,
)
def reattach_passage(passage_id: str, body: dict[str, Any]) -> Response:
    """Say where a passage stands in the newest text

    By a quote or by offsets, as in `POST /v1/passages`. It stays tied to the version that it was quoted from, and its
    words stay; `now` becomes this place, and counts as confirmed.
    """
    with writing() as session:
        current = partial(_current, session, passage_id)
        hold(partial(reanchoring.lock, session, passage_id), current)
        reanchoring.reattach(session, passage_id, QuotedIn.quote_of(body))
        return entity(current())


def _current(session: Session, passage_id: str) -> dict[str, Any]:
    return shape_one(PassageOut, queries.one(ledger.seal(session), passage_id, include_deleted=True))
