"""/v1/changes, and the history of every entity."""

from collections.abc import Callable
from typing import Any

from flask import Response

from claims_api.models.words import EntityKind, Scope
from claims_api.queries import changes as queries
from claims_api.schemas.changes import (
    ChangeOut,
    ChangePage,
    FeedQuery,
    HistoryEntryOut,
    HistoryPage,
    HistoryQuery,
    differences,
)
from claims_api.schemas.shaping import shape, shape_one
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint
from claims_api.web.session import reading

blueprint = Blueprint("changes", prefix="/v1", description="Every change that was ever made, in order of commits.")

_NOUNS = {
    EntityKind.CLAIM: "claims",
    EntityKind.EVIDENCE: "evidence",
    EntityKind.PASSAGE: "passages",
    EntityKind.SOURCE: "sources",
    EntityKind.SPEAKER: "speakers",
    EntityKind.TOPIC: "topics",
}


@blueprint.operation("GET", "/changes", scope=Scope.READ, query=FeedQuery, answers=(200, ChangePage))
def list_changes(query: dict[str, Any]) -> Response:
    """Follow all changes

    In the order in which they were committed, without gaps: a reader who goes on from `next_cursor` sees each change
    once. Each carries the state after it.
    """
    with reading() as connection:
        rows = queries.feed(connection, **query)
    last = rows[-1].seq if rows else query["after"]
    return as_json({"data": shape(ChangeOut, rows), "next_cursor": str(last)})


def _history_of(kind: EntityKind, noun: str) -> Callable[..., Response]:
    def view(query: dict[str, Any], **path: str) -> Response:
        before = query.get("before", queries.BEYOND)
        with reading() as connection:
            found, further = queries.history(connection, kind, path[f"{kind}_id"], before=before, limit=query["limit"])
        data = [{**shape_one(HistoryEntryOut, row), "changes": differences(row, earlier)} for row, earlier in found]
        return as_json({"data": data, "next_cursor": None if further is None else str(further)})

    view.__name__ = f"list_{kind}_history"
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
        query=HistoryQuery,
        answers=(200, HistoryPage),
    )(_history_of(_kind, _noun))
