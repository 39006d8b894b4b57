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
# Seconds after which psycopg's waiting checks for interrupts (Ctrl-C).
_INTERVAL = 0.1
# A connection that answered within so many seconds is not pinged: a request takes connections more than once.
_LATELY = 0.1


class NoAnswer(errors.OperationalError):
    """The server has given no answer in time."""

    sqlstate = "08006"  # as Postgres names what breaks off a connection


class PatientConnection(Connection[Any]):
    """A connection that waits ``patience`` seconds for each answer, and then closes itself.

    ``statement_timeout`` ends slow statements, and TCP notices a dead machine; but neither notices a server process
    that is stopped, on a machine that still acknowledges packets.
    """

    patience: float | None = None
    # When the last answer came, by ``time.monotonic``.
    answered = -math.inf

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for an answer; without one in time the connection is closed, and ``NoAnswer`` raised."""
        try:
            answer = super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:  # what the method is documented to raise
            self.close()  # the statement may still be executed, or not: the connection cannot be used again
            raise NoAnswer("The server has given no answer in time.") from None
        self.answered = time.monotonic()
        return answer


class PatientDialect(PGDialect_psycopg):
    """SQLAlchemy's dialect with ``PatientConnection``."""

    supports_statement_cache = True

    def connect(self, *args: Any, patience: float | None = None, **options: Any) -> Any:
        """Return a new connection that waits ``patience`` seconds for each answer; with None, for ever."""
        made = PatientConnection.connect(*args, **options)
        made.patience = patience
        # Ids are strings here: psycopg would make UUID objects of them first.
        made.adapters.register_loader("uuid", TextLoader)
        return made

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Tell whether a pooled connection still answers; one that did within the last 0.1 seconds is not pinged."""
        if not dbapi_connection.closed and time.monotonic() - dbapi_connection.answered < _LATELY:
            return True
        is_there: bool = super().do_ping(dbapi_connection)  # type: ignore[no-untyped-call]
        return is_there
