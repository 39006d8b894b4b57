"""/v1/import."""

from typing import Any

from flask import Response, current_app

from claims_api.models.words import Scope
from claims_api.schemas.formats.registry import FORMATS, sent
from claims_api.schemas.imports import ImportOut, ImportQuery, told
from claims_api.services.imports import importing
from claims_api.web import auth, request_turns, streams
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint
from claims_api.web.session import writing

blueprint = Blueprint("imports", prefix="/v1", description="Bring in what others keep, in their formats.")


@blueprint.operation(
    "POST",
    "/import",
    scope=Scope.WRITE,
    query=ImportQuery,
    streams=sent(),
    answers=(200, ImportOut),
    refuses=("not-empty",),
)
def import_records(query: dict[str, Any]) -> Response:
    """Import records

    In a format, as a stream of any length, which may be gzip: all of it or nothing, or, with `on_error=skip`, all but
    what is refused. What is there already by its key stays as it is, so that the same import can be sent again; it
    takes no Idempotency-Key. A bundle with its history is restored into an empty database, and needs the scope `admin`.
    """
    request_turns.end()  # its body may come slowly
    chosen = FORMATS[query["format"]]
    file = streams.received(chosen.media_types, tells_its_end=chosen.tells_its_end)
    opened = chosen.opened(file, current_app.config[streams.LARGEST_IMPORT], query.get("columns"))
    if opened.has_history:
        auth.require(Scope.ADMIN)
    with streams.importing(), writing(takes_its_time=True) as session:
        report = importing.take(
            session,
            opened.records,
            collection=query.get("collection", chosen.collection or query["format"]),
            skips=query["on_error"] == "skip",
            restores_ledger=opened.has_history,
            is_kept=not query["dry_run"],
        )
        # Before the end of the transaction: of what cannot be told, nothing is kept.
        answer = as_json(told(report, dry_run=query["dry_run"]))
        if query["dry_run"]:
            session.rollback()
    return answer
