"""/v1/queues."""

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import queues as queries
from claims_api.schemas.queues import QueuesOut, shown
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import read
from claims_api.web.session import asking

blueprint = Blueprint("queues", prefix="/v1", description="What is still to be done, as so many claims that need it.")


@blueprint.operation("GET", "/queues", scope=Scope.READ, answers=(200, QueuesOut))
def read_queues() -> Response:
    """Count what is to be done

    Each queue with how many claims are in it, and the path of their listing (`/v1/claims?needs=...`). A claim may be in
    several; archived ones are in none.
    """
    with asking() as connection:
        return read(shown(queries.counts(connection)))
