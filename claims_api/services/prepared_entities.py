"""Fetch, make or change one entity by one prepared statement: the quick way past SQLAlchemy's unit of work.

A flush costs several times its statements. What is written here is noted with the ledger and the search index as a
flush would be; only this module and ``services.imports.bulk`` may write entities past the session.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import Table, bindparam, insert, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from claims_api import ids
from claims_api.db import Prepared, for_share, for_update
from claims_api.models.base import Recorded, empty_row, table_of
from claims_api.models.words import Action
from claims_api.services import indexing, ledger

AnyEntity = TypeVar("AnyEntity", bound=Recorded)
# Statements are cached for so many sets of changed columns: those of counts alone can be thousands.
_MOST_CHANGES = 256


def fetch(
    session: Session, kind: type[AnyEntity], identity: str, *, is_shared: bool = False, with_deleted: bool = False
) -> AnyEntity | None:
    """Return a live entity, locked for a change, or FOR SHARE if ``is_shared``; None where there is none.

    ``with_deleted`` finds deleted ones, too.
    """
    session.flush()
    statement = _fetching(table_of(kind), is_shared=is_shared, with_deleted=with_deleted)
    row = statement.first(session.connection(), id=identity)
    return None if row is None else _held(session, kind, row._asdict())


def stays(session: Session, kind: type[Recorded], identity: str) -> bool:
    """Tell whether a live entity is there, and lock it FOR SHARE, so that it stays."""
    session.flush()
    return _looking(table_of(kind)).first(session.connection(), id=identity) is not None


def make(session: Session, kind: type[AnyEntity], *, identity: str | None, **columns: Any) -> AnyEntity:
    """Insert a new entity with these columns, and note it for the ledger and the search index."""
    session.flush()
    moment = ledger.moment(session)
    stamp = {"created_at": moment, "updated_at": moment, "created_by": ledger.actor(session)}
    row = {**empty_row(table_of(kind)), **columns, "id": identity or ids.new_id(), **stamp}
    _making(table_of(kind)).run(session.connection(), row)
    entity = _held(session, kind, row)
    ledger.note(session, entity, Action.CREATE)
    indexing.note_made(session, entity)
    return entity


def change(session: Session, entity: Recorded, changes: Mapping[str, Any], *, anyway: bool = False) -> bool:
    """Update fields at once; tell whether that changed anything. Equal values count as a change only if ``anyway``.

    Raises SQLAlchemy's ``StaleDataError`` where the entity's version is no longer the one that was read.
    """
    others = {name: value for name, value in changes.items() if getattr(entity, name) != value}
    if not others and not anyway:
        return False
    if session.is_modified(entity):  # fields that were set already go with it, into one version
        for name, value in others.items():
            setattr(entity, name, value)
        session.flush()
        return True
    session.flush()
    moment, version = ledger.moment(session), ledger.next_version(session, entity)
    written = {**others, "updated_at": moment, "version": version}
    statement = _changing(table_of(type(entity)), tuple(written))
    if statement.run(session.connection(), {**written, "its_id": entity.id, "its_version": entity.version}) != 1:
        raise StaleDataError(f"Somebody else has changed {type(entity).__name__} {entity.id}.")
    for name, value in written.items():
        set_committed_value(entity, name, value)
    ledger.note(session, entity, Action.UPDATE)
    indexing.note_changed(session, entity, others)
    return True


def _held(session: Session, kind: type[AnyEntity], row: Mapping[str, Any]) -> AnyEntity:
    """Return the entity of a row, as if the session had read it; one that it has already stays as it is."""
    mapper: Any = inspect(kind)
    key = mapper.identity_key_from_primary_key((row["id"],))
    known: AnyEntity | None = session.identity_map.get(key)
    if known is not None:
        return known
    entity: AnyEntity = mapper.class_manager.new_instance()
    entity.__dict__.update(row)
    inspect(entity).key = key  # as SQLAlchemy's ``make_transient_to_detached`` does
    session.add(entity)
    return entity


@cache
def _fetching(table: Table, *, is_shared: bool, with_deleted: bool) -> Prepared:
    found = select(table).where(table.c.id == bindparam("id"))
    if not with_deleted:
        found = found.where(table.c.deleted_at.is_(None))
    return Prepared(for_share(found) if is_shared else for_update(found))


@cache
def _looking(table: Table) -> Prepared:
    found = select(table.c.id).where(table.c.id == bindparam("id"), table.c.deleted_at.is_(None))
    return Prepared(for_share(found))


@cache
def _making(table: Table) -> Prepared:
    return Prepared(insert(table), names=[column.key for column in table.columns])


@lru_cache(_MOST_CHANGES)
def _changing(table: Table, names: tuple[str, ...]) -> Prepared:
    held = (table.c.id == bindparam("its_id")) & (table.c.version == bindparam("its_version"))
    return Prepared(update(table).where(held).values({name: bindparam(name) for name in names}))
