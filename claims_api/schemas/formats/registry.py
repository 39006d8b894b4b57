"""The registry of the import and export formats: name, media types, reader and writer of each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Connection

from claims_api.errors import Invalid
from claims_api.queries.exports import Selection
from claims_api.schemas import examples
from claims_api.schemas.formats import (
    annotation_records,
    annotations,
    bundles,
    claim_review_records,
    claim_reviews,
    claims_csv,
    evidence_csv,
    fever,
    fever_out,
    neutral,
)
from claims_api.schemas.formats.documents import LONGEST
from claims_api.schemas.formats.lines import LONGEST_LINE, numbered
from claims_api.schemas.formats.linked import JSON_LD
from claims_api.schemas.formats.tables import Columns, mapping
from claims_api.services.imports.incoming import Records

NDJSON, JSON, CSV = "application/x-ndjson", "application/json", "text/csv"
Lines = Iterator[tuple[int, bytes]]
# For CSV: which columns with other names stand for ours.
Named = Mapping[str, str]
Written = Callable[[Connection, Selection], Iterator[bytes]]


@dataclass(frozen=True)
class Opened:
    """The records of a file, read as they are iterated, and whether the whole ledger comes with them."""

    records: Records
    has_history: bool = False


@dataclass(frozen=True)
class Format:
    """A format: what reads its lines, what writes it, and its media types, the first of which answers have.

    No line may have more than ``longest`` bytes.
    """

    reads: Callable[[Lines, Named], Opened]
    writes: Written | None = None
    media_types: tuple[str, ...] = (NDJSON, JSON)
    longest: int = LONGEST_LINE
    columns: Columns | None = None
    # The default collection of its records' keys; None: the format's own name.
    collection: str | None = None
    # Whether its last line tells that it is complete.
    tells_its_end: bool = False

    def written(self, connection: Connection, selection: Selection) -> Iterator[bytes]:
        """Yield a selection in this format, some of it at a time; ``Invalid`` where the format is only read."""
        if self.writes is None:
            raise Invalid("This format is read, and not written.", path=("format",))
        return self.writes(connection, selection)

    def opened(self, file: BinaryIO, most: int, columns: str | None = None) -> Opened:
        """Open a file of ``most`` bytes at most, decompressed; ``columns`` is as ``tables.mapping`` takes it.

        Raises ``Invalid`` for ``columns`` that are wrong, or not of a table, and for what is no bundle. Reading the
        records raises what ``lines.numbered`` raises: ``TooLarge`` and ``Malformed``.
        """
        if columns is not None and self.columns is None:
            raise Invalid("Only tables have columns.", path=("columns",))
        named = {} if columns is None else mapping(columns)
        return self.reads(numbered(file, most=most, longest=self.longest), named)


def _bundle(lines: Lines, _: Named) -> Opened:
    try:
        has_history, records = bundles.opened((number, line) for number, line in lines if line.strip())
    except bundles.NoBundle as failure:
        others = ", ".join(name for name in FORMATS if name != "bundle")
        detail = f"{failure.detail} This is none: say by `format` what it is ({others})."
        raise Invalid(detail, path=()) from None
    return Opened(records, has_history)


def _by(records: Callable[[Lines], Records]) -> Callable[[Lines, Named], Opened]:
    return lambda lines, _: Opened(records(lines))


def _claim_reviews(connection: Connection, selection: Selection) -> Iterator[bytes]:
    return claim_reviews.lines(connection, selection.filters(), selection.values)


def _annotations(connection: Connection, selection: Selection) -> Iterator[bytes]:
    return annotations.lines(connection, selection.filters(), selection.values)


# One collection for both tables, so that evidence finds its claims by their keys.
_TABLES = "csv"
_LINKED = (NDJSON, JSON_LD, JSON)
FORMATS: Mapping[str, Format] = {
    "bundle": Format(_bundle, bundles.written, tells_its_end=True),
    "neutral": Format(_by(neutral.records)),
    "claim-review": Format(_by(claim_review_records.records), _claim_reviews, _LINKED, LONGEST),
    "web-annotation": Format(_by(annotation_records.records), _annotations, _LINKED, LONGEST),
    "fever": Format(_by(fever.records), fever_out.written),
    "claims-csv": Format(
        lambda lines, named: Opened(claims_csv.records(lines, named)),
        claims_csv.written,
        (CSV,),
        columns=claims_csv.COLUMNS,
        collection=_TABLES,
    ),
    "evidence-csv": Format(
        lambda lines, named: Opened(evidence_csv.records(lines, named)),
        evidence_csv.written,
        (CSV,),
        columns=evidence_csv.COLUMNS,
        collection=_TABLES,
    ),
}
# The exports as JSON Lines, which share a media type and so a path.
WRITTEN = [name for name, each in FORMATS.items() if each.writes is not None]
IN_LINES = [name for name in WRITTEN if FORMATS[name].media_types[0] == NDJSON]


def sent() -> dict[str, dict[str, Any]]:
    """Return the media types of imports, each with examples, by name, of what is sent in the default format."""
    listed = (media_type for each in FORMATS.values() for media_type in each.media_types)
    bundle = {"bundle": {"summary": "A bundle of one topic", "value": examples.BUNDLE}}
    return {media_type: bundle if media_type == NDJSON else {} for media_type in listed}
