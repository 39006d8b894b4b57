"""A SQLAlchemy session (unit of work) for exactly one transaction of one connection; cheaper than the usual one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import InstanceState, ORMExecuteState, Session

# In a session's ``info``: by identity key, the entities that it tracks, and their states.
_TRACKED = "tracked"


class TransactionSession(Session):
    """A session that commits or rolls back, once, the transaction that was begun on its connection.

    SQLAlchemy's ``SessionTransaction`` manages any number of connections, and costs as much as some statements. This
    session makes one only where it flushes or is queried itself, joined to the connection's transaction. Adding an
    entity costs as much, so one that it only tracks (``track``) is added where a field of it is set, or before a query.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
        self._own = connection
        self._has_ended = False

    def connection(self, *_: Any, **__: Any) -> Connection:
        """Return the connection that the session was made with."""
        return self._own

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what was set, also of entities that are only tracked."""
        _add_tracked(self, only_modified=True)
        super().flush(objects)

    def commit(self) -> None:
        """Commit all that was done; listeners are told before and after.

        Raises SQLAlchemy's ``InvalidRequestError`` where the transaction was rolled back already.
        """
        self.dispatch.before_commit(self)
        self.flush()
        transaction = self._own.get_transaction()
        if transaction is None:
            raise InvalidRequestError("There is nothing to commit: the transaction was rolled back.")
        transaction.commit()
        self._has_ended = True
        self.dispatch.after_commit(self)

    def rollback(self) -> None:
        """Roll back, unless the transaction has ended already."""
        if self._has_ended:
            return
        self._has_ended = True
        super().rollback()
        transaction = self._own.get_transaction()
        if transaction is not None:
            transaction.rollback()

    def end(self) -> None:
        """Commit, unless the transaction has ended; ``InvalidRequestError`` where something was changed after that."""
        _add_tracked(self, only_modified=True)
        if not self._has_ended:
            self.commit()
        elif self.new or self.dirty or self.deleted or self._own.in_transaction():
            raise InvalidRequestError("Something was changed behind the end of the transaction.")


def track(session: Session, state: InstanceState[Any], entity: object) -> None:
    """Keep an entity as if the session had read it, without adding it yet."""
    session.info.setdefault(_TRACKED, {})[state.key] = entity, state


def tracked(session: Session, key: Any) -> Any | None:
    """Return the entity of an identity key that a session has, if any."""
    found = session.info.get(_TRACKED, {}).get(key)
    return session.identity_map.get(key) if found is None else found[0]


@event.listens_for(TransactionSession, "do_orm_execute")
def _before_query(query: ORMExecuteState) -> None:
    # A query must find them, or it would make a second object of one row.
    _add_tracked(query.session, only_modified=False)


def _add_tracked(session: Session, *, only_modified: bool) -> None:
    known: dict[Any, tuple[object, InstanceState[Any]]] = session.info.get(_TRACKED, {})
    for entity, state in list(known.values()):
        if state.modified or not only_modified:
            del known[state.key]
            session.add(entity)
