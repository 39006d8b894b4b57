"""The application factory: it puts all parts of the service together, top to bottom."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from claims_api.config import Settings
from claims_api.db import open_database
from claims_api.views import (
    annotated,
    annotations,
    assessments,
    changes,
    citations,
    claim_reviews,
    claims,
    conflicts,
    differences,
    evidence,
    explorer,
    exports,
    health,
    imports,
    keys,
    merges,
    metrics,
    passages,
    queues,
    relations,
    search,
    service,
    sources,
    speakers,
    timelines,
    topics,
    versions,
)
from claims_api.web import (
    contract,
    draining,
    errors,
    headers,
    limits,
    long_polling,
    readiness,
    request_log,
    request_turns,
    response_cache,
    streams,
    tracing,
)
from claims_api.web.application import Application
from claims_api.web.auth import PUBLIC_METRICS, PUBLIC_READS
from claims_api.web.converters import IdConverter, NumberConverter
from claims_api.web.openapi import Api
from claims_api.web.preconditions import REQUIRE_IF_MATCH
from claims_api.web.session import EXTENSION

BLUEPRINTS = (
    claims.blueprint,
    claim_reviews.blueprint,
    evidence.blueprint,
    annotations.blueprint,
    assessments.blueprint,
    relations.blueprint,
    conflicts.blueprint,
    passages.blueprint,
    citations.blueprint,
    sources.blueprint,
    versions.blueprint,
    differences.blueprint,
    annotated.blueprint,
    speakers.blueprint,
    timelines.blueprint,
    merges.blueprint,
    topics.blueprint,
    search.blueprint,
    queues.blueprint,
    changes.blueprint,
    imports.blueprint,
    exports.blueprint,
    keys.blueprint,
    service.blueprint,
    health.blueprint,
    metrics.blueprint,
    explorer.blueprint,
)

# A request that waits for SQLite while nobody writes is refused within two seconds: another program has locked it.
# While others write it waits longer: of forty clients that write all the time, on a busy machine, none is refused.
WRITE_STALLED_SECONDS = 1.5
WRITE_WAIT_SECONDS = 8.0


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application; without ``settings`` they are read from the environment.

    Raises ``ValueError`` for a setting that cannot be read, SQLAlchemy's ``ArgumentError`` for a database of another
    kind, and ``tracing.MissingExtra`` where traces are asked for without their packages.
    """
    settings = settings or Settings.from_environment()
    app = Application(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config[streams.LARGEST_IMPORT] = settings.max_import_bytes
    app.config[REQUIRE_IF_MATCH] = settings.require_if_match
    app.config[PUBLIC_READS] = settings.public_reads
    app.config[PUBLIC_METRICS] = settings.public_metrics
    app.extensions[EXTENSION] = open_database(
        settings.database_url,
        pool_size=settings.connections,
        statement_seconds=settings.statement_seconds,
        turn_seconds=WRITE_WAIT_SECONDS,
        still_seconds=WRITE_STALLED_SECONDS,
    )
    app.url_map.merge_slashes = app.url_map.redirect_defaults = False  # a path is what it is: no redirects
    app.url_map.converters.update(id=IdConverter, number=NumberConverter)
    # What needs a key must not reach others; and traces must show the work of each request.
    if settings.response_cache_kib and settings.public_reads and not settings.otel:
        response_cache.install(app, settings.response_cache_kib * 1024)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0)  # type: ignore[method-assign]
    request_log.install(app)
    errors.install(app)
    limits.install(app, settings)
    readiness.install(app)
    streams.install(app)
    long_polling.install(app, settings.waiters)
    headers.install(app)
    if app.extensions[EXTENSION].is_within:
        request_turns.install(app)
    draining.install(app, settings.max_body_bytes)
    _register(app)
    if settings.otel:
        tracing.install(app, app.extensions[EXTENSION])
    return app


def _register(app: Flask) -> None:
    api = Api(app, spec_kwargs=contract.OPTIONS)
    contract.prepare(api)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.extensions[contract.EXTENSION] = contract.finished(api)
