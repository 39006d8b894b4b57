"""What the ledger in a bundle says of an entity, at each of its versions, held against the rules of its own line."""

from copy import copy
from functools import cache
from typing import Any, cast

from marshmallow import fields
from sqlalchemy import Column, Integer

from claims_api import db
from claims_api.models.base import kind_of, table_of
from claims_api.models.words import EntityKind
from claims_api.schemas.base import Input
from claims_api.schemas.fields import Anything, Identity, Instant, Whole
from claims_api.schemas.formats.bundle_lines import LINES
from claims_api.schemas.formats.incoming import taken
from claims_api.schemas.refs import LARGEST_TEXT
from claims_api.services.ledger_checks import RECORDED

_LARGEST_COLUMN = 2**31 - 1


def refuse_impossible(entity: EntityKind, state: dict[str, Any]) -> None:
    """Raise ``Invalid``, below ``state``, for what no entity of this kind can have; members may be missing."""
    taken(_schema(entity), state, path=("state",))


@cache
def _schema(entity: EntityKind) -> type[Input]:
    (table,) = (table_of(kind) for kind in RECORDED if kind_of(kind) is entity)
    of_line = {name: _loosened(field) for name, field in LINES[entity]._declared_fields.items()}
    for field in of_line.values():
        field.required = False  # older states lack later columns
    of_columns = {column.key: _field(column) for column in table.columns}
    # What other tables say of it (``services.ledger_states``).
    beside = {name: fields.List(Anything(most=LARGEST_TEXT)) for name in ("topics", "keys")}
    made = type(f"{entity.title()}State", (Input,), {**beside, **of_columns, **of_line})
    return cast("type[Input]", made)


def _loosened(field: fields.Field[Any]) -> fields.Field[Any]:
    """Return the rule for a state: any words, since what is good for a line was not always the same."""
    match field:
        case Identity():
            return copy(field)
        case fields.String():
            return Anything(most=LARGEST_TEXT, allow_none=field.allow_none)
        case Instant():
            return fields.AwareDateTime(format="iso", allow_none=field.allow_none)
        case fields.List():
            return fields.List(_loosened(field.inner), allow_none=field.allow_none)
        case _:
            return copy(field)


def _field(column: Column[Any]) -> fields.Field[Any]:
    """Return the field of a column that no line has: what is counted or made of others."""
    nullable = bool(column.nullable)
    match column.type:
        case Integer():
            return Whole(least=0, most=_LARGEST_COLUMN, allow_none=nullable)
        case db.Id():
            return Identity(allow_none=nullable)
        case db.Instant():
            return fields.AwareDateTime(format="iso", allow_none=nullable)
        case _:
            return Anything(most=LARGEST_TEXT, allow_none=nullable)
