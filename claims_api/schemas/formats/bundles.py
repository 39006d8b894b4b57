"""Bundles: all that the service keeps, as lines of JSON, each an entity as it is kept (see docs/import-export.md).

The first line says what the rest is. Behind it comes what is referred to before what refers to it. ``record`` says what
a line is; its other members are columns, and where one entity speaks of another it gives the id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection

from claims_api.errors import Failure, Invalid, Malformed
from claims_api.queries.exports import Selection
from claims_api.queries.rows import AnyRow
from claims_api.schemas.formats.bundle_lines import LINES, VERSION, ChangeLine, End, Header, VersionLine
from claims_api.schemas.formats.bundle_states import refuse_impossible
from claims_api.schemas.formats.incoming import taken
from claims_api.schemas.strict import glimpse, parse_line, shown
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import (
    ExistingId,
    Incoming,
    KeptChange,
    KeptPassage,
    KeptSource,
    KeptSpeaker,
    KeptVersion,
    Kind,
    Records,
    Stamp,
    Stated,
    Unreadable,
)
from claims_api.services.relations import NewRelation
from claims_api.services.topics import NewTopic
from claims_api.services.versions import NewVersion

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
# Lines in one chunk of the output.
_AT_ONCE = 20
_LONGEST_KEY_SHOWN = 100
_REMEDY = "Send all of the file that was exported, as it is; where that is broken, export it again."
Lines = Iterable[tuple[int, bytes]]
Made = tuple[Stated, str | None]


class NoBundle(Invalid):
    """What was sent is no bundle: its first line is no header."""


def written(connection: Connection, selection: Selection) -> Iterator[bytes]:
    """Yield the lines of a bundle in UTF-8, some at a time; the same state gives the same bytes."""
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
    # As plain str: SQLAlchemy's names are a subclass that orjson refuses.
    return [f"{name}" for name in columns]


def opened(lines: Lines) -> tuple[bool, Records]:
    """Return whether a bundle has its history, and its records; ``lines`` come with their numbers.

    Raises ``NoBundle`` where its first line is no header, and ``Invalid`` or ``Malformed`` for a bad one. Reading the
    records raises ``Malformed`` where the bundle breaks off, goes on, or lacks lines; bad lines are ``Unreadable``.
    """
    rest = iter(lines)
    _, first = next(rest, (1, b"{}"))
    if glimpse(first).get("record") != "bundle":
        raise NoBundle('The first line of a bundle is its header: {"record":"bundle","version":1,"history":false}.')
    header = taken(Header, _object(first))
    return header["history"], _records(rest, has_history=header["history"])


def _records(lines: Lines, *, has_history: bool) -> Records:
    for number, (place, line) in enumerate(lines):
        found = _read(place, line, has_history=has_history)
        if isinstance(found, int):
            return _refuse_other_lines(found, number, lines)
        yield found
    raise Malformed("The bundle breaks off: its last line, which says how many there are, is missing.", remedy=_REMEDY)


def _read(place: int, line: bytes, *, has_history: bool) -> Incoming | Unreadable | int:
    """Return the record of a line, or, of the last one, how many there were."""
    try:
        data = _object(line)
        if data.get("record") == "end":
            return int(taken(End, data)["lines"])
        return _record(place, data, has_history=has_history)
    except Failure as failure:
        known = glimpse(line)
        key = shown(known.get("id"), most=_LONGEST_KEY_SHOWN)
        return Unreadable(failure, place, key, kind=_KINDS.get(str(known.get("record"))))


def _refuse_other_lines(announced: int, number: int, rest: Lines) -> None:
    if announced != number:
        raise Malformed(f"Of the {announced} lines of the bundle {number} came.", remedy=_REMEDY)
    if any(line.strip() for _, line in rest):
        raise Malformed("The bundle goes on behind its last line.", remedy="Import one bundle at a time.")


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
        refuse_impossible(values["entity"], values["state"])
        return Incoming(str(values["seq"]), KeptChange(**values), line=number)
    identity = ExistingId(values.pop("id"))
    stamp = None if schema is VersionLine else Stamp(**{name: values.pop(name, None) for name in _STAMP})
    new, of = _MADE[name](values)
    return Incoming(identity, new, of=of, line=number, stamp=stamp)


# Of what other records speak.
_KINDS = {
    "speaker": Kind.SPEAKERS,
    "topic": Kind.TOPICS,
    "source": Kind.SOURCES,
    "passage": Kind.PASSAGES,
    "claim": Kind.CLAIMS,
}
_STAMP = ("created_at", "updated_at", "created_by", "version", "deleted_at")


def _known(values: dict[str, Any], *names: str) -> dict[str, Any]:
    ids = {name: values.pop(name, None) for name in names}
    return {name: None if identity is None else ExistingId(identity) for name, identity in ids.items()}


def _that(values: dict[str, Any], name: str) -> ExistingId:
    return ExistingId(values.pop(name))


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
    return NewClaim(topics=[ExistingId(each) for each in values.pop("topic_ids")], **known, **values), None


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
