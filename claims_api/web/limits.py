"""Rate limits: writes by key and bad keys by address, counted over all server processes. Reads are not limited here."""

import logging
import math
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from claims_api.config import Settings
from claims_api.errors import RateLimited
from claims_api.web import counters

_EXTENSION = "claims_api.limits"
_STORAGES = (counters.FileStorage,)  # imported, and so known to the library by its scheme
# Seconds; nobody waits longer for Redis to count.
_SECONDS = 0.3
log = logging.getLogger(__name__)


class NoStore(Exception):
    """CLAIMS_LIMITS_STORE cannot be used; the message says why."""


@dataclass(frozen=True)
class _Limits:
    """The rate limiter, and what is allowed each minute; None: anything."""

    limiter: FixedWindowRateLimiter
    writes: RateLimitItem | None
    failures: RateLimitItem | None


def install(app: Flask, settings: Settings) -> None:
    """Limit the clients of an application by its settings, which ``require`` has checked."""
    app.extensions[_EXTENSION] = _Limits(
        _limiter(settings),
        _each_minute(settings.writes_per_minute, "writes"),
        _each_minute(settings.failures_per_minute, "failures"),
    )


def require(settings: Settings) -> None:
    """Raise ``NoStore`` where the settings name no store that can be used; it does not connect yet."""
    try:
        _limiter(settings)
    except (ConfigurationError, ValueError) as reason:
        # It may hold a password, of which Python's own message of a bad URL shows a part.
        shown = f"{settings.limits_store.partition(':')[0]}:..."
        told = str(reason).replace(settings.limits_store, shown) if isinstance(reason, ConfigurationError) else shown
        raise NoStore(f"CLAIMS_LIMITS_STORE cannot be used: {told}") from None


def _limiter(settings: Settings) -> FixedWindowRateLimiter:
    storage = storage_from_string(settings.limits_store or "memory://", wrap_exceptions=True, **_options(settings))
    return FixedWindowRateLimiter(storage)


def _options(settings: Settings) -> dict[str, Any]:
    # By default the client waits for ever for a silent Redis, and retries.
    is_far = settings.limits_store.startswith("redis")
    return {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS, "retry": None} if is_far else {}


def count_write(prefix: str) -> None:
    """Count a request that changes something for its key; ``RateLimited`` beyond what is allowed in a minute."""
    _count(_limits().writes, prefix, "This key has changed too much within a minute.")


def count_failure() -> None:
    """Count a bad key for the address that it came from; ``RateLimited`` beyond what is allowed in a minute.

    The addresses of one IPv6 network of 64 bits count as one.
    """
    _count(_limits().failures, _network(request.remote_addr or "nowhere"), "Too many bad keys came from this address.")


def _network(address: str) -> str:
    # A client with one IPv6 address has all 2^64 of its network. And some proxies tell the port, too.
    if address.startswith("[") or address.count(":") == 1:
        address = address.removeprefix("[").partition("]" if "]" in address else ":")[0]
    try:
        found = ip_address(address)
    except ValueError:  # a proxy's own word for it
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def _count(allowed: RateLimitItem | None, who: str, refusal: str) -> None:
    if allowed is None:
        return
    limiter = _limits().limiter
    try:
        if limiter.hit(allowed, who):
            return
        ends = limiter.get_window_stats(allowed, who).reset_time
    except StorageError:
        # Fail open: no request is refused because counting has failed.
        log.warning("the counters of the limits cannot be used", exc_info=True)
        return
    raise RateLimited(refusal, retry_after=max(1, math.ceil(ends - time.time())))


def _each_minute(number: int, namespace: str) -> RateLimitItem | None:
    return RateLimitItemPerMinute(number, namespace=namespace) if number else None


def _limits() -> _Limits:
    found: _Limits = current_app.extensions[_EXTENSION]
    return found
