"""The data as a bundle, which the service imports (docs/import-export.md)."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from benchmarks.data import Claim, Link, Passage, Source, Speaker, World

_BY = "benchmarks"
Line = dict[str, Any]


def bundle(world: World) -> Iterator[bytes]:
    """Yield all of the data, line by line."""
    return lines(_everything(world))


def lines(records: Iterable[Line]) -> Iterator[bytes]:
    """Yield records as a whole bundle."""
    yield _line({"record": "bundle", "version": 1, "history": False})
    number = 0
    for number, record in enumerate(records, 1):  # noqa: B007  # counted
        yield _line(record)
    yield _line({"record": "end", "lines": number})


def claim(each: Claim) -> Line:
    """Return the record of a claim."""
    own = {"text": each.text, "speaker_id": each.speaker_id, "status": each.status}
    return {**_entity("claim", each.id, each.at), **own}


def link(each: Link) -> Line:
    """Return the record of a link."""
    joins = {"claim_id": each.claim_id, "passage_id": each.passage_id}
    own = {"stance": each.stance, "basis": "content", "note": each.note}
    return {**_entity("evidence", each.id, each.at), **joins, **own}


def _everything(world: World) -> Iterator[Line]:
    yield from map(_speaker, world.speakers)
    yield from map(_source, world.sources())
    yield from map(_version, world.sources())
    yield from map(_passage, world.passages())
    yield from map(claim, world.claims())
    yield from map(link, world.links())


def _entity(record: str, identity: str, at: dt.datetime) -> Line:
    moments = {"created_at": at, "updated_at": at}
    return {"record": record, "id": identity, **moments, "created_by": _BY, "version": 1}


def _speaker(each: Speaker) -> Line:
    return {**_entity("speaker", each.id, each.at), "name": each.name, "kind": "person", "aliases": []}


def _source(each: Source) -> Line:
    names = ("title", "url", "publisher", "published_at")
    own = {name: getattr(each, name) for name in names}
    return {**_entity("source", each.id, each.at), **own, "canonical_url": each.url, "current_version": 1}


def _version(each: Source) -> Line:
    text = {"text": each.text, "sha256": each.sha256, "retrieved_at": each.at, "created_at": each.at}
    return {"record": "version", "id": each.version_id, "source_id": each.id, "number": 1, **text, "created_by": _BY}


def _passage(each: Passage) -> Line:
    # All of it is ASCII: one place in all units.
    starts = dict.fromkeys(("start", "utf16_start", "utf8_start"), each.start)
    ends = dict.fromkeys(("end", "utf16_end", "utf8_end"), each.end)
    own = {"exact": each.exact, "prefix": each.prefix, "suffix": each.suffix}
    known = {"source_id": each.source_id, "source_version": 1, "match": "exact", "anchor_state": "exact"}
    return {**_entity("passage", each.id, each.at), **known, **starts, **ends, **own}


def _line(record: Line) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
