"""Settings, read once from the environment; a test compares the table in README.md with this module."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def _flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "false", "true", "no", "yes"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() in {"1", "true", "yes"}


def _level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is none of {', '.join(LOG_LEVELS)}")
    return text.lower()


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ValueError(f"{text!r} is no whole number") from None
        if number < least or (most is not None and number > most):
            raise ValueError(f"{text} is not {least} or more" + ("" if most is None else f", up to {most}"))
        return number

    return read


def _database_url(text: str) -> str:
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        # The value is not repeated: it may hold a password.
        raise ValueError("this is no URL of a database, such as sqlite:///file") from None
    return text


def _setting(default: Any, variable: str, meaning: str, read: Any = str) -> Any:
    return field(default=default, metadata={"variable": variable, "meaning": meaning, "read": read})


@dataclass(frozen=True)
class Settings:
    """All that can be set from outside, with defaults that work on one machine."""

    database_url: str = _setting(
        "sqlite:///var/claims.db",
        "CLAIMS_DATABASE_URL",
        "SQLAlchemy URL of the database: `sqlite:///file` or `postgresql+psycopg://...`",
        _database_url,
    )
    host: str = _setting("127.0.0.1", "HOST", "Address to listen on, or a name that has one")
    port: int = _setting(8000, "PORT", "Port to listen on", _whole(1, 65_535))
    workers: int = _setting(1, "CLAIMS_WORKERS", "Server processes", _whole(1))
    threads: int = _setting(8, "CLAIMS_THREADS", "Threads of each server process", _whole(1))
    waiters: int = _setting(
        8, "CLAIMS_WAITERS", "Clients of each process that may wait for changes at once, beside its threads", _whole(0)
    )
    own_core: bool = _setting(
        True, "CLAIMS_OWN_CORE", "Whether each server process keeps to a core that no other one keeps to", _flag
    )
    public_reads: bool = _setting(
        True, "CLAIMS_PUBLIC_READS", "Whether reading needs no key; `false` asks for the scope `read`", _flag
    )
    require_if_match: bool = _setting(
        False, "CLAIMS_REQUIRE_IF_MATCH", "Whether a change without If-Match is refused (428)", _flag
    )
    max_body_bytes: int = _setting(
        4 * 1024 * 1024, "CLAIMS_MAX_BODY_BYTES", "Largest request body that is read", _whole(1)
    )
    max_import_bytes: int = _setting(
        4 * 1024**3, "CLAIMS_MAX_IMPORT_BYTES", "Largest import that is taken, as it is sent and unzipped", _whole(1)
    )
    statement_seconds: int = _setting(
        30,
        "CLAIMS_STATEMENT_SECONDS",
        "Seconds after which a statement to the database is broken off",
        _whole(1, 2_000_000),
    )
    writes_per_minute: int = _setting(
        30_000, "CLAIMS_WRITES_PER_MINUTE", "Changes that one key may make within a minute; `0`: any number", _whole(0)
    )
    failures_per_minute: int = _setting(
        300,
        "CLAIMS_FAILURES_PER_MINUTE",
        "Bad keys that one address may send within a minute; `0`: any number",
        _whole(0),
    )
    limits_store: str = _setting(
        "", "CLAIMS_LIMITS_STORE", "Where these are counted: `redis://...`; empty: by the processes of one machine"
    )
    proxies: int = _setting(
        0, "CLAIMS_PROXIES", "Proxies in front that can be trusted to say where a request came from", _whole(0)
    )
    pool_size: int = _setting(
        10,
        "CLAIMS_POOL_SIZE",
        "Database connections that each process keeps; to Postgres at most two fewer than it has threads",
        _whole(1),
    )
    response_cache_kib: int = _setting(
        1024,
        "CLAIMS_RESPONSE_CACHE_KIB",
        "Memory of each process for answers that are given again while nothing is written; `0`: none are",
        _whole(0, 1024**2),
    )

    log_level: str = _setting(
        "info", "CLAIMS_LOG_LEVEL", "What is logged: `debug`, `info`, `warning`, `error` or `critical`", _level
    )
    public_metrics: bool = _setting(
        False, "CLAIMS_PUBLIC_METRICS", "Whether /metrics needs no key; else one with the scope `read`", _flag
    )
    otel: bool = _setting(False, "CLAIMS_OTEL", "Whether OpenTelemetry traces requests; needs the extra `otel`", _flag)

    @property
    def connections(self) -> int:
        """How many connections a process keeps; with Postgres at most two fewer than threads, for health (ADR 45)."""
        is_within = make_url(self.database_url).get_backend_name() == "sqlite"
        return self.pool_size if is_within else max(1, min(self.pool_size, self.threads - 2))

    @property
    def address(self) -> str:
        """The IP address to listen on: that of ``host``, which may be a name; ``OSError`` where it has none."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        # For a name with both kinds of addresses most clients mean IPv4.
        return str(min(found, key=lambda each: each[0] is not socket.AF_INET)[4][0])

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; empty variables count as not set. Raises ``ValueError`` that names a bad variable."""
        given = {
            each.name: _read(each.metadata["read"], each.metadata["variable"], environment)
            for each in fields(cls)
            if environment.get(each.metadata["variable"])
        }
        return cls(**given)


def unknown_settings(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the variables that look like settings and are none: a setting that is misspelt has no effect."""
    known = {each.metadata["variable"] for each in fields(Settings)}
    return sorted(each for each in environment if each.startswith("CLAIMS_") and each not in known)


def _read(read: Any, variable: str, environment: Mapping[str, str]) -> Any:
    try:
        return read(environment[variable])
    except ValueError as reason:
        raise ValueError(f"{variable}: {reason}") from None


def shipped(name: str) -> Path:
    """Return a file or folder that is delivered with the package: from the wheel, else from the checkout."""
    package = Path(__file__).parent
    inside = package / "_shipped" / name
    return inside if inside.exists() else package.parent / name
