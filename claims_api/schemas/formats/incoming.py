"""Load the members of very many records by the API's schemas, into what services take."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from marshmallow import ValidationError, fields, missing
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from claims_api.errors import Invalid, Path
from claims_api.schemas.base import Input
from claims_api.schemas.fields import Instant, Word
from claims_api.schemas.strict import leaves

Takes = Callable[[Any], Any]
# Types of which the records have few distinct values, so that loading them is cached.
_REPEATED = (Word, Instant)
_REMEMBERED = 1024


class _Unsure(Exception):
    """What was sent is not plainly good: the schema itself shall say what is wrong, if anything."""


def taken(schema: type[Input], data: Mapping[str, Any], *, path: Path = ()) -> Any:
    """Return what ``schema().load(data)`` returns, in a third of the time; ``Invalid`` below ``path`` for bad data."""
    try:
        return _loader(schema)(data)
    except (_Unsure, ValidationError):
        pass
    try:
        return schema().load(data)
    except ValidationError as error:
        found = leaves(error.messages)
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise Invalid(found[0][1] + more, path=(*path, *found[0][0])) from None


@cache
def _loader(schema: type[Input]) -> Callable[[Mapping[str, Any]], Any]:
    """Return what loads the members that there are: a schema's own way asks after each that there could be."""
    made = schema()
    known = {name: _taking(field) for name, field in made.load_fields.items()}
    defaults = {
        name: field.load_default for name, field in made.load_fields.items() if field.load_default is not missing
    }
    required = frozenset(name for name, field in made.load_fields.items() if field.required)
    hooks = [getattr(made, name) for name, *_ in made._hooks[POST_LOAD]]
    is_plain = not any(made._hooks[each] for each in (PRE_LOAD, VALIDATES, VALIDATES_SCHEMA))

    def load(data: Mapping[str, Any]) -> Any:
        if not is_plain or not isinstance(data, dict) or not data.keys() <= known.keys() or not required <= data.keys():
            raise _Unsure
        values = {name: default() if callable(default) else default for name, default in defaults.items()}
        for name, value in data.items():
            values[name] = known[name](value)
        for hook in hooks:
            values = hook(values)
        return values

    return load


def _taking(field: fields.Field[Any]) -> Takes:
    """Return what takes the value of a field; its own way gathers its validators anew for each value."""
    if field.pre_load or field.post_load:
        return field.deserialize
    deserialize, validators, allows_none = field._deserialize, field.validators, field.allow_none

    def take(value: Any) -> Any:
        if value is None:
            if allows_none:
                return None
            raise _Unsure
        found = deserialize(value, None, None)
        for validate in validators:
            validate(found)
        return found

    return _remembering(take) if isinstance(field, _REPEATED) else take


def _remembering(take: Takes) -> Takes:
    known = lru_cache(_REMEMBERED)(take)
    # Other types, such as lists, are not hashable.
    return lambda value: known(value) if isinstance(value, str) else take(value)
