"""The numbers that Prometheus reads."""

from flask import Response

from claims_api import metrics
from claims_api.models.words import Scope
from claims_api.web.auth import PUBLIC_METRICS
from claims_api.web.openapi import Blueprint

blueprint = Blueprint("metrics", description="What the service counts of itself.")


@blueprint.operation(
    "GET",
    "/metrics",
    scope=Scope.READ,
    opened_by=PUBLIC_METRICS,
    answers=(200, {"type": "string"}),
    media_type="text/plain",
)
def read_metrics() -> Response:
    """Read the metrics

    In Prometheus' text format 0.0.4, over all processes of this server: requests by route and status, their duration,
    database connections and statements, changes, and what became of quotes. It needs a key even where reading needs
    none, unless `CLAIMS_PUBLIC_METRICS` opens it.
    """
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
