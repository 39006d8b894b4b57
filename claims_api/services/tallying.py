"""Keep the counts of evidence and assessments in each claim's row up to date, in the transaction that changes those."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Text, case, cast, distinct, func, literal, select
from sqlalchemy.orm import Session

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.words import Basis, Stance, Verdict
from claims_api.queries.assessments import is_current
from claims_api.services import prepared_entities

# Links of one group count once; a link without a group is a group of its own.
_GROUP = func.coalesce(literal("group:") + Evidence.group, cast(Evidence.id, Text))
_ORIGIN = func.coalesce(Evidence.stated_by_id, Passage.source_id)
# The columns of a claim, each with what it counts.
_LINKS_COUNTED = [
    (f"{basis}_{name}", basis, name) for basis in Basis for name in (*Stance, "passages", "sources", "origins")
]
_VERDICTS_COUNTED = [(f"assessed_{verdict}", verdict) for verdict in Verdict]


def recount(session: Session, claim: Claim) -> None:
    """Count the links of a claim anew; the claim gets a new version, since its answer has changed.

    One that was made in this transaction stays at version 1, and is recorded once, with its counts.
    The claim must be locked (``records.live``), or two writers could each miss the other's link.
    """
    for _, counts in _counts(session, [claim]):
        prepared_entities.change(session, claim, counts, anyway=True)


def count(session: Session, claims: Iterable[Claim]) -> None:
    """Count the links of locked claims anew, and set the counts as fields, to be flushed with other changes of them."""
    for claim, counts in _counts(session, claims):
        for name, number in counts.items():
            setattr(claim, name, number)


def recount_assessments(session: Session, claim: Claim) -> None:
    """Count anew how many reviewers hold which verdict; the locked claim gets a new version, as by ``recount``."""
    session.flush()
    prepared_entities.change(session, claim, verdicts_of(session.connection(), [claim.id])[claim.id], anyway=True)


def tallies() -> Select[*tuple[Any, ...]]:
    """Select the counts of the links of claims, by claim and basis."""
    links = [func.count(distinct(case((Evidence.stance == stance, _GROUP)))).label(stance.value) for stance in Stance]
    return (
        select(
            Evidence.claim_id,
            Evidence.basis,
            *links,
            func.count(distinct(Evidence.passage_id)).label("passages"),
            func.count(distinct(Passage.source_id)).label("sources"),
            func.count(distinct(_ORIGIN)).label("origins"),
        )
        .join(Passage, Passage.id == Evidence.passage_id)
        .where(Evidence.deleted_at.is_(None))
        .group_by(Evidence.claim_id, Evidence.basis)
    )


def verdicts() -> Select[*tuple[Any, ...]]:
    """Select how many reviewers hold which verdict at present, by claim and verdict."""
    counted = select(Assessment.claim_id, Assessment.verdict, func.count().label("number"))
    return counted.where(is_current(Assessment)).group_by(Assessment.claim_id, Assessment.verdict)


def counts_of(connection: Connection, claim_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the links of as many claims as one statement takes: numbers by the claim's id and column."""
    rows = _TALLIES.rows(connection, claim_ids)
    found = {(row.claim_id, row.basis): row for row in rows}
    return {
        claim_id: {column: getattr(found.get((claim_id, basis)), name, 0) for column, basis, name in _LINKS_COUNTED}
        for claim_id in claim_ids
    }


def verdicts_of(connection: Connection, claim_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count who holds which verdict on as many claims as one statement takes: numbers by the claim's id and column."""
    rows = _VERDICTS.rows(connection, claim_ids)
    found = {(row.claim_id, row.verdict): row.number for row in rows}
    return {
        claim_id: {column: found.get((claim_id, verdict), 0) for column, verdict in _VERDICTS_COUNTED}
        for claim_id in claim_ids
    }


def _counts(session: Session, claims: Iterable[Claim]) -> Iterator[tuple[Claim, dict[str, int]]]:
    session.flush()
    for batch in db.batches(list(claims)):
        found = counts_of(session.connection(), [claim.id for claim in batch])
        for claim in batch:
            yield claim, found[claim.id]


_TALLIES = db.ByIds(tallies(), Evidence.claim_id)
_VERDICTS = db.ByIds(verdicts(), Assessment.claim_id)
