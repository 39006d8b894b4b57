"""Reading relations, each with the two claims that it joins."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.relations import Relation
from claims_api.models.words import RelationType
from claims_api.queries import paging
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.rows import AnyRow, AnySelect


def one(
    connection: Connection, relation_id: str, *, as_of: dt.datetime | None = None, include_deleted: bool = False
) -> AnyRow:
    """Read one relation, as it is or as it was at a moment; ``NotFound`` where there is none."""
    return _LISTING.at(as_of).one(connection, "relation", relation_id, include_deleted=include_deleted, as_of=as_of)


def page(
    connection: Connection,
    *,
    window: Window,
    as_of: dt.datetime | None = None,
    include_deleted: bool = False,
    **filters: Any,
) -> Page:
    """Read a page of relations, as they are or as they were at a moment; ``claim_id`` may be either end.

    Raises ``Malformed`` for a cursor of another listing.
    """
    return _LISTING.at(as_of).page(connection, window, filters, include_deleted=include_deleted, as_of=as_of)


def page_of_claim(
    connection: Connection,
    claim_id: str,
    *,
    window: Window,
    as_of: dt.datetime | None = None,
    include_deleted: bool = False,
    **filters: Any,
) -> Page:
    """Read a page of the relations of one claim, whichever end it is; each row has the ``claim_id`` that was given.

    Raises ``Malformed`` for a cursor of another listing.
    """
    values = {**filters, "claim_id": claim_id}
    return _OF_CLAIM.at(as_of).page(connection, window, values, include_deleted=include_deleted, as_of=as_of)


def reversals(
    connection: Connection, speaker_id: str, claim_ids: Sequence[str], *, as_of: dt.datetime | None = None
) -> Mapping[str, Sequence[AnyRow]]:
    """Read the relations by which a speaker's claims contradict or supersede each other, by each of these claims."""
    parameters = {"speaker_id": speaker_id, "claim_ids": claim_ids, "as_of": as_of}
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_REVERSALS.at(as_of), parameters):
        found[row.claim_id].append(row)
    return found


def group_of(tables: Tables, claim_id: ColumnElement[str]) -> AnySelect:
    """Select the ids of the claims that are the same as one, itself included, over any number of relations."""
    claim, relation = tables.claim, tables.relation
    group = select(claim.id).where(claim.id == claim_id, claim.deleted_at.is_(None)).cte("same", recursive=True)
    neighbour = aliased(claim, adapt_on_names=True)
    either = or_(relation.source_id == group.c.id, relation.target_id == group.c.id)
    other = case((relation.source_id == group.c.id, relation.target_id), else_=relation.source_id)
    further = (
        select(neighbour.id)
        .select_from(group)
        .join(relation, either)
        .join(neighbour, neighbour.id == other)
        .where(type_of(relation) == RelationType.SAME_AS, relation.deleted_at.is_(None), neighbour.deleted_at.is_(None))
    )
    return select(group.union(further).c.id)


def type_of(relation: Any) -> ColumnElement[RelationType]:
    """Return the column ``type`` without its index, which is not selective: SQLite must look up by the claims."""
    return db.unindexed(relation.type)


def superseded_from(claim_id: str) -> AnySelect:
    """Select which claims supersede which (``source_id``, ``target_id``), from one claim on; deleted ones too."""
    first = _superseding().where(Relation.source_id == claim_id).cte("superseded", recursive=True)
    further = _superseding().join(first, first.c.target_id == Relation.source_id)
    reached = first.union(further)
    return select(reached.c.source_id, reached.c.target_id)


def _superseding() -> AnySelect:
    stated = select(Relation.source_id, Relation.target_id)
    return stated.where(type_of(Relation) == RelationType.SUPERSEDES, Relation.deleted_at.is_(None))


class Ends:
    """The two claims of a relation with their speakers, as aliased tables to be joined."""

    def __init__(self, tables: Tables) -> None:
        self.relation = tables.relation
        self.source, self.target = (aliased(tables.claim, adapt_on_names=True) for _ in range(2))
        self.speakers = [aliased(tables.speaker, adapt_on_names=True) for _ in range(2)]

    @property
    def live(self) -> ColumnElement[bool]:
        """The condition that neither the relation nor a claim of it was deleted."""
        return and_(*(each.deleted_at.is_(None) for each in (self.relation, self.source, self.target)))

    def joined(self, selected: AnySelect) -> AnySelect:
        """Join a statement on relations with their ends."""
        relation, (first, second) = self.relation, self.speakers
        return (
            selected.select_from(relation)
            .join(self.source, self.source.id == relation.source_id)
            .join(self.target, self.target.id == relation.target_id)
            .outerjoin(first, first.id == self.source.speaker_id)
            .outerjoin(second, second.id == self.target.speaker_id)
        )

    def columns(self) -> tuple[Any, ...]:
        """Return the columns by which an answer shows the two claims."""
        first, second = self.speakers
        return (
            self.source.id.label("source_id"),
            self.source.text.label("source_text"),
            first.name.label("source_speaker_name"),
            self.target.id.label("target_id"),
            self.target.text.label("target_text"),
            second.name.label("target_speaker_name"),
        )


def _rows(ends: Ends) -> AnySelect:
    relation = ends.relation
    recorded = (relation.created_at, relation.updated_at, relation.created_by, relation.version, relation.deleted_at)
    return ends.joined(select(relation.id, relation.type, *ends.columns(), relation.note, *recorded))


def _listing(tables: Tables) -> Listing:
    ends = Ends(tables)
    return Listing(_rows(ends), _sorts(ends.relation), _filters(ends.relation), live=ends.live)


def _of_claim(tables: Tables) -> Listing:
    ends = Ends(tables)
    asked = bindparam("claim_id", type_=db.Id()).label("claim_id")
    rows = _rows(ends).add_columns(asked)
    return Listing(rows, _sorts(ends.relation), _filters(ends.relation), live=ends.live)


def _reversals(tables: Tables) -> AnySelect:
    ends, seen = Ends(tables), aliased(tables.claim, adapt_on_names=True)
    relation, speaker_id = ends.relation, bindparam("speaker_id", type_=db.Id())
    of_one_speaker = (ends.source.speaker_id == speaker_id) & (ends.target.speaker_id == speaker_id)
    return (
        _rows(ends)
        .add_columns(seen.id.label("claim_id"))
        .join(seen, or_(seen.id == relation.source_id, seen.id == relation.target_id))
        .where(ends.live, of_one_speaker, type_of(relation).in_([RelationType.CONTRADICTS, RelationType.SUPERSEDES]))
        .where(seen.id.in_(bindparam("claim_ids", expanding=True)))
        .order_by(db.unindexed(relation.created_at), relation.id)
    )


def _sorts(relation: type[Relation]) -> dict[str, paging.Sort]:
    return paging.sorts(relation.id, created_at=relation.created_at, updated_at=relation.updated_at)


def _filters(relation: type[Relation]) -> dict[str, ColumnElement[bool]]:
    return {
        "type": type_of(relation) == bindparam("type"),
        "claim_id": or_(relation.source_id == bindparam("claim_id"), relation.target_id == bindparam("claim_id")),
        "updated_since": relation.updated_at >= bindparam("updated_since"),
    }


_LISTING = InTime(_listing)
_OF_CLAIM = InTime(_of_claim)
_REVERSALS = InTime(_reversals)
SORTS = _LISTING.now.orders
