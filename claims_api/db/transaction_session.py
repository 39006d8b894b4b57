"""A SQLAlchemy session (unit of work) for exactly one transaction of one connection; cheaper than the usual one."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session


class TransactionSession(Session):
    """A session that commits or rolls back, once, the transaction that was begun on its connection.

    SQLAlchemy's ``SessionTransaction`` manages any number of connections, and costs as much as some statements. This
    session makes one only where it flushes or is queried itself, joined to the connection's transaction.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
        self._own = connection
        self._has_ended = False

    def connection(self, *_: Any, **__: Any) -> Connection:
        """Return the connection that the session was made with."""
        return self._own

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
        if not self._has_ended:
            self.commit()
        elif self.new or self.dirty or self.deleted or self._own.in_transaction():
            raise InvalidRequestError("Something was changed behind the end of the transaction.")
