"""Check what is kept against itself: the ledger, the counts, and every quote against the text that it stands in."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTS
from claims_api.services import indexing, tallying

_RECORDED = (Speaker, Topic, Source, Passage, Claim, Evidence, Assessment, Relation)
# What the ledger tells of an entity that stands in another table.
_LISTED: dict[Any, tuple[Any, ...]] = {
    Claim: (
        select(db.json_array_of(ClaimTopic.topic_id))
        .where(ClaimTopic.claim_id == Claim.id)
        .scalar_subquery()
        .label("topic_ids"),
    ),
    Speaker: (
        select(db.json_array_of(SpeakerName.key))
        .where(SpeakerName.speaker_id == Speaker.id)
        .scalar_subquery()
        .label("keys"),
    ),
}
_LISTS = ("topic_ids", "keys")
_STREAMED = {"yield_per": 500}


@dataclass(frozen=True)
class Finding:
    """What was looked at, how many there were, and the ids (or numbers) of those that are wrong."""

    what: str
    number: int
    wrong: list[str]


def everything(connection: Connection) -> Iterator[Finding]:
    """Check all of it, one thing after the other; a snapshot will do. What cannot even be read is a finding, too."""
    checks = (_file, _ledger, _states, _counts, _verdicts, _texts, _quotes, _entries)
    yield from (_tried(check, connection) for check in checks)


def _tried(check: Callable[[Connection], Finding], connection: Connection) -> Finding:
    try:
        with connection.begin_nested():
            return check(connection)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Finding(f"{check.__name__.strip('_')} can be read", 0, [reason])


def _file(connection: Connection) -> Finding:
    return Finding("the database's file is sound, as far as it tells", 1, db.damage(connection))


def _ledger(connection: Connection) -> Finding:
    before = select(Change.seq, Change.at, func.lag(Change.seq).over(order_by=Change.seq).label("last")).subquery()
    number = connection.execute(select(func.count()).select_from(Change)).scalar_one()
    gaps = connection.scalars(select(before.c.seq).where(before.c.seq != func.coalesce(before.c.last, 0) + 1))
    return Finding("changes follow each other without a gap", number, [str(seq) for seq in gaps])


def _states(connection: Connection) -> Finding:
    number, wrong = 0, list[str]()
    for kind in _RECORDED:
        wrong += connection.scalars(_vanished(kind)).all()
        for row in connection.execute(_side_by_side(kind), execution_options=_STREAMED):
            number += 1
            wrong += [] if row.newest == row.version and _as_recorded(row, row.state) else [str(row.id)]
    return Finding("entities stand as their newest change says", number, wrong)


def _side_by_side(kind: Any) -> Any:
    newest = aliased(Change)
    seq = select(func.max(Change.seq)).where(Change.entity_id == kind.id).scalar_subquery()
    told = newest.version.label("newest"), newest.state
    return select(*kind.__table__.c, *_LISTED.get(kind, ()), *told).outerjoin(newest, newest.seq == seq)


def _vanished(kind: Any) -> Any:
    told = select(Change.entity_id).where(Change.entity == kind.__name__.lower()).distinct()
    return told.where(~exists().where(kind.id == Change.entity_id))


def _as_recorded(row: Any, state: dict[str, Any]) -> bool:
    # A change from before there was a column does not tell of it.
    found = {name: value for name, value in row._mapping.items() if name in state}
    lists = {name: sorted(found.pop(name) or ()) for name in _LISTS if name in found}
    written: dict[str, Any] = orjson.loads(orjson.dumps(found, option=orjson.OPT_UTC_Z))
    return all(state[name] == value for name, value in written.items()) and all(
        sorted(state[name]) == value for name, value in lists.items()
    )


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


def _texts(connection: Connection) -> Finding:
    number, wrong = 0, []
    rows = select(SourceVersion.id, SourceVersion.text, SourceVersion.sha256)
    for row in connection.execute(rows, execution_options=_STREAMED):
        number += 1
        wrong += [] if hashlib.sha256(row.text.encode()).hexdigest() == row.sha256 else [row.id]
    return Finding("texts are those that were given", number, wrong)


def _quotes(connection: Connection) -> Finding:
    places = select(Passage.id, Passage.start, Passage.end, Passage.exact, Passage.source_version_id)
    rows = connection.execute(places.where(Passage.source_version_id.is_not(None)).order_by(Passage.source_version_id))
    number, wrong, version, text = 0, [], None, ""
    for row in rows:
        if row.source_version_id != version:
            version = row.source_version_id
            text = connection.execute(select(SourceVersion.text).where(SourceVersion.id == version)).scalar() or ""
        number += 1
        wrong += [] if text[row.start : row.end] == row.exact else [row.id]
    return Finding("quotes stand in their sources, word for word", number, wrong)


def _entries(connection: Connection) -> Finding:
    return Finding("search finds what there is, once, and nothing else", *indexing.strays(connection))
