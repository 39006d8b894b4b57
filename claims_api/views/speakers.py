"""/v1/speakers."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import speakers as queries
from claims_api.schemas import examples
from claims_api.schemas.base import DuplicateQuery, OneQuery
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.speakers import (
    SpeakerIn,
    SpeakerOut,
    SpeakerPage,
    SpeakerPatch,
    SpeakerQuery,
)
from claims_api.services import ledger, speakers
from claims_api.services.speakers import NewSpeaker
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.session import asking, writing

blueprint = Blueprint("speakers", prefix="/v1", description="Who makes claims, and whom passages quote.")


@blueprint.operation("GET", "/speakers", scope=Scope.READ, query=SpeakerQuery, answers=(200, SpeakerPage))
def list_speakers(query: dict[str, Any]) -> Response:
    """List speakers

    By name, alias or kind, a page at a time.
    """
    with asking() as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, SpeakerOut, page)


@blueprint.operation(
    "POST",
    "/speakers",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    body=SpeakerIn,
    answers=(201, SpeakerOut),
    refuses=("duplicate",),
    examples=examples.SPEAKER_IN,
)
def create_speaker(query: dict[str, Any], body: NewSpeaker) -> Response:
    """Keep a new speaker

    Refused with `duplicate` where a speaker goes by this name or alias already, unless `allow_duplicate=true`.
    """
    with writing() as session:
        speaker = speakers.create(session, body, **query)
        answer = shape_one(SpeakerOut, queries.one(ledger.seal(session), speaker.id))
    return created(answer, f"/v1/speakers/{answer['id']}")


@blueprint.operation("GET", "/speakers/<id:speaker_id>", scope=Scope.READ, query=OneQuery, answers=(200, SpeakerOut))
def read_speaker(speaker_id: str, query: dict[str, Any]) -> Response:
    """Read one speaker

    With all names by which the speaker is found.
    """
    with asking() as connection:
        return read(shape_one(SpeakerOut, queries.one(connection, speaker_id, **query)))


@blueprint.operation(
    "PATCH",
    "/speakers/<id:speaker_id>",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    body=SpeakerPatch,
    answers=(200, SpeakerOut),
    refuses=("duplicate",),
    examples=examples.SPEAKER_PATCH,
)
def update_speaker(speaker_id: str, query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Change a speaker

    JSON Merge Patch (RFC 7396): fields that are not sent stay as they are, null takes a value away. Refused with
    `duplicate` where another speaker goes by a new name or alias, unless `allow_duplicate=true`.
    """
    with writing() as session:
        current = partial(_current, session, speaker_id)
        hold(partial(speakers.lock, session, speaker_id), current)
        speakers.update(session, speaker_id, body, **query)
        return entity(current())


@blueprint.operation("DELETE", "/speakers/<id:speaker_id>", scope=Scope.WRITE, answers=(204, None), refuses=("in-use",))
def delete_speaker(speaker_id: str) -> Response:
    """Delete a speaker

    Refused with `in-use` while a claim or evidence names the speaker.
    """
    with writing() as session:
        current = partial(_current, session, speaker_id)
        hold(partial(speakers.lock, session, speaker_id), current)
        speakers.delete(session, speaker_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/speakers/<id:speaker_id>/restore",
    scope=Scope.WRITE,
    query=DuplicateQuery,
    answers=(200, SpeakerOut),
    refuses=("duplicate",),
)
def restore_speaker(speaker_id: str, query: dict[str, Any]) -> Response:
    """Bring a deleted speaker back

    Under the same id. Refused with `duplicate` where another speaker goes by one of the names by now, unless
    `allow_duplicate=true`. A speaker who is there already is answered as such. One who was merged comes back alone, and
    for good: `unmerge` brings what was theirs, too.
    """
    with writing() as session:
        current = partial(_current, session, speaker_id)
        hold(partial(speakers.lock_kept, session, speaker_id), current)
        speakers.restore(session, speaker_id, **query)
        return entity(current())


def _current(session: Session, speaker_id: str) -> dict[str, Any]:
    return shape_one(SpeakerOut, queries.one(ledger.seal(session), speaker_id, include_deleted=True))
