"""What every format of import needs to make records: values such as the API takes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError

from claims_api.errors import Invalid, Path


def taken(schema: type[Schema], data: Mapping[str, Any], *, path: Path = ()) -> Any:
    """Return what a schema makes of data, or raise ``Invalid`` at the place of the first thing that is wrong."""
    try:
        return _schema(schema).load(data)
    except ValidationError as error:
        place, detail = _first(error.messages)
        raise Invalid(detail, path=(*path, *place)) from None


@cache
def _schema(schema: type[Schema]) -> Schema:
    return schema()


def _first(messages: Any, path: Path = ()) -> tuple[Path, str]:
    if isinstance(messages, Mapping):
        name, inner = next(iter(messages.items()))
        return _first(inner, path if name == "_schema" else (*path, name))
    return path, str(messages[0])
