"""/v1/speakers/{speaker_id}/timeline."""

from typing import Any

from flask import Response

from claims_api.models.words import Scope
from claims_api.queries import relations as relation_queries
from claims_api.queries import timelines as queries
from claims_api.schemas.timelines import TimelinePage, TimelineQuery, with_reversals
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import listed, window
from claims_api.web.session import reading

blueprint = Blueprint("timelines", prefix="/v1", description="What a speaker said, by date.")


@blueprint.operation(
    "GET", "/speakers/<id:speaker_id>/timeline", scope=Scope.READ, query=TimelineQuery, answers=(200, TimelinePage)
)
def list_timeline(speaker_id: str, query: dict[str, Any]) -> Response:
    """Read what a speaker said, by date

    The speaker's claims, each with what its evidence amounts to and with its reversals: where it and another claim of
    the same speaker contradict or supersede each other. Claims without a date come last, by when they were made.
    """
    as_of = query.get("as_of")
    with reading(as_of) as connection:
        page = queries.page(connection, speaker_id, window=window(connection, query), **query)
        claim_ids = [row.id for row in page.rows]
        reversals = relation_queries.reversals(connection, speaker_id, claim_ids, as_of=as_of)
        return listed(connection, with_reversals(page.rows, reversals), page)
