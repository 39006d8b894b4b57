"""/health: what supervisors and load balancers ask."""

from flask import Response

from claims_api.schemas.service import HealthOut
from claims_api.web import readiness
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint

blueprint = Blueprint("health", description="Whether the service lives, and whether it can serve.")


@blueprint.operation("GET", "/health/live", scope=None, answers=(200, HealthOut))
def read_liveness() -> Response:
    """Ask whether the process lives

    It never touches the database: restart the process when this does not answer.
    """
    return as_json({"status": "live"})


@blueprint.operation("GET", "/health/ready", scope=None, answers=(200, HealthOut), refuses=("unavailable",))
def read_readiness() -> Response:
    """Ask whether the service can serve

    The database answers and is migrated. Told within a second, also when the database hangs.
    """
    readiness.require_ready()
    return as_json({"status": "ready"})
