"""Evidence as CSV: one row each, with the claim, the quote and the source that it joins."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from claims_api.errors import Failure, Invalid
from claims_api.queries.exports import Selection
from claims_api.schemas.formats import keyed
from claims_api.schemas.formats.claims_csv import Document, Found, bare, identified, shown, speaker_of
from claims_api.schemas.formats.labels import stance_of
from claims_api.schemas.formats.tables import Row, rows
from claims_api.schemas.formats.tables import written as table
from claims_api.schemas.formats.whole import whole
from claims_api.services.imports.incoming import Incoming, Worded

# The columns in the order in which they are written, each with other names under which it is read.
COLUMNS: dict[str, Sequence[str]] = {
    "id": ("evidence id",),
    "external_id": ("key",),
    "claim_id": ("claim key", "claim external id"),
    "claim": ("claim text", "statement", "text"),
    "stance": ("relation", "evidence label"),
    "basis": (),
    "quote": ("exact", "passage", "excerpt", "evidence"),
    "prefix": (),
    "suffix": (),
    "occurrence": (),
    "start": (),
    "end": (),
    "source_id": ("source key", "source external id", "doc id"),
    "source_title": ("source", "title"),
    "source_url": ("url", "link"),
    "source_publisher": ("publisher",),
    "stated_by": (),
    "stated_by_id": (),
    "stated_by_kind": (),
    "group": (),
    "note": ("comment",),
    "credibility": (),
}
# Derived columns: written for people, and ignored on import.
DERIVED = ("source_version", "match", "anchor_state", "created_at", "updated_at", "created_by", "version")
_READ_ONLY = ("external_id", "occurrence", "stated_by_kind")
_WRITTEN = [name for name in COLUMNS if name not in _READ_ONLY]
_OWN = "external_id"
_TEXTS, _NUMBERS = ("prefix", "suffix", "group", "note"), ("occurrence", "start", "end", "credibility")


def records(lines: Iterable[tuple[int, bytes]], columns: Mapping[str, str] | None = None) -> Iterator[Found]:
    """Read a table of evidence, row by row; ``columns`` maps other names of columns to ours.

    Raises ``Invalid`` where it names a column that there is not; rows that are wrong are ``Unreadable``.
    """
    known = {**COLUMNS, **dict.fromkeys(DERIVED, ())}
    once = keyed.Once()
    for row in rows(lines, known, columns or {}, needed="stance"):
        yield from once.of(_read(_called(row))) if isinstance(row, Row) else (row,)


def written(connection: Connection, selection: Selection) -> Iterator[bytes]:
    """Write the evidence of the claims of a selection as a table."""
    claims = whole(connection, selection, has_evidence=True)
    return table((_row(claim, link) for claim in claims for link in claim["evidence"]), [*_WRITTEN, *DERIVED])


def _row(claim: Document, link: Document) -> list[object]:
    passage, stated_by = link["passage"], link["stated_by"] or {}
    source = {f"source_{name}": value for name, value in passage["source"].items()}
    stated = {**passage, **source, **link, "claim": claim["text"], "quote": passage["exact"]}
    stated |= {"stated_by": stated_by.get("name"), "stated_by_id": stated_by.get("id")}
    return [shown(stated[name]) for name in (*_WRITTEN, *DERIVED)]


def _read(row: Row) -> Iterator[Found]:
    key = row.cells.get(_OWN) or row.cells.get("id")
    try:
        yield from _link(None if key is None else identified(key, _OWN if _OWN in row.cells else "id"), row)
    except Failure as failure:
        yield row.failed(failure, None if key is None else key[: keyed.LONGEST_KEY])


def _called(row: Row) -> Row:
    # As the schemas call them.
    ours = {"exact": "quote", "title": "source_title", "url": "source_url", "publisher": "source_publisher"}
    return replace(row, names={**row.names, **{name: row.names.get(each, each) for name, each in ours.items()}})


def _link(key: str | None, row: Row) -> Iterator[Incoming]:
    cells = row.cells
    stated_by, by = speaker_of(cells, "stated_by", row.line)
    source_key, source = _source(row)
    stated = {name: cells.get(name) for name in _TEXTS} | {name: _number(cells, name) for name in _NUMBERS}
    stated |= {
        "stance": stance_of(bare(cells, "stance"), path=("stance",)),
        "basis": bare(cells, "basis"),
        "exact": cells.get("quote"),
        "stated_by": by.pop("stated_by", None),
    }
    link = keyed.evidence(
        _claim_key(cells), source_key, stated, key=key, hints=True, **by, names=row.names, line=row.line
    )
    yield from (each for each in (source, stated_by, link) if each is not None)


def _claim_key(cells: Mapping[str, str]) -> str:
    if "claim_id" in cells:
        return identified(cells["claim_id"], "claim_id")
    if "claim" in cells:
        return Worded(cells["claim"])
    raise Invalid("Say of which claim, by its id, its key or its text.", path=("claim_id",))


def _source(row: Row) -> tuple[str, Incoming | None]:
    """Return the key of the source, and what the row knows of it: by that it is made where it is not there yet."""
    title, url, publisher = (row.cells.get(f"source_{name}") for name in ("title", "url", "publisher"))
    url = None if url is None else url.strip()
    identity, called = row.cells.get("source_id"), url or title
    if identity is None and called is None:
        raise Invalid("Say from which source, by its id, its key, its URL or its title.", path=("source_id",))
    key = keyed.shortened(called or "") if identity is None else identified(identity, "source_id")
    known = {"title": title, "url": url, "publisher": publisher}
    return key, keyed.source(key, known, shared=True, names=row.names, line=row.line) if title or url else None


def _number(cells: Mapping[str, str], name: str) -> int | str | None:
    cell = bare(cells, name)
    # Anything else is passed on, to be refused by the schema.
    return int(cell) if cell and re.fullmatch("[0-9]{1,9}", cell) else cell
