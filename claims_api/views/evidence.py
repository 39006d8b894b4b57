"""/v1/evidence, and /v1/claims/{claim_id}/evidence."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import claims as claim_queries
from claims_api.queries import evidence as queries
from claims_api.schemas import examples
from claims_api.schemas.base import OneAsOfQuery
from claims_api.schemas.evidence import (
    ClaimEvidenceQuery,
    EvidenceIn,
    EvidenceOut,
    EvidencePage,
    EvidencePatch,
    EvidenceQuery,
)
from claims_api.schemas.shaping import shape_one
from claims_api.services import evidence, ledger
from claims_api.services.evidence import NewEvidence
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.problems import QUOTE_PROBLEMS
from claims_api.web.session import asking, reading, writing

blueprint = Blueprint(
    "evidence",
    prefix="/v1",
    description="What passages do to claims: support, contradict, mention.",
)


@blueprint.operation("GET", "/evidence", scope=Scope.READ, query=EvidenceQuery, answers=(200, EvidencePage))
def list_evidence(query: dict[str, Any]) -> Response:
    """List evidence

    Of all claims, by passage, source, stance or basis, a page at a time.
    """
    with asking(query.get("as_of")) as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, EvidenceOut, page)


@blueprint.operation(
    "GET",
    "/claims/<id:claim_id>/evidence",
    scope=Scope.READ,
    query=ClaimEvidenceQuery,
    answers=(200, EvidencePage),
)
def list_claim_evidence(claim_id: str, query: dict[str, Any]) -> Response:
    """List the evidence of one claim

    A page at a time; `/v1/claims/{claim_id}` shows all of it at once.
    """
    with reading(query.get("as_of")) as connection:
        claim_queries.require(connection, claim_id, as_of=query.get("as_of"), include_deleted=query["include_deleted"])
        page = queries.page(connection, window=window(connection, query), claim_id=claim_id, **query)
        return as_page(connection, EvidenceOut, page)


@blueprint.operation(
    "POST",
    "/claims/<id:claim_id>/evidence",
    scope=Scope.WRITE,
    body=EvidenceIn,
    answers=(201, EvidenceOut),
    refuses=(*QUOTE_PROBLEMS, "duplicate"),
    examples=examples.EVIDENCE_IN,
)
def create_evidence(claim_id: str, body: NewEvidence) -> Response:
    """Set a passage for or against a claim

    Give `passage_id`, or `source_id` with a quote and/or offsets: the quote is checked against the stored text,
    and makes its passage. The claim's derived assessment is right in the next answer.
    """
    with writing() as session:
        link = evidence.attach(session, claim_id, body)
        answer = shape_one(EvidenceOut, queries.one(ledger.seal(session), link.id))
    return created(answer, f"/v1/evidence/{answer['id']}")


@blueprint.operation(
    "GET", "/evidence/<id:evidence_id>", scope=Scope.READ, query=OneAsOfQuery, answers=(200, EvidenceOut)
)
def read_evidence(evidence_id: str, query: dict[str, Any]) -> Response:
    """Read one link

    With its passage and the passage's source. `as_of` shows all of it as it was recorded at a past moment.
    """
    with asking(query.get("as_of")) as connection:
        return read(shape_one(EvidenceOut, queries.one(connection, evidence_id, **query)))


@blueprint.operation(
    "PATCH",
    "/evidence/<id:evidence_id>",
    scope=Scope.WRITE,
    body=EvidencePatch,
    answers=(200, EvidenceOut),
    examples=examples.EVIDENCE_PATCH,
)
def update_evidence(evidence_id: str, body: dict[str, Any]) -> Response:
    """Change what is said of a link

    JSON Merge Patch (RFC 7396). Which claim and which passage it joins stays.
    """
    with writing() as session:
        current = partial(_current, session, evidence_id)
        hold(partial(evidence.lock, session, evidence_id), current)
        evidence.update(session, evidence_id, body)
        return entity(current())


@blueprint.operation("DELETE", "/evidence/<id:evidence_id>", scope=Scope.WRITE, answers=(204, None))
def delete_evidence(evidence_id: str) -> Response:
    """Take a link away

    The passage stays; the claim's derived assessment is right in the next answer.
    """
    with writing() as session:
        current = partial(_current, session, evidence_id)
        hold(partial(evidence.lock, session, evidence_id), current)
        evidence.delete(session, evidence_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/evidence/<id:evidence_id>/restore",
    scope=Scope.WRITE,
    answers=(200, EvidenceOut),
    refuses=("cites-deleted", "duplicate"),
)
def restore_evidence(evidence_id: str) -> Response:
    """Bring a deleted link back

    Under the same id; the claim's derived assessment is right in the next answer. Refused with `cites-deleted` where
    its claim, its passage or its speaker is deleted, and with `duplicate` where claim and passage were linked anew. A
    link that is there already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, evidence_id)
        hold(partial(evidence.lock_kept, session, evidence_id), current)
        evidence.restore(session, evidence_id)
        return entity(current())


def _current(session: Session, evidence_id: str) -> dict[str, Any]:
    return shape_one(EvidenceOut, queries.one(ledger.seal(session), evidence_id, include_deleted=True))
