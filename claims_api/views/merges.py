"""/v1/speakers/{speaker_id}/merge and its undoing."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import speakers as queries
from claims_api.schemas import examples
from claims_api.schemas.base import DuplicateQuery
from claims_api.schemas.merges import MergeIn, MergeOut, UnmergeOut, merged, unmerged
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.speakers import SpeakerOut
from claims_api.services import ledger, merges
from claims_api.web.openapi import Blueprint
from claims_api.web.preconditions import entity
from claims_api.web.session import writing

blueprint = Blueprint("merges", prefix="/v1", description="Speakers who turn out to be one.")


@blueprint.operation(
    "POST",
    "/speakers/<id:speaker_id>/merge",
    scope=Scope.WRITE,
    body=MergeIn,
    answers=(200, MergeOut),
    examples=examples.MERGE_IN,
)
def merge_speaker(speaker_id: str, body: dict[str, Any]) -> Response:
    """Merge a speaker into another one

    All claims of this speaker, and all links that state it, go to the other one, who goes by the names of both from
    then on; this one is deleted. What was said before is still read as it was with `as_of`.
    """
    with writing() as session:
        moved = merges.merge(session, speaker_id, body["into_id"])
        speaker = _shown(session, body["into_id"])
        return entity(merged(speaker, moved), of=speaker)


@blueprint.operation(
    "POST",
    "/speakers/<id:speaker_id>/unmerge",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    answers=(200, UnmergeOut),
    refuses=("cites-deleted", "duplicate"),
)
def unmerge_speaker(speaker_id: str, query: dict[str, Any]) -> Response:
    """Undo the merger of a speaker

    Of the one who was merged away: it comes back with what the history says the merger moved, and the other one loses
    the names that it got. What was given to others or deleted since stays where it is; `left` names it. A speaker who
    is there already is answered as such. Refused with `cites-deleted` where the other one was merged since: undo that
    first; and with `duplicate` where a third one took one of the names since, unless `allow_duplicate=true`.
    """
    with writing() as session:
        moved = merges.unmerge(session, speaker_id, **query)
        speaker = _shown(session, speaker_id)
        return entity(unmerged(speaker, moved), of=speaker)


def _shown(session: Session, speaker_id: str) -> dict[str, Any]:
    return shape_one(SpeakerOut, queries.one(ledger.seal(session), speaker_id))
