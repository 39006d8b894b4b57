"""Run an import: records of any format, taken in batches within one transaction, so that any number fits into memory.

A record whose id is there already is left as it is, whatever became of it since: an import can be repeated.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Invalid, NotEmpty, pointer
from claims_api.models.changes import Change
from claims_api.services.imports import take_bundled
from claims_api.services.imports.bulk import Bulk
from claims_api.services.imports.incoming import (
    ImportReport,
    Incoming,
    KeptVersion,
    Kind,
    LeftOut,
    Record,
    Records,
    Unreadable,
)
from claims_api.services.imports.take_bundled import Versions
from claims_api.services.imports.take_changes import Changes
from claims_api.services.imports.take_claims import Assessments, Claims, Relations
from claims_api.services.imports.take_quotes import Links, Passages
from claims_api.services.imports.take_sources import Sources, Speakers, Topics
from claims_api.services.imports.takers import MOST_TOLD, ImportRun, Taker
from claims_api.services.sources import NewSource
from claims_api.services.versions import NewVersion

# In the order in which records may refer to others.
TAKERS: tuple[type[Taker], ...] = (
    Speakers,
    Topics,
    Sources,
    Versions,
    Passages,
    Claims,
    Links,
    Assessments,
    Relations,
    Changes,
)
_RECORDS_AT_ONCE = 1000
_TEXT_AT_ONCE = 2_000_000


def take(
    session: Session,
    records: Records,
    *,
    collection: str,
    skips: bool = False,
    restores_ledger: bool = False,
    is_kept: bool = True,
) -> ImportReport:
    """Write what the records state; raise ``Invalid`` where some are wrong, unless it ``skips`` those.

    The caller commits. ``collection`` says whose keys they bear. With ``restores_ledger`` the records bring their
    history, and the database must be empty (else ``NotEmpty``). What the caller will roll back is not ``is_kept``: it
    is only checked. What reading ``records`` raises, such as ``Malformed`` or ``TooLarge``, passes through.
    """
    # One import at a time: two that deadlocked would both go on waiting in short steps (``db.row_locks``).
    db.lock_name(session, db.IMPORTS)
    if restores_ledger:
        _refuse_second_ledger(session)
    with staging.staged(session.connection()):
        # A restored ledger is compared with the counts, so they must be made even for a dry run.
        bulk = Bulk(session, is_recorded=not restores_ledger, is_kept=is_kept or restores_ledger)
        run = ImportRun(bulk, collection, with_deleted=restores_ledger, skips=skips)
        takers = [kind(run) for kind in TAKERS]
        for batch in _batches(records):
            _take(run, takers, batch)
            if not skips and run.report.refusals >= MOST_TOLD:
                break
        _in_order(run.report)
        if not skips:
            _refuse_any(run.report)  # before ``finish`` refuses what only follows from these
        for taker in takers:
            taker.finish()
        if not skips:
            _refuse_any(run.report)
        run.bulk.finish()
        if restores_ledger:
            take_bundled.refuse_unlike_ledger(run)
    return run.report


def _refuse_second_ledger(session: Session) -> None:
    db.lock_name(session, db.LEDGER)
    if session.scalar(select(Change.seq).limit(1)) is not None:
        raise NotEmpty(
            "A bundle with its history is restored into an empty database only, and in this one something was changed "
            "already. Import it without its history, or into a new database."
        )


def _take(run: ImportRun, takers: Iterable[Taker], batch: Iterable[Record]) -> None:
    by_kind: dict[Kind, list[Incoming]] = defaultdict(list)
    for record in batch:
        if isinstance(record, Unreadable):
            run.refuse(record, record.failure)
        elif isinstance(record, LeftOut):
            run.leave_out(record)
        else:
            by_kind[record.kind].append(record)
    _pass_over(run, by_kind)
    for taker in takers:
        if by_kind[taker.kind]:
            taker.take(by_kind[taker.kind])


def _pass_over(run: ImportRun, by_kind: dict[Kind, list[Incoming]]) -> None:
    """Skip records that come ``with_claim`` where that claim was there before this import."""
    keys = {each.with_claim for records in by_kind.values() for each in records if each.with_claim is not None}
    there = run.references.claims_from_before(keys)
    for kind, records in by_kind.items() if there else ():
        by_kind[kind] = [each for each in records if each.with_claim not in there]
        run.report.unchanged[kind] += len(records) - len(by_kind[kind])


def _batches(records: Records) -> Iterator[list[Record]]:
    """Yield records by the thousand, fewer where they bring long texts."""
    batch, length = list[Record](), 0
    for record in records:
        batch.append(record)
        length += _length(record)
        if len(batch) == _RECORDS_AT_ONCE or length > _TEXT_AT_ONCE:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _length(record: Record) -> int:
    match record:
        case Incoming(new=NewSource(text=str(text)) | KeptVersion(new=NewVersion(text=text))):
            return len(text)
        case _:
            return 0


def _in_order(report: ImportReport) -> None:
    """Sort by line what was refused and left out, which was found kind by kind."""
    for told in (report.refused, report.left_out):
        told.sort(key=lambda each: each.line or 0)


def _refuse_any(report: ImportReport) -> None:
    if not report.refusals:
        return
    errors = [each.told() for each in report.refused]
    more = f" (and {report.refusals - 1} more, see `errors`)" if report.refusals > 1 else ""
    first = report.refused[0]
    where = f"line {first.line}" if first.line is not None else pointer(first.path) or "the document"
    raise Invalid(f"{where}: {first.detail}{more}", errors=errors)
