"""Long polling: a request waits for something to happen, within a bounded number of threads.

A waiting request holds a thread. The server has threads of their own for so many of them (``server``); any more are
answered at once with what there is, and so are all when the server stops.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from threading import BoundedSemaphore
from typing import TypeVar

from flask import Flask, current_app

from claims_api.web import request_turns

_EXTENSION = "claims_api.waiting"
_LOOK_EVERY = 0.2
T = TypeVar("T")


class _Room:
    """The places for waiting requests, and a pipe that becomes readable when the process is told to stop."""

    def __init__(self, places: int) -> None:
        self.places = BoundedSemaphore(places)
        self.stopped, self.told = os.pipe()
        os.set_blocking(self.told, False)

    def pause(self, seconds: float) -> bool:
        """Sleep; return False as soon as the process is told to stop."""
        return not select.select([self.stopped], [], [], seconds)[0]


def install(app: Flask, places: int) -> None:
    """Let ``places`` clients of an application wait at once."""
    app.extensions[_EXTENSION] = _Room(places)


def end_on_signals(app: Flask) -> None:
    """Have any signal to this process end all waiting; to be called in its main thread.

    The wakeup descriptor works beside the handlers that the server sets later.
    """
    signal.set_wakeup_fd(app.extensions[_EXTENSION].told, warn_on_full_buffer=False)


def until_any(look: Callable[[], Sequence[T]], *, seconds: int) -> tuple[Sequence[T], bool]:
    """Poll every 0.2 seconds until ``look`` finds something, or for ``seconds``, or until the process is to stop.

    Returns what it found, and whether there was a place to wait in; without one it looked once.
    """
    room: _Room = current_app.extensions[_EXTENSION]
    found, end = look(), time.monotonic() + seconds
    if found or not seconds:
        return found, True
    if not room.places.acquire(blocking=False):
        return found, False
    request_turns.end()
    try:
        while not found and (left := end - time.monotonic()) > 0 and room.pause(min(_LOOK_EVERY, left)):
            found = look()
    finally:
        room.places.release()
    return found, True
