"""Values and lines of formats of import, taken as strictly as a request's."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError

from claims_api.errors import Invalid, Malformed, Path


def taken(schema: type[Schema], data: Mapping[str, Any], *, path: Path = ()) -> Any:
    """Return what a schema makes of data; ``Invalid`` names the first place that is wrong, under ``path``."""
    try:
        return _made(schema).load(data)
    except ValidationError as error:
        place, detail = _first(error.messages_dict)
        raise Invalid(detail, path=(*path, *place)) from None


def parsed(line: bytes) -> dict[str, Any]:
    """Return the object that a line of JSON holds."""
    try:
        document = json.loads(line)
    except ValueError:
        raise Malformed("The line is not valid JSON.") from None
    if not isinstance(document, dict):
        raise Malformed("The line is no JSON object.")
    return document


@cache
def _made(schema: type[Schema]) -> Schema:
    return schema()


def _first(messages: Any) -> tuple[Path, str]:
    path: Path = ()
    while isinstance(messages, Mapping):
        name = next(iter(messages))
        path, messages = (path if name == "_schema" else (*path, name)), messages[name]
    return path, str(messages[0])
