"""Claims as CSV: one row each."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from claims_api.errors import Failure
from claims_api.ids import CANONICAL
from claims_api.models.words import Verdict
from claims_api.queries.exports import Selection
from claims_api.schemas.formats import keyed
from claims_api.schemas.formats.cells import listed, parted
from claims_api.schemas.formats.tables import Row, rows
from claims_api.schemas.formats.tables import written as table
from claims_api.schemas.formats.whole import whole
from claims_api.services.imports.incoming import ExistingId, Incoming, Kind, LeftOut, Unreadable

Document = dict[str, Any]
Found = Incoming | LeftOut | Unreadable
# The columns in the order in which they are written, each with other names under which it is read.
COLUMNS: dict[str, Sequence[str]] = {
    "id": ("claim id",),
    "external_id": ("key",),
    "text": ("claim", "claim text", "statement", "claim reviewed"),
    "speaker": ("speaker name", "claimant", "author", "claimed by", "said by", "who"),
    "speaker_id": (),
    "speaker_kind": (),
    "claim_date": ("date", "date of claim", "claimed at", "when"),
    "claim_type": (),
    "language": ("lang", "language code"),
    "location": ("place", "where"),
    "status": (),
    "topics": ("topic", "tags", "keywords"),
    "assessment_id": (),
    "verdict": ("label", "rating"),
    "rating_label": ("textual rating",),
    "explanation": ("justification",),
    "reviewer": ("fact checker",),
    "review_url": (),
    "assessed_at": (),
}
# Derived columns: written for people, and ignored on import.
DERIVED = (
    "derived_verdict", "supports", "contradicts", "mentions", "sources", "origins",
    "created_at", "updated_at", "created_by", "version",
)  # fmt: skip
_WRITTEN = [name for name in COLUMNS if name != "external_id"]
_TEXTS, _WORDS = ("text", "location"), ("claim_type", "language", "status")
_ASSESSED = ("rating_label", "explanation", "reviewer", "review_url", "assessed_at")


def records(lines: Iterable[tuple[int, bytes]], columns: Mapping[str, str] | None = None) -> Iterator[Found]:
    """Read a table of claims, row by row; ``columns`` maps other names of columns to ours.

    Raises ``Invalid`` where it names a column that there is not; rows that are wrong are ``Unreadable``.
    """
    known = {**COLUMNS, **dict.fromkeys(DERIVED, ())}
    once = keyed.Once()
    for row in rows(lines, known, columns or {}, needed="text"):
        yield from once.of(_read(row)) if isinstance(row, Row) else (row,)


def written(connection: Connection, selection: Selection) -> Iterator[bytes]:
    """Write the claims of a selection as a table."""
    claims = whole(connection, selection, has_evidence=False)
    return table((_row(claim) for claim in claims), [*_WRITTEN, *DERIVED])


def _row(claim: Document) -> list[object]:
    speaker, derived = claim["speaker"] or {}, claim["assessment"]
    # A table has room for one assessment: the newest.
    concluded: Document = next(iter(claim["assessments"]), {})
    stated = claim | {f"speaker_{name}": speaker.get(name) for name in ("id", "kind")}
    stated |= {"speaker": speaker.get("name"), "topics": listed(claim["topics"])}
    stated |= {name: concluded.get(name) for name in ("verdict", *_ASSESSED)} | {"assessment_id": concluded.get("id")}
    stated |= derived["counts"] | {name: derived[name] for name in ("sources", "origins")}
    stated["derived_verdict"] = derived["verdict"]
    return [shown(stated[name]) for name in (*_WRITTEN, *DERIVED)]


def shown(value: object) -> object:
    """Return a value as a cell shows it: moments, which are aware, by RFC 3339, in UTC."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value


def key_of(cells: Mapping[str, str]) -> str:
    """Return the key of a claim: its id here, or its key elsewhere, or else a digest of text, speaker and date.

    Raises ``Invalid`` for a stated key that is none.
    """
    identity = cells.get("id", "").strip()
    if CANONICAL.fullmatch(identity):
        return ExistingId(identity)
    for name, stated in (("external_id", cells.get("external_id")), ("id", identity)):
        if stated:
            return keyed.key_of(stated, path=(name,))
    return keyed.digest(*(cells.get(name, "") for name in ("text", "speaker", "claim_date")))


def _read(row: Row) -> Iterator[Found]:
    key = None
    try:
        key = key_of(row.cells)
        # All records of a row or none: a refused row must not be kept in part.
        yield from [*_claim(key, row), *_assessment(key, row)]
    except Failure as failure:
        yield row.failed(failure, key, Kind.CLAIMS)


def speaker_of(cells: Mapping[str, str], column: str, line: int) -> tuple[Incoming | None, dict[str, Any]]:
    """Return the record of a speaker who has an id or a key, and the members that refer to a speaker.

    A speaker without either has no record, and is referred to by name. Raises ``Invalid`` for a key that is none.
    """
    name, identity, kind = (cells.get(each) for each in (column, f"{column}_id", f"{column}_kind"))
    if identity is None:
        return None, {column: None if name is None else keyed.said({"name": name, "kind": kind})}
    key = identified(identity, f"{column}_id")
    return None if name is None else keyed.speaker(key, name, kind, names={"name": column}, line=line), {
        f"{column}_id": key
    }


def identified(cell: str, column: str) -> str:
    """Return what a cell that identifies something means: an id of this service, or a key; ``Invalid`` for neither."""
    bare = cell.strip()
    return ExistingId(bare) if CANONICAL.fullmatch(bare) else keyed.key_of(cell, path=(column,))


def _claim(key: str, row: Row) -> Iterator[Incoming]:
    cells = row.cells
    speaker, by = speaker_of(cells, "speaker", row.line)
    stated = {name: cells.get(name) for name in _TEXTS} | {name: bare(cells, name) for name in _WORDS}
    date, topics = keyed.day(bare(cells, "claim_date")), parted(cells.get("topics", ""))
    whole = {**stated, "claim_date": date, "topics": topics, "speaker": by.pop("speaker", None)}
    # Without a key of its own the claim is known by its text, and other rows may give other details.
    shared = not {"id", "external_id"} & cells.keys()
    claim = keyed.claim(key, whole, **by, shared=shared, names=row.names, line=row.line)
    if speaker is not None:
        yield speaker
    yield claim


def _assessment(key: str, row: Row) -> Iterator[Incoming | LeftOut]:
    stated = {name: row.cells.get(name) for name in _ASSESSED}
    word = row.cells.get("verdict") or stated["rating_label"]
    if word is not None:
        # One of our own verdicts is no label of the reviewer's.
        label = stated["rating_label"] or (None if word in list(Verdict) else word)
        path = (row.names["verdict" if "verdict" in row.cells else "rating_label"],)
        own = row.cells.get("assessment_id")
        known = None if own is None else identified(own, "assessment_id")
        whole, place = {**stated, "rating_label": label}, {"names": row.names, "line": row.line}
        yield keyed.label(key, whole, word, key=known, path=path, **place)


def bare(cells: Mapping[str, str], name: str) -> str | None:
    """Return a cell without the white space around it, which means nothing there; None where there is no such cell."""
    found = cells.get(name)
    return None if found is None else found.strip()
