"""What the services of all entities share: fetch for a change, refer to, delete, restore.

On Postgres rows are locked in one order: a claim before its evidence and its assessments. A row that is only referred
to is locked FOR SHARE, so that nobody deletes it meanwhile. SQLite has one writer.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from claims_api import clock, db
from claims_api.errors import CitesDeleted, InUse, Invalid, NotFound, Path
from claims_api.models.base import Recorded, kind_of
from claims_api.services import prepared_entities

AnyEntity = TypeVar("AnyEntity", bound=Recorded)

_MOST_NAMED = 20


def live(session: Session, kind: type[AnyEntity], identity: str) -> AnyEntity:
    """Fetch a live entity, locked for a change; ``NotFound`` where there is none."""
    entity = prepared_entities.fetch(session, kind, identity)
    if entity is None:
        raise NotFound(f"There is no such {kind_of(kind)}, or it was deleted.")
    return entity


def kept(session: Session, kind: type[AnyEntity], identity: str) -> AnyEntity:
    """Fetch an entity, deleted or not, locked for a change; ``NotFound`` where there never was one."""
    entity = prepared_entities.fetch(session, kind, identity, with_deleted=True)
    if entity is None:
        raise NotFound(f"There never was such a {kind_of(kind)}.")
    return entity


def parent(session: Session, whose: InstrumentedAttribute[str], kind: type[AnyEntity], identity: str) -> str:
    """Return the id of an entity's parent, without locking the entity: the parent is locked first.

    Raises ``NotFound`` where there never was such an entity.
    """
    found = session.scalar(select(whose).where(kind.id == identity))
    if found is None:
        raise NotFound(f"There is no such {kind_of(kind)}, or it was deleted.")
    return found


def referred(session: Session, kind: type[Recorded], identity: str, *, path: Path) -> str:
    """Return the id of a live entity that the input refers to, locked FOR SHARE; ``Invalid`` at ``path`` for none."""
    if not prepared_entities.stays(session, kind, identity):
        raise _unknown(kind, path)
    return identity


def shared(session: Session, kind: type[AnyEntity], identity: str) -> AnyEntity:
    """Fetch a live entity, locked FOR SHARE so that it stays as it is; ``NotFound`` where there is none."""
    entity = prepared_entities.fetch(session, kind, identity, is_shared=True)
    if entity is None:
        raise NotFound(f"There is no such {kind_of(kind)}, or it was deleted.")
    return entity


def update(entity: Recorded, changes: Mapping[str, Any]) -> None:
    """Set fields; equal values change nothing, not even the version."""
    for name, value in changes.items():
        if getattr(entity, name) != value:
            setattr(entity, name, value)


def owned(
    session: Session, kind: type[AnyEntity], whose: InstrumentedAttribute[str], owner: Recorded
) -> Sequence[AnyEntity]:
    """Fetch, locked for a change, all live entities that belong to one, or those that were deleted with it."""
    together = kind.deleted_at.is_(None) if owner.deleted_at is None else kind.deleted_at == owner.deleted_at
    return session.scalars(db.for_update(select(kind).where(whose == owner.id, together).order_by(kind.id))).all()


def delete(entity: Recorded) -> None:
    """Mark an entity as deleted (soft delete); its row stays."""
    entity.deleted_at = clock.utcnow()


def restore(entity: Recorded) -> None:
    """Unmark a deleted entity."""
    entity.deleted_at = None


def refuse_if_cited(session: Session, **citing: Select[str]) -> None:
    """Raise ``InUse`` where one of the statements, which select ids, finds any; its keyword names their kind."""
    cited_by = [
        {"entity": entity, "id": identity}
        for entity, statement in citing.items()
        for identity in session.scalars(statement.order_by(*statement.selected_columns).limit(_MOST_NAMED))
    ]
    if cited_by:
        raise InUse(
            "It is still cited. Delete or change what cites it first; `cited_by` names (some of) them.",
            cited_by=cited_by[:_MOST_NAMED],
        )


def refuse_if_citing_deleted(session: Session, *citing: tuple[type[Recorded], Iterable[str | None]]) -> None:
    """Raise ``CitesDeleted`` where one of these ids is not live; the live ones are locked, so that they stay so."""
    cites = [
        {"entity": kind_of(kind), "id": each}
        for kind, ids in citing
        for each in sorted({identity for identity in ids if identity})
        if not prepared_entities.stays(session, kind, each)
    ]
    if cites:
        raise CitesDeleted(
            "It rests on what was deleted. Restore that first; `cites` names it.", cites=cites[:_MOST_NAMED]
        )


def _unknown(kind: type[Recorded], path: Path) -> Invalid:
    return Invalid(f"There is no {kind_of(kind)} with this id, or it was deleted.", path=path)
