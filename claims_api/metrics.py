"""The Prometheus metrics: all counters and gauges, and the only module that imports the client library.

``GET /metrics`` gives the numbers of this process, or, once ``share`` was called before the process was forked, those
of all processes together: each writes to a file of its own in one folder, and the one that is asked adds them up.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy import Engine, QueuePool, event

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# The variable in which the client library expects the folder.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
# What can become of a quote.
ANCHORINGS = ("exact", "folded", "unverified", "ambiguous", "not_found", "mismatch")
# Up to the 30 seconds for which a client may wait for changes.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_IN_USE, _OPEN, _SIZE = "in_use", "open", "size"
_CHECKED_OUT = "claims_api.checked_out"
_SENT = "claims_api.sent"
_TOLD_EVERY = 60.0
P = ParamSpec("P")
log = logging.getLogger(__name__)

# The ``_created`` series: they would exist only where processes do not share.
disable_created_metrics()


class _Meters:
    """All metrics of a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._made(Counter, "claims_http_requests", "Requests answered.", "method", "route", "status")
        self.durations = self._made(
            Histogram,
            "claims_http_request_duration_seconds",
            "Time from a request's arrival to its answer.",
            "method",
            "route",
            buckets=_BUCKETS,
        )
        self.connections = self._made(
            Gauge,
            "claims_db_pool_connections",
            "Database connections: in use, open (in use or not), and how many are kept open (size).",
            "state",
            multiprocess_mode="livesum",
        )
        self.cache_hits = self._made(
            Counter, "claims_http_cache_hits", "Requests answered as before: nothing was written since."
        )
        self.statements = self._made(Counter, "claims_db_statements", "SQL statements sent.")
        self.changes = self._made(Counter, "claims_changes", "Changes committed to the ledger.", "entity", "action")
        self.anchorings = self._made(Counter, "claims_anchoring", "What became of quotes that came in.", "result")
        # Cached, since ``labels`` is slow.
        self.answered, self.lasted = cache(self.requests.labels), cache(self.durations.labels)
        self.state_of, self.changed = cache(self.connections.labels), cache(self.changes.labels)
        # A counter that appears only with its first event hides that event from rate().
        for result in ANCHORINGS:
            self.anchorings.labels(result)

    def _made(self, kind: Any, name: str, meaning: str, *labels: str, **options: Any) -> Any:
        return kind(name, meaning, labels, registry=self.registry, **options)


class _Process:
    """The process's metrics, which ``share`` replaces."""

    meters = _Meters()
    complained = -_TOLD_EVERY


def share(folder: Path) -> None:
    """Have all processes that are forked from this one count together, from zero, by files in an empty folder."""
    os.environ[SHARED] = str(folder)
    # The library chose its storage when it was imported, before the variable was set.
    values.ValueClass = values.MultiProcessValue()
    _Process.meters = _Meters()


def _harmless(count: Callable[P, None]) -> Callable[P, None]:
    """Log and ignore failures of counting, as when the folder is gone: requests must not fail by them."""

    @wraps(count)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            count(*args, **kwargs)
        except Exception:  # whatever the library makes of its files
            if time.monotonic() - _Process.complained >= _TOLD_EVERY:
                _Process.complained = time.monotonic()
                log.warning("the metrics cannot be counted", exc_info=True)

    return run


@_harmless
def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer, and in how many seconds it was made; ``route`` is the rule's template, not the path."""
    _Process.meters.answered(method, route, status).inc()
    _Process.meters.lasted(method, route).observe(seconds)


@_harmless
def count_cache_hit() -> None:
    """Count an answer from the response cache; ``count_request`` counts it, too."""
    _Process.meters.cache_hits.inc()


@_harmless
def count_anchoring(result: str, number: int = 1) -> None:
    """Count what became of a quote, or of a number of them: one of ``ANCHORINGS``."""
    _Process.meters.anchorings.labels(result).inc(number)


@_harmless
def count_changes(changes: Mapping[tuple[str, str], int]) -> None:
    """Count changes that were committed, given as numbers by entity and action."""
    for (entity, action), number in changes.items():
        _Process.meters.changed(entity, action).inc(number)


def watch(engine: Engine) -> None:
    """Count the statements and connections of a database; to be called after all other listeners were added."""
    event.listen(engine, "before_cursor_execute", _count_statement)
    event.listen(engine, "connect", _note_open)
    event.listen(engine, "close", _note_closed)
    event.listen(engine, "checkout", _note_use)
    event.listen(engine, "checkin", _note_return)
    if isinstance(engine.pool, QueuePool):
        _note_size(engine.pool.size())


def exposition() -> bytes:
    """Return the numbers as Prometheus reads them (text format 0.0.4)."""
    folder = os.environ.get(SHARED)
    if folder is None:
        return generate_latest(_Process.meters.registry)
    _forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    # Counters of dead processes still count, but gauges of their connections must go.
    for file in folder.glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not _is_alive(process):
            with suppress(FileNotFoundError):  # another process was asked at the same time
                mark_process_dead(process, str(folder))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


@_harmless
def _note_size(size: int) -> None:
    _Process.meters.state_of(_SIZE).inc(size)


def note_statement(info: dict[Any, Any]) -> None:
    """Note that a connection, whose ``info`` this is, sends a statement.

    Counted when the connection is given back: counting costs as much as a small statement.
    """
    info[_SENT] = info.get(_SENT, 0) + 1


def _count_statement(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if not statement.startswith("BEGIN"):
        note_statement(connection.info)


@_harmless
def _note_open(_connection: Any, _record: Any) -> None:
    _Process.meters.state_of(_OPEN).inc()


@_harmless
def _note_closed(_connection: Any, _record: Any) -> None:
    _Process.meters.state_of(_OPEN).dec()


@_harmless
def _note_use(_connection: Any, record: Any, _proxy: Any) -> None:
    record.record_info[_CHECKED_OUT] = True
    _Process.meters.state_of(_IN_USE).inc()


@_harmless
def _note_return(_connection: Any, record: Any) -> None:
    # A connection that failed to reconnect is checked in without having been checked out.
    if record.record_info.pop(_CHECKED_OUT, False):
        _Process.meters.state_of(_IN_USE).dec()
    sent = record.info.pop(_SENT, 0)
    if sent:
        _Process.meters.statements.inc(sent)
