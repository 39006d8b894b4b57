"""A psycopg connection, and a SQLAlchemy dialect for it, that give up on a Postgres which does not answer in time.

Imported only where the database is Postgres (``engines.POSTGRES``): psycopg takes 6 MiB, which SQLite does not need.
"""

import math
import time
from typing import Any, TypeVar

from psycopg import Connection, errors
from psycopg.abc import PQGen
from psycopg.types.string import TextLoader
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

T = TypeVar("T")
# So often, in seconds, psycopg looks up from waiting to be interrupted.
_INTERVAL = 0.1
# A connection that answered within so many seconds is not pinged: a request takes connections more than once.
_LATELY = 0.1


class NoAnswer(errors.OperationalError):
    """The server has given no answer in time."""

    sqlstate = "08006"  # as Postgres names what breaks off a connection


class PatientConnection(Connection[Any]):
    """Waits ``patience`` seconds for each answer; a server that has given none by then is as good as gone.

    Postgres breaks off by itself what takes too long, and TCP notices a machine that is gone; but nobody else notices
    a server that is stopped on a machine that goes on acknowledging what it is sent.
    """

    patience: float | None = None
    # When the last answer came, by the process's own clock.
    answered = -math.inf

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for an answer; without one in time the connection is closed, and ``NoAnswer`` raised."""
        try:
            answer = super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:  # what the method is documented to raise
            self.close()  # what was asked may still be done, or not: nobody can go on from there
            raise NoAnswer("The server has given no answer in time.") from None
        self.answered = time.monotonic()
        return answer


class PatientDialect(PGDialect_psycopg):
    """SQLAlchemy's own, with patient connections; how patient at first is an argument of theirs."""

    supports_statement_cache = True

    def connect(self, *args: Any, patience: float | None = None, **options: Any) -> Any:
        """Return a new connection."""
        made = PatientConnection.connect(*args, **options)
        made.patience = patience
        # Ids are texts with us: psycopg would make objects of them first.
        made.adapters.register_loader("uuid", TextLoader)
        return made

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Tell whether the server of a pooled connection is there; one that was a moment ago is not asked."""
        if not dbapi_connection.closed and time.monotonic() - dbapi_connection.answered < _LATELY:
            return True
        is_there: bool = super().do_ping(dbapi_connection)  # type: ignore[no-untyped-call]
        return is_there
