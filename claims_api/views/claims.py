"""/v1/claims."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.claims import Claim
from claims_api.models.words import Scope
from claims_api.queries import claims as queries
from claims_api.schemas import examples
from claims_api.schemas.base import DuplicateQuery, OneAsOfQuery
from claims_api.schemas.claims import ClaimIn, ClaimOut, ClaimPage, ClaimPatch, ClaimQuery
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.similar import ClaimMadeOut, similar_claims
from claims_api.services import claims, ledger, records, similar
from claims_api.services.claims import NewClaim
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.problems import QUOTE_PROBLEMS
from claims_api.web.session import asking, writing

blueprint = Blueprint(
    "claims",
    prefix="/v1",
    description="What is said to be so, by whom, and what its evidence amounts to.",
)


@blueprint.operation("GET", "/claims", scope=Scope.READ, query=ClaimQuery, answers=(200, ClaimPage))
def list_claims(query: dict[str, Any]) -> Response:
    """List claims

    By speaker, topic, verdict, stance, source, date and more, a page at a time. `include=evidence` brings the links.
    """
    has_evidence = query.pop("include", None) is not None
    with asking(query.get("as_of")) as connection:
        page = queries.page(connection, window=window(connection, query), has_evidence=has_evidence, **query)
        return as_page(connection, ClaimOut, page)


@blueprint.operation(
    "POST",
    "/claims",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    body=ClaimIn,
    answers=(201, ClaimMadeOut),
    refuses=(*QUOTE_PROBLEMS, "duplicate"),
    examples=examples.CLAIM_IN,
)
def create_claim(query: dict[str, Any], body: NewClaim) -> Response:
    """Keep a new claim

    With its evidence, if it is sent along: all of it is kept, or nothing. A speaker who is named is found by name
    or alias, or made. Refused with `duplicate` where this (known) speaker's claim of this text and date is there
    already, unless `allow_duplicate=true`; the answer names claims that are `similar`, if some are near.
    """
    with writing() as session:
        # First: nobody need wait for that, and a full-text index is asked in less time before it is written.
        near = similar_claims(similar.near(session.connection(), claims.stated(body)[0]))
        claim = claims.create(session, body, **query)
        answer = shape_one(ClaimOut, queries.one(ledger.seal(session), claim.id))
    told = {**answer, "similar": near} if near else answer
    return created(told, f"/v1/claims/{answer['id']}", of=answer if near else None)


@blueprint.operation("GET", "/claims/<id:claim_id>", scope=Scope.READ, query=OneAsOfQuery, answers=(200, ClaimOut))
def read_claim(claim_id: str, query: dict[str, Any]) -> Response:
    """Read one claim with its evidence

    `assessment` says whether it is so, `attribution` whether it was said; both are derived from the links at the
    moment of reading, by a rule that explains itself. `assessments` are what people conclude. `as_of` shows all of it
    as it was recorded at a past moment.
    """
    with asking(query.get("as_of")) as connection:
        return read(shape_one(ClaimOut, queries.one(connection, claim_id, **query)))


@blueprint.operation(
    "PATCH",
    "/claims/<id:claim_id>",
    scope=Scope.WRITE,
    body=ClaimPatch,
    answers=(200, ClaimOut),
    examples=examples.CLAIM_PATCH,
)
def update_claim(claim_id: str, body: dict[str, Any]) -> Response:
    """Change a claim

    JSON Merge Patch (RFC 7396): fields that are not sent stay as they are, null takes a value away. Evidence has
    its own operations.
    """
    with writing() as session:
        current = partial(_current, session, claim_id)
        hold(partial(records.live, session, Claim, claim_id), current)
        claims.update(session, claim_id, body)
        return entity(current())


@blueprint.operation("DELETE", "/claims/<id:claim_id>", scope=Scope.WRITE, answers=(204, None))
def delete_claim(claim_id: str) -> Response:
    """Delete a claim

    Its links and assessments go with it; passages and sources stay.
    """
    with writing() as session:
        current = partial(_current, session, claim_id)
        hold(partial(records.live, session, Claim, claim_id), current)
        claims.delete(session, claim_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/claims/<id:claim_id>/restore",
    scope=Scope.WRITE,
    answers=(200, ClaimOut),
    refuses=("cites-deleted",),
)
def restore_claim(claim_id: str) -> Response:
    """Bring a deleted claim back

    Under the same id, with the links and assessments that were deleted with it. Refused with `cites-deleted` where a
    speaker or a passage that it needs is deleted; its topics come back with it. A claim that is there already is
    answered as such.
    """
    with writing() as session:
        current = partial(_current, session, claim_id)
        hold(partial(records.kept, session, Claim, claim_id), current)
        claims.restore(session, claim_id)
        return entity(current())


def _current(session: Session, claim_id: str) -> dict[str, Any]:
    return shape_one(ClaimOut, queries.one(ledger.seal(session), claim_id, include_deleted=True))
