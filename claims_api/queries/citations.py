"""Reading what ``services.citations`` checks: passages, and the texts that they stand in."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy.orm import aliased

from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.queries import rows
from claims_api.queries.rows import AnyRow

_own, _newest = aliased(SourceVersion), aliased(SourceVersion)

_CITATIONS = (
    select(
        Passage.id,
        Passage.exact,
        Passage.start,
        Passage.end,
        Passage.utf16_start,
        Passage.utf16_end,
        Passage.utf8_start,
        Passage.utf8_end,
        Passage.anchor_state,
        Passage.now,
        Passage.now_version,
        Passage.orphaned_because,
        Passage.confirmed_by,
        Passage.deleted_at,
        Source.current_version,
        _own.id.label("own_id"),
        _newest.id.label("newest_id"),
    )
    .join(Source, Source.id == Passage.source_id)
    .outerjoin(_own, _own.id == Passage.source_version_id)
    .outerjoin(_newest, and_(_newest.source_id == Source.id, _newest.number == Source.current_version))
)
_ONE = _CITATIONS.where(Passage.id == bindparam("id"), Passage.deleted_at.is_(None))
# In the order of sources, so that each text is read once.
_EVERY = _CITATIONS.order_by(Passage.source_id, Passage.source_version_id, Passage.id)
_TEXTS = select(SourceVersion.id, SourceVersion.number, SourceVersion.text, SourceVersion.sha256).where(
    SourceVersion.id.in_(bindparam("ids", expanding=True))
)


def one(connection: Connection, passage_id: str) -> AnyRow:
    """Read a live passage, and the ids of the versions that it is compared with; ``NotFound`` where there is none."""
    return rows.one(connection, _ONE, "passage", id=passage_id)


@contextmanager
def every(connection: Connection) -> Iterator[Iterable[AnyRow]]:
    """Yield the same of all passages, deleted or not, in the order of sources, in batches."""
    with rows.streamed(connection, _EVERY) as (found,):
        yield found


def texts(connection: Connection, version_ids: Iterable[str | None]) -> Sequence[AnyRow]:
    """Read these versions with their texts; None among the ids is ignored."""
    return connection.execute(_TEXTS, {"ids": [each for each in version_ids if each is not None]}).all()
