"""OpenTelemetry traces, where its packages are installed (the extra ``otel``) and CLAIMS_OTEL asks for them.

The packages are found by their entry points, so that nothing of them is imported without them. Where the spans go is
set by OpenTelemetry's own variables (OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, ...).
"""

import os
from importlib import import_module
from importlib.metadata import entry_points
from multiprocessing.util import Finalize
from typing import Any

from flask import Flask

from claims_api.db import Database

_SDK = ("opentelemetry_configurator", "configurator")
_FLASK = ("opentelemetry_instrumentor", "flask")
_SQLALCHEMY = ("opentelemetry_instrumentor", "sqlalchemy")
_FLUSH_MS = 2000
_DEFAULTS = {"OTEL_SERVICE_NAME": "claims-api", "OTEL_TRACES_EXPORTER": "otlp_proto_http"}


class MissingExtra(RuntimeError):
    """The packages that trace are not installed."""


def require() -> None:
    """Raise ``MissingExtra`` where the packages are not all there."""
    for group, name in (_SDK, _FLASK, _SQLALCHEMY):
        if not entry_points(group=group, name=name):
            raise MissingExtra("CLAIMS_OTEL needs OpenTelemetry's packages: pip install 'claims-api[otel]'.")


def install(app: Flask, database: Database) -> None:
    """Trace the requests of an application and the statements of its database; once in a process.

    Raises ``MissingExtra`` where the packages are not all there.
    """
    require()
    for variable, value in _DEFAULTS.items():
        os.environ.setdefault(variable, value)
    _made(_SDK).configure()
    _made(_FLASK).instrument_app(app)
    # It declares SQLAlchemy up to 2.0 only; the engine events that it uses are the same in 2.1.
    _made(_SQLALCHEMY).instrument(engine=database.engine, skip_dep_check=True)
    # The server's processes end without atexit, by which the SDK would send its last spans.
    provider = import_module("opentelemetry.trace").get_tracer_provider()
    Finalize(None, provider.force_flush, args=(_FLUSH_MS,), exitpriority=0)


def _made(offered: tuple[str, str]) -> Any:
    group, name = offered
    return next(iter(entry_points(group=group, name=name))).load()()
