"""Answers as bytes."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

JSON = "application/json"
_OPTIONS = orjson.OPT_UTC_Z


def as_json(
    body: Any,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """Answer with JSON."""
    return Response(dumped(body), status, headers, content_type=media_type)


def dumped(body: Any) -> bytes:
    """Write JSON; moments are written in UTC with a Z (RFC 3339)."""
    return orjson.dumps(body, option=_OPTIONS)
