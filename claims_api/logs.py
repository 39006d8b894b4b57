"""The log: one JSON object on one line of stderr for each event of the server process.

Our own events come through ``log``; what libraries say through ``logging``, ``warnings`` or an uncaught exception comes
out in the same shape once ``install`` was called. Until then only warnings and errors of our own are written.

The JSON is ASCII, so nothing that a client wrote can end a line or move a terminal's cursor.
"""

import contextvars
import datetime as dt
import fcntl
import json
import logging
import logging.config
import os
import re
import stat
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import orjson

STDERR = 2
Said = dict[str, Any]
# The id of the request that is being answered, for each of its log lines.
request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
# Our own events hold no keys, but an exception's message may.
_KEY = re.compile(r"(ct_[0-9A-Za-z]{8})_[0-9A-Za-z]{20,}")


class _Lines:
    """Stderr, written to in whole lines by all threads and processes."""

    def __init__(self) -> None:
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        # A thread of the parent process may hold the old lock, and is not here to release it.
        # Reentrant: a finalizer may run, and log, while its own thread writes.
        self._threads = threading.RLock()

    def write(self, line: str) -> None:
        """Write a line; if that fails the line is lost, and the request goes on."""
        with self._threads, suppress(OSError):
            kind = os.fstat(STDERR).st_mode
            # Writes to pipes and sockets are atomic only up to some kB, and a traceback is longer.
            if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
                self._write_alone(line.encode("ascii") + b"\n")
            else:
                _write(line.encode("ascii") + b"\n")

    @staticmethod
    def _write_alone(line: bytes) -> None:
        fcntl.lockf(STDERR, fcntl.LOCK_EX)
        try:
            _write(line)
        finally:
            fcntl.lockf(STDERR, fcntl.LOCK_UN)


def _write(rest: bytes) -> None:
    while rest:
        rest = rest[os.write(STDERR, rest) :]


class Log:
    """Logs events: each in words, with its details by name (``exc_info`` as ``logging`` takes it)."""

    least = logging.WARNING

    def info(self, event: str, **said: Any) -> None:
        """Say what is as it should be."""
        self._say(logging.INFO, event, said)

    def warning(self, event: str, **said: Any) -> None:
        """Say what somebody should look at."""
        self._say(logging.WARNING, event, said)

    def error(self, event: str, **said: Any) -> None:
        """Say what failed."""
        self._say(logging.ERROR, event, said)

    def critical(self, event: str, **said: Any) -> None:
        """Say what ends this process."""
        self._say(logging.CRITICAL, event, said)

    def _say(self, level: int, event: str, said: Said) -> None:
        if level >= self.least:
            _say(logging.getLevelName(level), event, said)


class Handler(logging.Handler):
    """Writes what comes through ``logging`` as our own events are written."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        _say(record.levelname, _message(record), {"logger": record.name, "exc_info": record.exc_info})


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # whatever a library gave that does not fit its own words
        return f"{record.msg} {record.args!r}"


def install(level: str) -> None:
    """Log whatever this process says from this level on, and what it would otherwise print on stderr.

    ``level`` is one of ``config.LOG_LEVELS``.
    """
    Log.least = logging.getLevelNamesMapping()[level.upper()]
    logging.config.dictConfig(configuration(level))
    logging.captureWarnings(capture=True)
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception
    sys.unraisablehook = _on_unraisable


def configuration(level: str) -> dict[str, Any]:
    """Return a configuration for ``logging.config.dictConfig``, which the server calls in each of its processes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"line": {"class": "claims_api.logs.Handler"}},
        "root": {"handlers": ["line"], "level": level.upper()},
        "loggers": {},
    }


def _say(level: str, event: str, said: Said) -> None:
    exception = _exception(said.pop("exc_info", None))
    moment = dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    known = {"timestamp": moment, "level": level.lower(), "event": event, **said}
    known |= {"request_id": request_id.get(), "process": os.getpid(), **exception}
    line = _in_ascii(known)
    _LINES.write(_KEY.sub(r"\1_...", line) if "ct_" in line else line)


def _exception(given: Any) -> dict[str, str]:
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if not isinstance(error, BaseException):
        return {}
    trace = given[2] if isinstance(given, tuple) else error.__traceback__
    told = "".join(traceback.format_exception(type(error), error, trace)).removesuffix("\n")
    for each in _details(error):
        told = told.replace(each, "...")
    return {"exception": told}


def _details(error: BaseException | None) -> Iterator[str]:
    # Postgres quotes there what was to be stored: any number of lines, which may look like more of the traceback.
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        if detail := getattr(getattr(error, "diag", None), "message_detail", None):
            yield detail
        error = error.__cause__ or error.__context__


def _in_ascii(said: Mapping[str, Any]) -> str:
    # orjson takes a tenth of the time, but does not escape non-ASCII characters.
    with suppress(orjson.JSONEncodeError):
        line = orjson.dumps(said, default=repr)
        if line.isascii():
            return line.decode("ascii")
    return json.dumps(said, default=repr)


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("uncaught exception", exc_info=(kind, error, trace))


def _on_thread_exception(args: threading.ExceptHookArgs) -> None:
    log.error("uncaught exception in a thread", exc_info=args.exc_value)


def _on_unraisable(args: Any) -> None:
    log.error("an exception that could not be raised", exc_info=args.exc_value, object=repr(args.object))


_LINES = _Lines()
log = Log()
