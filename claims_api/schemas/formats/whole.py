"""Read whole claims for exports, as the API shows them: any number, a few at a time."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from claims_api import db
from claims_api.queries import claims, sources, versions
from claims_api.queries.exports import Selection
from claims_api.schemas.claims import ClaimOut
from claims_api.schemas.shaping import shape, shape_one
from claims_api.schemas.sources import SourceOut

Document = dict[str, Any]


def whole(connection: Connection, selection: Selection, *, has_evidence: bool) -> Iterator[Document]:
    """Yield the claims of a selection with their assessments, by id, and with their evidence where it is wanted."""
    for ids in db.batches(row.id for row in selection.rows(connection, "claim")):
        rows = claims.of_ids(connection, ids, has_evidence=has_evidence)
        yield from shape(ClaimOut, [rows[each] for each in ids])


def text_of(connection: Connection, source_id: str, number: int) -> Document:
    """Return a source with the text of one of its versions; ``NotFound`` where there is none."""
    source = shape_one(SourceOut, sources.one(connection, source_id))
    return source | {"text": versions.one(connection, source_id, number).text}
