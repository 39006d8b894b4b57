"""An empty answer of a given size: what Flask costs under the same server, before it does anything."""

import json
import os

from flask import Flask, Response
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from claims_api import server

SIZES = "BENCH_SIZES"


def application() -> Flask:
    """Return an application that answers each operation with as many bytes as the service does."""
    app = Flask("plain")
    bodies = {operation: b"x" * size for operation, size in json.loads(os.environ[SIZES]).items()}

    @app.get("/<operation>/<uuid:_identity>")
    def answer(operation: str, _identity: object) -> Response:
        return Response(bodies[operation], status=200 if bodies[operation] else 304, mimetype="application/json")

    return app


def serve() -> None:
    """Serve it as `claims-api serve` serves the service."""
    Granian(
        "benchmarks.plain:application",
        factory=True,
        address="127.0.0.1",
        port=int(os.environ["PORT"]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=int(os.environ["THREADS"]),
        http1_settings=HTTP1Settings(
            header_read_timeout=server.SLOWEST_HEADERS_MS, max_buffer_size=server.LARGEST_HEADERS
        ),
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    serve()
