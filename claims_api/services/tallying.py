"""Keep the counts of a claim's evidence true, in the transaction that changes the evidence."""

from typing import Any

from sqlalchemy import Select, Text, case, cast, distinct, func, literal, select, update
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.words import Basis, Stance

# Links of one group count once; a link without a group is a group of its own.
_GROUP = func.coalesce(literal("group:") + Evidence.group, cast(Evidence.id, Text))
_ORIGIN = func.coalesce(Evidence.stated_by_id, Passage.source_id)


def recount(session: Session, claim: Claim) -> None:
    """Count the links of a claim anew; the claim becomes a new version, since what it answers has changed.

    The claim must be locked (``records.live``), or two writers could each miss the other's link.
    """
    count(session, claim)
    claim.updated_at = clock.utcnow()
    session.flush()


def count(session: Session, claim: Claim) -> None:
    """Count the links of a claim that is only just being made."""
    session.flush()
    found = {row.basis: row for row in session.execute(tallies().where(Evidence.claim_id == claim.id))}
    counts: dict[str, Any] = {
        f"{basis}_{name}": getattr(found[basis], name) if basis in found else 0
        for basis in Basis
        for name in (*Stance, "passages", "sources", "origins")
    }
    # Named, or its default would set it: counting alone is no change.
    counts["updated_at"] = Claim.updated_at
    session.execute(update(Claim).where(Claim.id == claim.id).values(counts))


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
