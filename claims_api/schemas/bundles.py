"""Bundles: all that the service keeps, as lines of JSON, each an entity as it is kept (see docs/import-export.md).

The first line says what the rest is. Behind it comes what is referred to before what refers to it. ``record`` says what
a line is; its other members are columns, and where one entity speaks of another it gives the id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import orjson
from marshmallow import fields, validate
from sqlalchemy import Connection

from claims_api.errors import Failure, Invalid, Malformed
from claims_api.models.sources import PLAIN
from claims_api.models.words import (
    Action,
    AnchorState,
    Basis,
    ClaimStatus,
    ClaimType,
    EntityKind,
    Match,
    OrphanedBecause,
    RelationType,
    Reliability,
    SourceType,
    SpeakerKind,
    Stance,
    Verdict,
)
from claims_api.queries.exports import Selection
from claims_api.queries.rows import AnyRow
from claims_api.schemas.assessments import LARGEST_RATING
from claims_api.schemas.base import Input
from claims_api.schemas.changes import LARGEST_SEQ
from claims_api.schemas.fields import (
    Anything,
    Identity,
    Instant,
    Language,
    Number,
    PartialDate,
    PublishedAt,
    Text,
    Url,
    Whole,
    Word,
)
from claims_api.schemas.incoming import taken
from claims_api.schemas.refs import LARGEST_TEXT
from claims_api.schemas.strict import parse_line
from claims_api.services.anchoring import LONGEST_QUOTE
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import NewTopic
from claims_api.services.evidence import NewEvidence
from claims_api.services.incoming import (
    Incoming,
    KeptChange,
    KeptPassage,
    KeptSource,
    KeptSpeaker,
    KeptVersion,
    Known,
    Records,
    Stamp,
    Stated,
    Unreadable,
)
from claims_api.services.relations import NewRelation
from claims_api.services.versions import NewVersion

VERSION = 1
# Columns count in so many bits.
_LARGEST = 2**31 - 1
_UNITS = 4 * LARGEST_TEXT
_SHA256 = validate.Regexp("^[0-9a-f]{64}$")
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
# So many lines are given out together.
_AT_ONCE = 20
_LONGEST_KEY_SHOWN = 100
Lines = Iterable[tuple[int, bytes]]
Made = tuple[Stated, str | None]


class Header(Input):
    """The first line: what this is, in which version of the format, and whether the ledger comes with it."""

    record = fields.String(required=True, validate=validate.Equal("bundle"))
    version = fields.Integer(required=True, strict=True, validate=validate.Equal(VERSION))
    history = fields.Boolean(required=True, truthy={True}, falsy={False})


class End(Input):
    """The last line: how many there were between it and the first."""

    record = fields.String(required=True, validate=validate.Equal("end"))
    lines = fields.Integer(required=True, strict=True)


class Line(Input):
    """An entity: its id, and by whom and when it was made and changed."""

    id = Identity(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    created_by = Anything(most=500, required=True)
    version = Whole(least=1, most=_LARGEST, required=True)
    deleted_at = Instant(allow_none=True, description="Only with the history: else nothing that was deleted comes.")


class SpeakerLine(Line):
    """A speaker."""

    name = Text(most=500, required=True)
    kind = Word(SpeakerKind, required=True)
    aliases = fields.List(Text(most=500), load_default=list)
    job_title = Text(most=500, allow_none=True)
    affiliation = Text(most=500, allow_none=True)
    same_as = Url(allow_none=True)
    merged_into_id = Identity(allow_none=True)


class TopicLine(Line):
    """A topic."""

    name = Text(most=200, required=True)
    description = Text(most=5_000, allow_none=True)


class SourceLine(Line):
    """A source; ``current_version`` is the number of its newest text."""

    title = Text(most=500, required=True)
    url = Url(allow_none=True)
    canonical_url = Url(allow_none=True)
    archived_url = Url(allow_none=True)
    publisher = Text(most=500, allow_none=True)
    authors = fields.List(Text(most=500), load_default=list)
    published_at = PublishedAt(allow_none=True)
    language = Language(allow_none=True)
    type = Word(SourceType, allow_none=True)
    reliability = Word(Reliability, allow_none=True)
    current_version = Whole(least=1, most=_LARGEST, allow_none=True)


class VersionLine(Input):
    """A text of a source; it never changes."""

    id = Identity(required=True)
    source_id = Identity(required=True)
    number = Whole(least=1, most=_LARGEST, required=True)
    text = Text(most=LARGEST_TEXT, required=True)
    sha256 = fields.String(required=True, validate=_SHA256)
    content_type = Text(most=100, load_default=PLAIN)
    given_sha256 = fields.String(allow_none=True, validate=_SHA256)
    retrieved_at = Instant(required=True)
    created_at = Instant(required=True)
    created_by = Anything(most=500, required=True)


class PassageLine(Line):
    """A passage, in the version of its source that it was quoted from, and where it stands ``now``."""

    source_id = Identity(required=True)
    source_version = Whole(least=1, most=_LARGEST, allow_none=True, description="The number of that version.")
    start = Whole(least=0, most=LARGEST_TEXT, allow_none=True)
    end = Whole(least=1, most=LARGEST_TEXT, allow_none=True)
    utf16_start = Whole(least=0, most=_UNITS, allow_none=True)
    utf16_end = Whole(least=0, most=_UNITS, allow_none=True)
    utf8_start = Whole(least=0, most=_UNITS, allow_none=True)
    utf8_end = Whole(least=0, most=_UNITS, allow_none=True)
    exact = Anything(most=LONGEST_QUOTE, required=True)
    prefix = Anything(most=100, required=True)
    suffix = Anything(most=100, required=True)
    match = Word(Match, required=True)
    anchor_state = Word(AnchorState, required=True)
    now_version = Whole(least=1, most=_LARGEST, allow_none=True)
    now = fields.Dict(allow_none=True)
    orphaned_because = Word(OrphanedBecause, allow_none=True)
    confirmed_at = Instant(allow_none=True)
    confirmed_by = Anything(most=500, allow_none=True)


class ClaimLine(Line):
    """A claim; what it counts is counted anew."""

    text = Text(most=10_000, required=True)
    speaker_id = Identity(allow_none=True)
    claim_date = PartialDate(allow_none=True)
    claim_type = Word(ClaimType, allow_none=True)
    language = Language(allow_none=True)
    location = Text(most=500, allow_none=True)
    status = Word(ClaimStatus, required=True)
    first_appearance_id = Identity(allow_none=True)
    topic_ids = fields.List(Identity(), load_default=list)


class EvidenceLine(Line):
    """A link between a claim and a passage."""

    claim_id = Identity(required=True)
    passage_id = Identity(required=True)
    stance = Word(Stance, required=True)
    basis = Word(Basis, required=True)
    stated_by_id = Identity(allow_none=True)
    group = Text(most=100, allow_none=True)
    note = Text(most=5_000, allow_none=True)
    credibility = Whole(least=1, most=6, allow_none=True)


class AssessmentLine(Line):
    """What a reviewer concluded of a claim."""

    claim_id = Identity(required=True)
    verdict = Word(Verdict, required=True)
    rating_label = Text(most=200, allow_none=True)
    rating_value = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    best_rating = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    worst_rating = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    explanation = Text(most=10_000, allow_none=True)
    review_url = Url(allow_none=True)
    reviewer = Text(most=500, required=True)
    assessed_at = Instant(required=True)


class RelationLine(Line):
    """What one claim is to another."""

    source_id = Identity(required=True)
    target_id = Identity(required=True)
    type = Word(RelationType, required=True)
    note = Text(most=5_000, allow_none=True)


class ChangeLine(Input):
    """A row of the ledger; only with the history."""

    seq = Whole(least=1, most=LARGEST_SEQ, required=True)
    at = Instant(required=True)
    actor = Anything(most=500, required=True)
    entity = Word(EntityKind, required=True)
    entity_id = Identity(required=True)
    action = Word(Action, required=True)
    version = Whole(least=1, most=_LARGEST, required=True)
    state = fields.Dict(required=True)


LINES: Mapping[str, type[Input]] = {
    "speaker": SpeakerLine,
    "topic": TopicLine,
    "source": SourceLine,
    "version": VersionLine,
    "passage": PassageLine,
    "claim": ClaimLine,
    "evidence": EvidenceLine,
    "assessment": AssessmentLine,
    "relation": RelationLine,
    "change": ChangeLine,
}


def written(connection: Connection, selection: Selection) -> Iterator[bytes]:
    """Yield the lines of a bundle, some at a time; what is the same is written in the same bytes."""
    header = {"record": "bundle", "version": VERSION, "history": selection.has_history}
    yield orjson.dumps(header, option=_OPTIONS)
    number = 0
    for record in LINES:
        if record != "change" or selection.has_history:
            rows = selection.texts(connection) if record == "version" else selection.rows(connection, record)
            while lines := [_line(record, row) for row in islice(rows, _AT_ONCE)]:
                yield b"".join(lines)
                number += len(lines)
    yield orjson.dumps({"record": "end", "lines": number}, option=_OPTIONS)


def _line(record: str, row: AnyRow) -> bytes:
    columns = dict(zip(_names(row._fields), row, strict=True))
    if "topic_ids" in columns:
        columns["topic_ids"] = sorted(columns["topic_ids"] or ())
    return orjson.dumps({"record": record, **columns}, option=_OPTIONS)


@cache
def _names(columns: tuple[str, ...]) -> list[str]:
    # Some are of a kind of text that orjson does not know.
    return [f"{name}" for name in columns]


def opened(lines: Lines) -> tuple[bool, Records]:
    """Return whether a bundle has its history, and its records; ``Invalid`` where its first line is no header."""
    rest = iter(lines)
    _, first = next(rest, (1, b"{}"))
    header = taken(Header, _object(first))
    return header["history"], _records(rest, has_history=header["history"])


def _records(lines: Lines, *, has_history: bool) -> Records:
    for number, (place, line) in enumerate(lines):
        found = _read(place, line, has_history=has_history)
        if isinstance(found, int):
            return _refuse_missing(found, number)
        yield found
    raise Malformed("The bundle breaks off: its last line, which says how many there are, is missing.")


def _read(place: int, line: bytes, *, has_history: bool) -> Incoming | Unreadable | int:
    """Return the record of a line, or, of the last one, how many there were."""
    key = None
    try:
        data = _object(line)
        if data.get("record") == "end":
            return int(taken(End, data)["lines"])
        key = str(data.get("id", ""))[:_LONGEST_KEY_SHOWN] or None
        return _record(place, data, has_history=has_history)
    except Failure as failure:
        return Unreadable(failure, place, key)


def _refuse_missing(announced: int, number: int) -> None:
    if announced != number:
        raise Malformed(f"Of the {announced} lines of the bundle {number} came.")


def _object(line: bytes) -> dict[str, Any]:
    value = parse_line(line)
    if not isinstance(value, dict):
        raise Invalid("A line of a bundle is one JSON object.", path=())
    return value


def _record(number: int, data: dict[str, Any], *, has_history: bool) -> Incoming:
    name = data.pop("record", None)
    schema = LINES.get(name) if isinstance(name, str) else None
    if schema is None:
        raise Invalid(f"A line is one of {', '.join(LINES)}.", path=("record",))
    values = taken(schema, data)
    if not has_history and (schema is ChangeLine or values.get("deleted_at")):
        raise Invalid("The header says that this bundle comes without its history.", path=("record",))
    if schema is ChangeLine:
        return Incoming(str(values["seq"]), KeptChange(**values), line=number)
    identity = Known(values.pop("id"))
    stamp = None if schema is VersionLine else Stamp(**{name: values.pop(name, None) for name in _STAMP})
    new, of = _MADE[name](values)
    return Incoming(identity, new, of=of, line=number, stamp=stamp)


_STAMP = ("created_at", "updated_at", "created_by", "version", "deleted_at")


def _known(values: dict[str, Any], *names: str) -> dict[str, Any]:
    ids = {name: values.pop(name, None) for name in names}
    return {name: None if identity is None else Known(identity) for name, identity in ids.items()}


def _that(values: dict[str, Any], name: str) -> Known:
    return Known(values.pop(name))


def _version(values: dict[str, Any]) -> Made:
    given = {name: values.pop(name, None) for name in ("text", "retrieved_at", "content_type", "given_sha256")}
    return KeptVersion(source=_that(values, "source_id"), new=NewVersion(**given), **values), None


def _passage(values: dict[str, Any]) -> Made:
    places = ("start", "end", "utf16_start", "utf16_end", "utf8_start", "utf8_end")
    missing: dict[str, Any] = {name: None for name in places if name not in values}
    version = values.pop("source_version", None)
    return KeptPassage(source=_that(values, "source_id"), version=version, **missing, **values), None


def _claim(values: dict[str, Any]) -> Made:
    known = _known(values, "speaker_id", "first_appearance_id")
    return NewClaim(topics=[Known(each) for each in values.pop("topic_ids")], **known, **values), None


def _evidence(values: dict[str, Any]) -> Made:
    claim_id = _that(values, "claim_id")
    known = _known(values, "passage_id", "stated_by_id")
    return NewEvidence(**known, **values), claim_id


def _assessment(values: dict[str, Any]) -> Made:
    claim_id = _that(values, "claim_id")
    return NewAssessment(**values), claim_id


def _relation(values: dict[str, Any]) -> Made:
    source_id = _that(values, "source_id")
    return NewRelation(target_id=_that(values, "target_id"), **values), source_id


_MADE: Mapping[str, Callable[[dict[str, Any]], Made]] = {
    "speaker": lambda values: (KeptSpeaker(**values), None),
    "topic": lambda values: (NewTopic(**values), None),
    "source": lambda values: (KeptSource(**values), None),
    "version": _version,
    "passage": _passage,
    "claim": _claim,
    "evidence": _evidence,
    "assessment": _assessment,
    "relation": _relation,
}
