"""A pool of connections that tells a busy database from one that does not answer."""

import time
from typing import Any

from sqlalchemy import QueuePool
from sqlalchemy.exc import TimeoutError  # noqa: A004  # the pool's own

# Seconds that anybody waits for a connection at most, although others go on.
_MOST_SECONDS = 8


class BusyPool(QueuePool):
    """Raises ``TimeoutError`` only once none was given back within the pool's ``timeout``, or after 8 seconds in all.

    Threads that come back at once take what was given back before those that wait wake up: of eight that share six
    connections one may wait for long, although each is used for milliseconds.
    """

    _given_back = 0

    def _do_get(self) -> Any:
        ends = time.monotonic() + _MOST_SECONDS
        while True:
            before = self._given_back
            try:
                return super()._do_get()
            except TimeoutError:
                if self._given_back == before or time.monotonic() > ends:
                    raise

    def _do_return_conn(self, record: Any) -> None:
        self._given_back += 1
        super()._do_return_conn(record)
