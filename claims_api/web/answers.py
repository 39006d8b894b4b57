"""Answers as bytes."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

_OPTIONS = orjson.OPT_UTC_Z


def as_json(
    body: Any,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Answer with JSON; moments are written in UTC with a Z (RFC 3339)."""
    return Response(orjson.dumps(body, option=_OPTIONS), status, headers, content_type=media_type)


def created(body: Mapping[str, Any], location: str) -> Response:
    """Answer 201; ``location`` is the path of what was made, without a host, which nobody can forge."""
    return as_json(body, 201, headers={"Location": location})


def nothing() -> Response:
    """Answer 204."""
    return Response(status=204)
