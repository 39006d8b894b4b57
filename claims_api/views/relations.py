"""/v1/relations, and /v1/claims/{claim_id}/relations."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import claims as claim_queries
from claims_api.queries import relations as queries
from claims_api.schemas import examples
from claims_api.schemas.base import OneAsOfQuery
from claims_api.schemas.relations import (
    ClaimRelationOut,
    ClaimRelationPage,
    ClaimRelationQuery,
    RelationIn,
    RelationOut,
    RelationPage,
    RelationPatch,
    RelationQuery,
)
from claims_api.schemas.shaping import shape_one
from claims_api.services import ledger, relations
from claims_api.services.relations import NewRelation
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.session import asking, reading, writing

blueprint = Blueprint(
    "relations",
    prefix="/v1",
    description="What claims are to each other: contradict, support, qualify, supersede, say the same.",
)


@blueprint.operation("GET", "/relations", scope=Scope.READ, query=RelationQuery, answers=(200, RelationPage))
def list_relations(query: dict[str, Any]) -> Response:
    """List relations

    Of all claims, by type or by a claim at either end, a page at a time. A relation is shown while both its claims
    are there.
    """
    with asking(query.get("as_of")) as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, RelationOut, page)


@blueprint.operation(
    "GET",
    "/claims/<id:claim_id>/relations",
    scope=Scope.READ,
    query=ClaimRelationQuery,
    answers=(200, ClaimRelationPage),
)
def list_claim_relations(claim_id: str, query: dict[str, Any]) -> Response:
    """List the relations of one claim

    Both ways, a page at a time: `direction` says whether this claim is the source, `claim` is the one at the other
    end.
    """
    with reading(query.get("as_of")) as connection:
        claim_queries.require(connection, claim_id, as_of=query.get("as_of"), include_deleted=query["include_deleted"])
        page = queries.page_of_claim(connection, claim_id, window=window(connection, query), **query)
        return as_page(connection, ClaimRelationOut, page)


@blueprint.operation(
    "POST",
    "/claims/<id:claim_id>/relations",
    scope=Scope.WRITE,
    body=RelationIn,
    answers=(201, RelationOut),
    refuses=("duplicate",),
    examples=examples.RELATION_IN,
)
def create_relation(claim_id: str, body: NewRelation) -> Response:
    """Relate a claim to another one

    The claim of the path is the source. Refused with `duplicate` where the two are so related already, for symmetric
    types whichever way that was stated; and with `invalid` where claims would supersede each other in a circle, which
    `circle` then names.
    """
    with writing() as session:
        relation = relations.create(session, claim_id, body)
        answer = shape_one(RelationOut, queries.one(ledger.seal(session), relation.id))
    return created(answer, f"/v1/relations/{answer['id']}")


@blueprint.operation(
    "GET", "/relations/<id:relation_id>", scope=Scope.READ, query=OneAsOfQuery, answers=(200, RelationOut)
)
def read_relation(relation_id: str, query: dict[str, Any]) -> Response:
    """Read one relation

    With the labels of its claims. `as_of` shows it as it was recorded at a past moment.
    """
    with asking(query.get("as_of")) as connection:
        return read(shape_one(RelationOut, queries.one(connection, relation_id, **query)))


@blueprint.operation(
    "PATCH",
    "/relations/<id:relation_id>",
    scope=Scope.WRITE,
    body=RelationPatch,
    answers=(200, RelationOut),
    examples=examples.RELATION_PATCH,
)
def update_relation(relation_id: str, body: dict[str, Any]) -> Response:
    """Change what is noted of a relation

    JSON Merge Patch (RFC 7396). Which claims it joins, and how, stays.
    """
    with writing() as session:
        current = partial(_current, session, relation_id)
        hold(partial(relations.lock, session, relation_id), current)
        relations.update(session, relation_id, body)
        return entity(current())


@blueprint.operation("DELETE", "/relations/<id:relation_id>", scope=Scope.WRITE, answers=(204, None))
def delete_relation(relation_id: str) -> Response:
    """Take a relation away

    The claims stay.
    """
    with writing() as session:
        current = partial(_current, session, relation_id)
        hold(partial(relations.lock, session, relation_id), current)
        relations.delete(session, relation_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/relations/<id:relation_id>/restore",
    scope=Scope.WRITE,
    answers=(200, RelationOut),
    refuses=("cites-deleted", "duplicate"),
)
def restore_relation(relation_id: str) -> Response:
    """Bring a deleted relation back

    Under the same id. Refused with `cites-deleted` where a claim of it is deleted, with `duplicate` where the two were
    so related anew, and with `invalid` where claims would supersede each other in a circle. A relation that is there
    already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, relation_id)
        hold(partial(relations.lock_kept, session, relation_id), current)
        relations.restore(session, relation_id)
        return entity(current())


def _current(session: Session, relation_id: str) -> dict[str, Any]:
    return shape_one(RelationOut, queries.one(ledger.seal(session), relation_id, include_deleted=True))
