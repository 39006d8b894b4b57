"""/v1/assessments, and /v1/claims/{claim_id}/assessments."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import assessments as queries
from claims_api.queries import claims as claim_queries
from claims_api.schemas import examples
from claims_api.schemas.assessments import (
    AssessmentIn,
    AssessmentOut,
    AssessmentPage,
    AssessmentQuery,
    ClaimAssessmentQuery,
)
from claims_api.schemas.base import OneAsOfQuery
from claims_api.schemas.shaping import shape_one
from claims_api.services import assessments, ledger
from claims_api.services.assessments import NewAssessment
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.session import asking, reading, writing

blueprint = Blueprint(
    "assessments",
    prefix="/v1",
    description="What people conclude of claims, beside what follows from the evidence.",
)


@blueprint.operation("GET", "/assessments", scope=Scope.READ, query=AssessmentQuery, answers=(200, AssessmentPage))
def list_assessments(query: dict[str, Any]) -> Response:
    """List assessments

    By people, of all claims, by reviewer, verdict or date, a page at a time. `is_current=true` leaves the newest of
    each reviewer.
    """
    with asking(query.get("as_of")) as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, AssessmentOut, page)


@blueprint.operation(
    "GET",
    "/claims/<id:claim_id>/assessments",
    scope=Scope.READ,
    query=ClaimAssessmentQuery,
    answers=(200, AssessmentPage),
)
def list_claim_assessments(claim_id: str, query: dict[str, Any]) -> Response:
    """List the assessments of one claim

    All that people concluded of it, a page at a time; `/v1/claims/{claim_id}` shows the newest of each reviewer.
    """
    with reading(query.get("as_of")) as connection:
        claim_queries.require(connection, claim_id, as_of=query.get("as_of"), include_deleted=query["include_deleted"])
        page = queries.page(connection, window=window(connection, query), claim_id=claim_id, **query)
        return as_page(connection, AssessmentOut, page)


@blueprint.operation(
    "POST",
    "/claims/<id:claim_id>/assessments",
    scope=Scope.WRITE,
    body=AssessmentIn,
    answers=(201, AssessmentOut),
    examples=examples.ASSESSMENT_IN,
)
def create_assessment(claim_id: str, body: NewAssessment) -> Response:
    """Say what you conclude of a claim

    It stands beside what the same reviewer concluded before, which is kept; the one that was concluded last is
    current. What follows from the evidence stays as it is: `disagrees_with_derived` says whether the two differ.
    """
    with writing() as session:
        assessment = assessments.create(session, claim_id, body)
        answer = shape_one(AssessmentOut, queries.one(ledger.seal(session), assessment.id))
    return created(answer, f"/v1/assessments/{answer['id']}")


@blueprint.operation(
    "GET", "/assessments/<id:assessment_id>", scope=Scope.READ, query=OneAsOfQuery, answers=(200, AssessmentOut)
)
def read_assessment(assessment_id: str, query: dict[str, Any]) -> Response:
    """Read one assessment

    With whether it is its reviewer's newest, and whether it disagrees with what follows from the evidence. `as_of`
    shows it as it was recorded at a past moment.
    """
    with asking(query.get("as_of")) as connection:
        return read(shape_one(AssessmentOut, queries.one(connection, assessment_id, **query)))


@blueprint.operation("DELETE", "/assessments/<id:assessment_id>", scope=Scope.WRITE, answers=(204, None))
def delete_assessment(assessment_id: str) -> Response:
    """Withdraw an assessment

    What its reviewer concluded before it, if anything, is current again.
    """
    with writing() as session:
        current = partial(_current, session, assessment_id)
        hold(partial(assessments.lock, session, assessment_id), current)
        assessments.delete(session, assessment_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/assessments/<id:assessment_id>/restore",
    scope=Scope.WRITE,
    answers=(200, AssessmentOut),
    refuses=("cites-deleted",),
)
def restore_assessment(assessment_id: str) -> Response:
    """Bring a withdrawn assessment back

    Under the same id, and as old as it was. Refused with `cites-deleted` where its claim is deleted. An assessment that
    is there already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, assessment_id)
        hold(partial(assessments.lock_kept, session, assessment_id), current)
        assessments.restore(session, assessment_id)
        return entity(current())


def _current(session: Session, assessment_id: str) -> dict[str, Any]:
    return shape_one(AssessmentOut, queries.one(ledger.seal(session), assessment_id, include_deleted=True))
