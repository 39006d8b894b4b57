"""What the JSON-LD formats share: identifiers, and people and organisations in the words of schema.org."""

import re
from typing import Any

import orjson

from claims_api.models.words import SpeakerKind
from claims_api.schemas.formats.keyed import shortened
from claims_api.services.imports.incoming import ExistingId

JSON_LD = "application/ld+json"
_URN = "urn:uuid:"
_OURS = "urn:claims-api:"
# An id of this service (which are of version 7) as it stands in an address of it, or in a URN.
_ID_AT_END = re.compile(
    rf"(?:{_URN}|https?://[^/]+/v1/[a-z]+/)([0-9a-f]{{8}}-[0-9a-f]{{4}}-7[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}})"
)
_TYPES = {
    SpeakerKind.PERSON: "Person",
    SpeakerKind.ORGANIZATION: "Organization",
    SpeakerKind.GROUP: "Organization",
    SpeakerKind.UNNAMED: "Person",
}
# Those that schema.org has no type for.
_OWN_KINDS = (SpeakerKind.GROUP, SpeakerKind.UNNAMED)


def urn(identity: str) -> str:
    """Return an id as an IRI, the same wherever this service runs."""
    return _URN + identity


def own(*words: str) -> str:
    """Return an IRI for words that are this service's own, such as its verdicts."""
    return _OURS + ":".join(words)


def own_words(iri: object, of: str) -> str | None:
    """Return the word behind ``of`` in an IRI that ``own`` made; None for any other."""
    prefix = own(of) + ":"
    return iri.removeprefix(prefix) if isinstance(iri, str) and iri.startswith(prefix) else None


def own_id(iri: str) -> str | None:
    """Return the id in a URN, or in an address of this service; None for any other IRI."""
    found = _ID_AT_END.fullmatch(iri)
    return None if found is None else found[1]


def key_of(iri: str) -> str:
    """Return the key of what an IRI names: an id of this service where it holds one."""
    identity = own_id(iri)
    return shortened(iri) if identity is None else ExistingId(identity)


def agent(name: str, kind: SpeakerKind, prefix: str = "") -> dict[str, Any]:
    """Return a speaker's members in JSON-LD; a kind that schema.org has no type for is its ``additionalType``."""
    told = {f"{prefix}additionalType": own("speaker", kind)} if kind in _OWN_KINDS else {}
    return {f"{prefix}name": name, **told}


def agent_type(kind: SpeakerKind) -> str:
    """Return schema.org's type of a speaker, or the nearest one."""
    return _TYPES[kind]


def line(document: dict[str, Any]) -> bytes:
    """Return a document as one line of JSON in UTF-8, with its end."""
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def kept(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members that are known: neither null nor empty."""
    return {name: value for name, value in members.items() if value not in (None, [], "")}
