"""/v1/topics."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from claims_api.models.words import Scope
from claims_api.queries import topics as queries
from claims_api.schemas import examples
from claims_api.schemas.base import OneQuery
from claims_api.schemas.shaping import shape_one
from claims_api.schemas.topics import TopicIn, TopicOut, TopicPage, TopicPatch, TopicQuery
from claims_api.services import ledger, topics
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import as_page, window
from claims_api.web.preconditions import created, deleted, entity, hold, read
from claims_api.web.session import asking, writing

blueprint = Blueprint("topics", prefix="/v1", description="What claims are about.")


@blueprint.operation("GET", "/topics", scope=Scope.READ, query=TopicQuery, answers=(200, TopicPage))
def list_topics(query: dict[str, Any]) -> Response:
    """List topics

    A page at a time.
    """
    with asking() as connection:
        page = queries.page(connection, window=window(connection, query), **query)
        return as_page(connection, TopicOut, page)


@blueprint.operation(
    "POST",
    "/topics",
    scope=Scope.WRITE,
    body=TopicIn,
    answers=(201, TopicOut),
    refuses=("duplicate",),
    examples=examples.TOPIC_IN,
)
def create_topic(body: dict[str, Any]) -> Response:
    """Keep a new topic

    Refused with `duplicate` where there is one of this name, whatever its case.
    """
    with writing() as session:
        topic = topics.create(session, **body)
        answer = shape_one(TopicOut, queries.one(ledger.seal(session), topic.id))
    return created(answer, f"/v1/topics/{answer['id']}")


@blueprint.operation("GET", "/topics/<id:topic_id>", scope=Scope.READ, query=OneQuery, answers=(200, TopicOut))
def read_topic(topic_id: str, query: dict[str, Any]) -> Response:
    """Read one topic

    Its claims are listed by `/v1/claims?topic=<name>`.
    """
    with asking() as connection:
        return read(shape_one(TopicOut, queries.one(connection, topic_id, **query)))


@blueprint.operation(
    "PATCH",
    "/topics/<id:topic_id>",
    scope=Scope.WRITE,
    body=TopicPatch,
    answers=(200, TopicOut),
    refuses=("duplicate",),
    examples=examples.TOPIC_PATCH,
)
def update_topic(topic_id: str, body: dict[str, Any]) -> Response:
    """Change a topic

    JSON Merge Patch (RFC 7396). Its claims show the new name at once.
    """
    with writing() as session:
        current = partial(_current, session, topic_id)
        hold(partial(topics.lock, session, topic_id), current)
        topics.update(session, topic_id, body)
        return entity(current())


@blueprint.operation("DELETE", "/topics/<id:topic_id>", scope=Scope.WRITE, answers=(204, None), refuses=("in-use",))
def delete_topic(topic_id: str) -> Response:
    """Delete a topic

    Refused with `in-use` while claims are filed under it.
    """
    with writing() as session:
        current = partial(_current, session, topic_id)
        hold(partial(topics.lock, session, topic_id), current)
        topics.delete(session, topic_id)
        return deleted(current())


@blueprint.operation(
    "POST",
    "/topics/<id:topic_id>/restore",
    scope=Scope.WRITE,
    answers=(200, TopicOut),
    refuses=("duplicate",),
)
def restore_topic(topic_id: str) -> Response:
    """Bring a deleted topic back

    Under the same id. Refused with `duplicate` where there is another of its name by now. A topic that is there
    already is answered as such.
    """
    with writing() as session:
        current = partial(_current, session, topic_id)
        hold(partial(topics.lock_kept, session, topic_id), current)
        topics.restore(session, topic_id)
        return entity(current())


def _current(session: Session, topic_id: str) -> dict[str, Any]:
    return shape_one(TopicOut, queries.one(ledger.seal(session), topic_id, include_deleted=True))
