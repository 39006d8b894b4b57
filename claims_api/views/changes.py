"""/v1/changes, and the history of every entity."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Response

from claims_api.models.words import EntityKind, Scope
from claims_api.queries import changes as queries
from claims_api.queries.rows import AnyRow
from claims_api.schemas.changes import (
    AssessmentHistoryPage,
    ChangeOut,
    ChangePage,
    ClaimHistoryQuery,
    FeedQuery,
    HistoryEntryOut,
    HistoryPage,
    HistoryQuery,
    with_causes,
)
from claims_api.schemas.shaping import shape
from claims_api.web.answers import as_json
from claims_api.web.long_polling import until_any
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import next_page
from claims_api.web.session import asking, reading

blueprint = Blueprint("changes", prefix="/v1", description="Every change that was ever made, in order of commits.")

_NOUNS = {
    EntityKind.ASSESSMENT: "assessments",
    EntityKind.CLAIM: "claims",
    EntityKind.EVIDENCE: "evidence",
    EntityKind.PASSAGE: "passages",
    EntityKind.RELATION: "relations",
    EntityKind.SOURCE: "sources",
    EntityKind.SPEAKER: "speakers",
    EntityKind.TOPIC: "topics",
}


@blueprint.operation(
    "GET",
    "/changes",
    scope=Scope.READ,
    query=FeedQuery,
    answers=(200, ChangePage),
    tells={"Retry-After": "Seconds, where too many wait already."},
)
def list_changes(query: dict[str, Any]) -> Response:
    """Follow all changes

    In the order in which they were committed, without gaps: a reader who goes on from `next_cursor` sees each change
    once. Each carries the state after it. With `wait` the answer to a reader who has seen all comes with the next
    change; where too many wait already, it comes at once, with a
    `Retry-After`.
    """
    wait = query.pop("wait")
    rows, had_place = until_any(partial(_feed, query), seconds=wait)
    last = rows[-1].seq if rows else query["after"]
    return as_json(
        {"data": shape(ChangeOut, rows), "next_cursor": str(last)}, headers=None if had_place else {"Retry-After": "1"}
    )


@blueprint.operation(
    "GET",
    "/claims/<id:claim_id>/assessment-history",
    scope=Scope.READ,
    query=HistoryQuery,
    answers=(200, AssessmentHistoryPage),
)
def list_assessment_history(claim_id: str, query: dict[str, Any]) -> Response:
    """Read how the assessment of a claim came about

    Newest first: each moment at which what its evidence amounts to has changed, what it was from then on, and what
    was done to which link. It goes on being readable when the claim is deleted.
    """
    with reading() as connection:
        found, further = queries.assessments(connection, claim_id, **query)
        causes = queries.causes(connection, claim_id, [row.at for row in found])
    return _newest_first([with_causes(row, causes.get(row.at, ())) for row in found], further)


def _feed(query: dict[str, Any]) -> Sequence[AnyRow]:
    with asking() as connection:
        return queries.feed(connection, **query)


def _newest_first(data: list[dict[str, Any]], further: int | None) -> Response:
    if further is None:
        return as_json({"data": data, "next_cursor": None})
    return as_json({"data": data, "next_cursor": str(further)}, headers=next_page(before=str(further)))


def _history_of(kind: EntityKind, noun: str) -> Callable[..., Response]:
    def view(query: dict[str, Any], **path: str) -> Response:
        with asking() as connection:
            found, further = queries.history(connection, kind, path[f"{kind}_id"], **query)
        return _newest_first(shape(HistoryEntryOut, found), further)

    # The other name is taken, by the history of what is derived.
    is_by_people = kind is EntityKind.ASSESSMENT
    view.__name__ = "list_history_of_assessment" if is_by_people else f"list_{kind}_history"
    view.__doc__ = f"""Read the history of one of the {noun}

    Newest first: who did what and when, which fields it altered, and the state after it. It goes on being readable
    when what it tells of is deleted.
    """
    return view


for _kind, _noun in _NOUNS.items():
    blueprint.operation(
        "GET",
        f"/{_noun}/<id:{_kind}_id>/history",
        scope=Scope.READ,
        query=ClaimHistoryQuery if _kind is EntityKind.CLAIM else HistoryQuery,
        answers=(200, HistoryPage),
    )(_history_of(_kind, _noun))
