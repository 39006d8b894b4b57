"""Reading the passages upon one version of a text."""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, bindparam, case, or_, select

from claims_api.models.passages import Passage
from claims_api.models.sources import SourceVersion
from claims_api.queries.rows import AnyRow

_NUMBER = bindparam("number", type_=Integer())
_is_quoted_from = SourceVersion.number == _NUMBER
_PASSAGES = (
    select(
        Passage.id,
        Passage.anchor_state,
        case((_is_quoted_from, Passage.start), else_=Passage.now["start"].as_integer()).label("start"),
        case((_is_quoted_from, Passage.end), else_=Passage.now["end"].as_integer()).label("end"),
    )
    .outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
    .where(
        Passage.source_id == bindparam("source_id"),
        Passage.deleted_at.is_(None),
        or_(_is_quoted_from, (Passage.now_version == _NUMBER) & Passage.now.is_not(None)),
    )
)


def passages(connection: Connection, source_id: str, number: int) -> Sequence[AnyRow]:
    """Read the passages that were quoted from this version, or stand in it as the newest, with their offsets in it.

    ``start`` and ``end`` are code points, half-open.
    """
    return connection.execute(_PASSAGES, {"source_id": source_id, "number": number}).all()
