"""Waiting for something to happen, while others are answered.

Whoever waits holds a thread of the server. Only so many may wait at once, for whom the server has threads of their own
(``cli.serving``); everybody else is answered at once with what there is.
"""

import time
from collections.abc import Callable, Sequence
from threading import BoundedSemaphore
from typing import TypeVar

from flask import current_app

PLACES = "CLAIMS_WAITERS"
_EXTENSION = "claims_api.waiting"
_LOOK_EVERY = 0.2
T = TypeVar("T")


def until_any(look: Callable[[], Sequence[T]], *, seconds: int) -> Sequence[T]:
    """Look until there is something, or the time is over; return what was seen last."""
    found, end = look(), time.monotonic() + seconds
    if found or not seconds or not _places().acquire(blocking=False):
        return found
    try:
        while not found and (left := end - time.monotonic()) > 0:
            time.sleep(min(_LOOK_EVERY, left))
            found = look()
    finally:
        _places().release()
    return found


def _places() -> BoundedSemaphore:
    made: BoundedSemaphore = current_app.extensions.setdefault(_EXTENSION, BoundedSemaphore(current_app.config[PLACES]))
    return made
