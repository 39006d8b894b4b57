"""Check what is kept against itself: the ledger, the counts, and every quote against the text that it stands in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTS
from claims_api.services import tallying

_RECORDED = (Speaker, Topic, Source, Passage, Claim, Evidence, Assessment, Relation)


@dataclass(frozen=True)
class Finding:
    """What was looked at, how many there were, and the ids (or numbers) of those that are wrong."""

    what: str
    number: int
    wrong: list[str]


def everything(connection: Connection) -> Iterator[Finding]:
    """Check all of it, one thing after the other; a snapshot will do."""
    checks: tuple[Callable[[Connection], Finding], ...] = (_ledger, _versions, _counts, _verdicts, _quotes)
    yield from (check(connection) for check in checks)


def _ledger(connection: Connection) -> Finding:
    before = select(Change.seq, Change.at, func.lag(Change.seq).over(order_by=Change.seq).label("last")).subquery()
    number = connection.execute(select(func.count()).select_from(Change)).scalar_one()
    gaps = connection.scalars(select(before.c.seq).where(before.c.seq != func.coalesce(before.c.last, 0) + 1))
    return Finding("changes follow each other without a gap", number, [str(seq) for seq in gaps])


def _versions(connection: Connection) -> Finding:
    number, wrong = 0, []
    for kind in _RECORDED:
        newest = aliased(Change)
        seq = select(func.max(Change.seq)).where(Change.entity_id == kind.id).scalar_subquery()
        rows = connection.execute(
            select(kind.id, (newest.version == kind.version).label("same")).outerjoin(newest, newest.seq == seq)
        )
        for row in rows:
            number += 1
            wrong += [] if row.same else [str(row.id)]
    return Finding("entities stand as their newest change says", number, wrong)


def _counts(connection: Connection) -> Finding:
    counted: dict[tuple[str, str], Any] = {
        (row.claim_id, row.basis): row for row in connection.execute(tallying.tallies())
    }
    # The links of a deleted claim are deleted with it; its counts stay for when it is restored.
    claims = connection.execute(
        select(Claim.id, *(getattr(Claim, name) for name in COUNTS)).where(Claim.deleted_at.is_(None))
    )
    number, wrong = 0, []
    for claim in claims:
        number += 1
        expected = [_counted(counted, claim.id, name) for name in COUNTS]
        wrong += [] if list(claim[1:]) == expected else [claim.id]
    return Finding("claims are counted as their links stand", number, wrong)


def _counted(counted: dict[tuple[str, str], Any], claim_id: str, name: str) -> int:
    basis, _, what = name.partition("_")
    row = counted.get((claim_id, basis))
    return 0 if row is None else int(getattr(row, what))


def _verdicts(connection: Connection) -> Finding:
    counted = {(row.claim_id, row.verdict): row.number for row in connection.execute(tallying.verdicts())}
    claims = connection.execute(
        select(Claim.id, *(getattr(Claim, name) for name in ASSESSED.values())).where(Claim.deleted_at.is_(None))
    )
    number, wrong = 0, []
    for claim in claims:
        number += 1
        expected = [counted.get((claim.id, verdict), 0) for verdict in ASSESSED]
        wrong += [] if list(claim[1:]) == expected else [claim.id]
    return Finding("assessments are counted by their claims", number, wrong)


def _quotes(connection: Connection) -> Finding:
    places = select(Passage.id, Passage.start, Passage.end, Passage.exact, Passage.source_version_id)
    rows = connection.execute(places.where(Passage.source_version_id.is_not(None)).order_by(Passage.source_version_id))
    number, wrong, version, text = 0, [], None, ""
    for row in rows:
        if row.source_version_id != version:
            version = row.source_version_id
            text = connection.execute(select(SourceVersion.text).where(SourceVersion.id == version)).scalar_one()
        number += 1
        wrong += [] if text[row.start : row.end] == row.exact else [row.id]
    return Finding("quotes stand in their sources, word for word", number, wrong)
