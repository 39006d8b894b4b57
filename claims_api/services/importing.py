"""Import: records of any format are taken in batches, in one transaction, so that any number of them fits into memory.

What is there already by its id is left as it is, whatever became of it since: the same import can be given again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from claims_api.db import staging
from claims_api.errors import Invalid, pointer
from claims_api.services.bulk import Bulk
from claims_api.services.incoming import Incoming, Kind, Records, Refused, Report, Unreadable
from claims_api.services.intake import MOST_TOLD, Sources, Speakers, Taker, Topics, Work
from claims_api.services.intake_claims import Assessments, Claims, Links, Passages, Relations
from claims_api.services.sources import NewSource

# Each behind what its records may refer to.
TAKERS: tuple[type[Taker], ...] = (Speakers, Topics, Sources, Passages, Claims, Links, Assessments, Relations)
_RECORDS_AT_ONCE = 500
_TEXT_AT_ONCE = 2_000_000


def take(session: Session, records: Records, *, collection: str, actor: str, skips: bool = False) -> Report:
    """Keep what records state; or, unless it ``skips`` what is wrong with some, nothing, and raise ``Invalid``.

    The caller commits. ``collection`` says whose keys they bear.
    """
    with staging.staged(session.connection()):
        work = Work(Bulk(session, actor=actor), collection)
        takers = [kind(work) for kind in TAKERS]
        for batch in _batches(records):
            _take(work, takers, batch)
            if not skips and work.report.refusals >= MOST_TOLD:
                break
        if not skips:
            _refuse_any(work.report)
        for taker in takers:
            taker.finish()
        work.bulk.finish()
    return work.report


def _take(work: Work, takers: Iterable[Taker], batch: Iterable[Incoming | Unreadable]) -> None:
    by_kind: dict[Kind, list[Incoming]] = defaultdict(list)
    for record in batch:
        if isinstance(record, Unreadable):
            work.refuse(record, record.failure)
        else:
            by_kind[record.kind].append(record)
    for taker in takers:
        if by_kind[taker.kind]:
            taker.take(by_kind[taker.kind])


def _batches(records: Records) -> Iterator[list[Incoming | Unreadable]]:
    """Yield records by hundreds, fewer where they bring long texts."""
    batch, length = list[Incoming | Unreadable](), 0
    for record in records:
        batch.append(record)
        length += _length(record)
        if len(batch) == _RECORDS_AT_ONCE or length > _TEXT_AT_ONCE:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _length(record: Incoming | Unreadable) -> int:
    is_source = isinstance(record, Incoming) and isinstance(record.new, NewSource)
    return len(record.new.text or "") if is_source else 0  # type: ignore[union-attr]  # it is one


def _refuse_any(report: Report) -> None:
    if not report.refusals:
        return
    errors = [_told(each) for each in report.refused]
    more = f" (and {report.refusals - 1} more, see `errors`)" if report.refusals > 1 else ""
    first = report.refused[0]
    where = f"line {first.line}" if first.line is not None else pointer(first.path)
    raise Invalid(f"{where}: {first.detail}{more}", errors=errors)


def _told(refused: Refused) -> dict[str, object]:
    return {
        "line": refused.line,
        "external_id": refused.external_id,
        "code": refused.code,
        "pointer": pointer(refused.path),
        "detail": refused.detail,
    }
