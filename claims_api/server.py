"""The server's program, without the commands' imports in its memory (docs/adr/0038); it forks the worker processes.

``claims-api serve`` becomes it by exec, once all that it needs is there.
"""

import fcntl
import gc
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NoReturn

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from claims_api import cores, logs, metrics
from claims_api.app import create_app
from claims_api.config import Settings, unknown_settings
from claims_api.web import long_polling

# Granian takes 400 kB by default. It looks only before it reads on: headers that arrive at once may be 110 kB.
LARGEST_HEADERS = 64 * 1024
SLOWEST_HEADERS_MS = 10_000
# Seconds that a server process has to finish what is under way. Must be below TimeoutStopSec (45) in
# deploy/claims-api.service.
LONGEST_ENDING = 40


def application() -> Flask:
    """Return the application of one server process, which logs everything in lines of JSON from here on.

    Raises ``SystemExit``, after logging why, where it cannot be made, and ``ValueError`` for a bad setting.
    """
    settings = Settings.from_environment()
    logs.install(settings.log_level)
    try:
        app = create_app(settings)
    except Exception as error:
        # Granian would print it as a traceback, not as a line of JSON.
        logs.log.critical("the application cannot be made", exc_info=error)
        raise SystemExit(1) from None
    long_polling.end_on_signals(app)
    server = multiprocessing.parent_process()
    if server is not None:
        _end_with(server)
        # Only under our own server: others load the application before forking, so all workers would get one core.
        if settings.own_core:
            claim = app.extensions[cores.EXTENSION] = cores.claim_one()
            logs.log.info("core", own=claim is not None)
    # All objects so far are permanent: scanning them in each garbage collection took a tenth of an import's time.
    gc.freeze()
    return app


def _end_with(server: BaseProcess) -> None:
    # If the main process is killed, its workers would keep the port and serve for ever.
    def watch() -> None:
        server.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def main() -> None:
    """Serve until a signal ends it; ``SystemExit`` where it cannot begin, ``ValueError`` for a bad setting."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)  # until the server sets its own
    os.register_at_fork(after_in_child=_be_ended)
    settings = Settings.from_environment()
    with _seen(settings):
        _serve(settings)


def _leave(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _be_ended() -> None:
    # Until it sets its own handlers, a forked worker must not run those of the main process.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _seen(settings: Settings) -> Iterator[None]:
    logs.install(settings.log_level)
    for variable in unknown_settings():
        logs.log.warning("there is no such setting", variable=variable)
    # Systemd's folder for the running unit; the first, if there are several.
    place = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or None
    if place and not (Path(place).is_dir() and os.access(place, os.W_OK | os.X_OK)):
        logs.log.critical("RUNTIME_DIRECTORY is no folder that can be written to", folder=place)
        raise SystemExit(1)
    with tempfile.TemporaryDirectory(prefix="claims-api-", dir=place) as folder, _never_aged(folder):
        metrics.share(Path(folder))
        # An empty variable counts as not set.
        os.environ["CLAIMS_LIMITS_STORE"] = settings.limits_store or f"file://{folder}/limits.sqlite"
        yield


@contextmanager
def _never_aged(folder: str) -> Iterator[None]:
    # These files may not be opened again for weeks: systemd-tmpfiles would delete them, unless they are locked.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _serve(settings: Settings) -> None:
    if settings.threads <= max(Settings.threads, 2 * multiprocessing.cpu_count()):
        # Granian would warn of too many threads, but most of them only wait: for changes, or for the database.
        logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    Granian(
        "claims_api.server:application",
        factory=True,
        address=settings.address,
        port=settings.port,
        interface=Interfaces.WSGI,
        websockets=False,
        # The limits of headers below apply to HTTP/1 only, which is what proxies speak.
        http=HTTPModes.http1,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiters,
        respawn_failed_workers=True,
        workers_kill_timeout=LONGEST_ENDING,
        http1_settings=HTTP1Settings(header_read_timeout=SLOWEST_HEADERS_MS, max_buffer_size=LARGEST_HEADERS),
        log_level=LogLevels(settings.log_level),
        log_dictconfig=logs.configuration(settings.log_level),
    ).serve()


if __name__ == "__main__":
    main()
