"""Queues: which claims need work, and of what kind; docs/adr/0017 says what each is for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select, union_all
from sqlalchemy.orm import aliased

from claims_api.models.claims import Claim
from claims_api.models.words import LOST, Basis, Need, RelationType, Stance
from claims_api.queries.assessments import NOUGHT, assessed
from claims_api.queries.moments import NOW, Tables
from claims_api.queries.rows import AnySelect

# As literals, like ``NOUGHT``: only then the databases use the partial indexes, which have these very conditions.
_TWO: ColumnElement[int] = literal_column("2")
_ARCHIVED: ColumnElement[Any] = literal_column("'archived'")
_ASTRAY: list[ColumnElement[Any]] = [literal_column(f"'{state}'") for state in LOST]


def conditions(tables: Tables) -> dict[Need, ColumnElement[bool]]:
    """Return for each need the condition that a claim has it; archived and deleted claims need nothing."""
    claim = tables.claim
    bearing = claim.content_supports + claim.content_contradicts
    found = {
        Need.EVIDENCE: claim.content_passages + claim.attribution_passages == NOUGHT,
        Need.SECOND_ORIGIN: and_(bearing > NOUGHT, _rests_on_one_origin(tables)),
        Need.CONTENT_EVIDENCE: and_(bearing == NOUGHT, claim.attribution_passages > NOUGHT),
        Need.REANCHORING: claim.id.in_(_astray(tables)),
        Need.ASSESSMENT: assessed(claim) == NOUGHT,
        Need.CONFLICT_REVIEW: and_(_is_in_conflict(tables), assessed(claim) == NOUGHT),
    }
    is_open = and_(claim.status != _ARCHIVED, claim.deleted_at.is_(None))
    return {need: and_(condition, is_open) for need, condition in found.items()}


def counts(connection: Connection) -> Mapping[Need, int]:
    """Count the claims that have each need, in one statement."""
    row = connection.execute(_COUNTS).one()
    return {need: row._mapping[need] for need in Need}


def _is_in_conflict(tables: Tables) -> ColumnElement[bool]:
    claim = tables.claim
    within = and_(claim.content_supports > NOUGHT, claim.content_contradicts > NOUGHT)
    return or_(within, claim.id.in_(_contradicted(tables)))


def _contradicted(tables: Tables) -> Any:
    """Select the claims that are related to another one by ``contradicts``, whichever end they are."""
    relation = tables.relation
    ends = (relation.source_id, relation.target_id), (relation.target_id, relation.source_id)
    return union_all(*(_with_live(tables, this, other) for this, other in ends))


def _with_live(tables: Tables, this: Any, other: Any) -> AnySelect:
    relation, opposite = tables.relation, aliased(tables.claim, adapt_on_names=True)
    related = select(this).join(opposite, opposite.id == other)
    return related.where(
        relation.type == RelationType.CONTRADICTS, relation.deleted_at.is_(None), opposite.deleted_at.is_(None)
    )


def _rests_on_one_origin(tables: Tables) -> ColumnElement[bool]:
    """Return the condition that all links that bear on a claim come from one origin.

    The claim's count of origins includes mentions: only where it has any, the links must be read.
    """
    claim, link, passage = tables.claim, tables.evidence, tables.passage
    bearing = (
        select(func.count(func.coalesce(link.stated_by_id, passage.source_id).distinct()))
        .join(passage, passage.id == link.passage_id)
        .where(link.claim_id == claim.id, link.deleted_at.is_(None))
        .where(link.basis == Basis.CONTENT, link.stance != Stance.MENTIONS)
        .correlate(claim)
        .scalar_subquery()
    )
    may_be = or_(claim.content_origins < _TWO, claim.content_mentions > NOUGHT)
    return and_(may_be, or_(claim.content_origins < _TWO, bearing < _TWO))


def _astray(tables: Tables) -> AnySelect:
    """Select the claims of live links to passages that the newest text has no more as they were, unconfirmed."""
    link, passage = tables.evidence, tables.passage
    joined = select(link.claim_id).join(passage, passage.id == link.passage_id)
    astray = and_(passage.anchor_state.in_(_ASTRAY), passage.confirmed_at.is_(None))
    return joined.where(astray, link.deleted_at.is_(None))


_COUNTS: AnySelect = select(
    *(
        select(func.count()).select_from(Claim).where(condition).scalar_subquery().label(need)
        for need, condition in conditions(NOW).items()
    )
)
