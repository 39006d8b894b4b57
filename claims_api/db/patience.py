"""A connection to Postgres that does not wait for ever."""

from typing import Any, TypeVar

from psycopg import Connection, errors
from psycopg.abc import PQGen

T = TypeVar("T")
# So often, in seconds, psycopg looks up from waiting to be interrupted.
_INTERVAL = 0.1


class PatientConnection(Connection[Any]):
    """Waits ``patience`` seconds for each answer; a server that has given none by then is as good as gone.

    Postgres breaks off by itself what takes too long, and TCP notices a machine that is gone; but nobody else notices
    a server that is stopped on a machine that goes on acknowledging what it is sent.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for an answer; without one in time the connection is closed, and an ``OperationalError`` raised."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:  # what the method is documented to raise
            self.close()  # what was asked may still be done, or not: nobody can go on from there
            raise
