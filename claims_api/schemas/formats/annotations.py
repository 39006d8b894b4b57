"""Write evidence as W3C Web Annotations, in JSON-LD.

The target is the passage: its source, its words, its place, and the state of the source that has it there. The bodies
say what the passage does to a claim, each by a standard purpose:

- ``linking``: the claim, with its text, speaker and date in the words of schema.org;
- ``classifying``: the stance, the basis, and where there is one the ``group:`` and the ``credibility:``;
- ``identifying``: who says it in the passage;
- ``commenting``: the note.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from claims_api.queries import annotations as queries
from claims_api.queries.rows import AnyRow
from claims_api.schemas.formats.annotation_rules import CONTEXT
from claims_api.schemas.formats.linked import JSON_LD, agent, agent_type, kept, line, urn

MEDIA_TYPE = f'{JSON_LD}; profile="{CONTEXT}"'
GROUP, CREDIBILITY = "group:", "credibility:"
_NOTHING: Mapping[str, Any] = {}
# For the contract.
DOCUMENT = {
    "type": "object",
    "description": "A Web Annotation (https://www.w3.org/TR/annotation-model/).",
    "properties": {
        "@context": {"type": "string", "const": CONTEXT},
        "id": {"type": "string", "format": "uri"},
        "type": {"type": "string", "const": "Annotation"},
        "body": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "target": {"type": "object", "additionalProperties": True},
    },
    "required": ["@context", "id", "type", "body", "target"],
    "additionalProperties": True,
}


def annotation(link: AnyRow) -> dict[str, Any]:
    """Return a link as an annotation of the passage that it rests on."""
    return {
        "@context": CONTEXT,
        "id": urn(link.id),
        "type": "Annotation",
        "motivation": "linking",
        "creator": {"name": link.created_by},
        "created": _moment(link.created_at),
        "modified": _moment(link.updated_at),
        "body": _bodies(link),
        "target": _target(link),
    }


def lines(
    connection: Connection, conditions: Sequence[ColumnElement[bool]] = (), values: Mapping[str, Any] = _NOTHING
) -> Iterator[bytes]:
    """Yield all links as annotations, a document on each line; ``conditions`` narrow their claims."""
    for found in queries.links(connection, conditions, values):
        yield from (line(annotation(link)) for link in found)


def _bodies(link: AnyRow) -> list[dict[str, Any]]:
    told = [
        ("classifying", link.stance),
        ("classifying", link.basis),
        ("classifying", link.group and GROUP + link.group),
        ("classifying", link.credibility and f"{CREDIBILITY}{link.credibility}"),
        ("commenting", link.note),
    ]
    said_by = [_said_by(link)] if link.stated_by_id else []
    return [_claim(link), *(_text(purpose, value) for purpose, value in told if value), *said_by]


def _text(purpose: str, value: str) -> dict[str, Any]:
    return {"type": "TextualBody", "purpose": purpose, "value": value, "format": "text/plain"}


def _claim(link: AnyRow) -> dict[str, Any]:
    speaker = link.claim_speaker_name and _agent(link.claim_speaker_name, link.claim_speaker_kind)
    source = {
        "id": urn(link.claim_id),
        "type": "schema:Claim",
        "language": link.claim_language,
        "schema:text": link.claim_text,
        "schema:author": speaker,
        "schema:datePublished": link.claim_date,
    }
    return {"type": "SpecificResource", "purpose": "linking", "source": kept(source)}


def _said_by(link: AnyRow) -> dict[str, Any]:
    source = {"id": urn(link.stated_by_id), **_agent(link.stated_by_name, link.stated_by_kind)}
    return {"type": "SpecificResource", "purpose": "identifying", "source": source}


def _agent(name: str, kind: Any) -> dict[str, Any]:
    return {"type": f"schema:{agent_type(kind)}", **agent(name, kind, "schema:")}


def _target(link: AnyRow) -> dict[str, Any]:
    quote = {"type": "TextQuoteSelector", "exact": link.exact, "prefix": link.prefix, "suffix": link.suffix}
    place = {"type": "TextPositionSelector", "start": link.start, "end": link.end}
    return kept(
        {
            "type": "SpecificResource",
            "source": link.source_url or urn(link.source_id),
            "schema:name": link.source_title,
            "state": _state(link),
            "selector": kept(quote) if link.start is None else [kept(quote), place],
        }
    )


def _state(link: AnyRow) -> dict[str, Any] | None:
    if link.source_version is None:
        return kept({"type": "TimeState", "cached": link.source_archived_url}) if link.source_archived_url else None
    state = {"type": "TimeState", "sourceDate": _moment(link.source_retrieved_at), "cached": link.source_archived_url}
    return {**kept(state), "schema:version": link.source_version}


def _moment(moment: dt.datetime) -> str:
    # As the model has it: xsd:dateTime in UTC, with a Z.
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
