"""Keys in JSON."""

import datetime as dt
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from claims_api import clock
from claims_api.models.words import Scope
from claims_api.queries.keys import SORTS
from claims_api.schemas.base import MOST_PER_PAGE, Input, Output, Query, cursor, either, page_of, sort
from claims_api.schemas.fields import Count, Identity, Instant, Text, Whole, Word
from claims_api.schemas.shaping import added, computed
from claims_api.services import keys


def _still_to_come(moment: dt.datetime) -> None:
    if moment <= clock.utcnow():
        raise ValidationError("This moment has passed.")


class KeyIn(Input):
    """A key to be made."""

    name = Text(
        most=200,
        required=True,
        description="Who uses it; stands in `created_by` of all they make. `claims-api` is the command line's.",
        examples=["desk"],
    )
    scopes = fields.List(
        Word(Scope),
        required=True,
        validate=validate.Length(min=1, max=len(Scope)),
        metadata={"description": "What it may do; `write` brings `read` along, and `admin` both."},
    )
    expires_at = Instant(
        allow_none=True, validate=_still_to_come, description="When it ends by itself (UTC); never when left out."
    )

    @post_load
    def _as_one_scope(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"scope": max(data.pop("scopes"), key=list(Scope).index), **data}


class KeyRotationIn(Input):
    """How a key is to be replaced; it may be left out altogether."""

    optional = True

    grace_seconds = Whole(
        least=0,
        most=keys.LONGEST_GRACE,
        load_default=0,
        description="For how long the old key goes on; no longer than it would have. It ends at once when left out.",
    )


class KeyOut(Output):
    """A key, without what only its owner has."""

    id = Identity(required=True)
    name = fields.String(required=True, metadata={"description": "Who uses it."})
    prefix = fields.String(required=True, metadata={"description": "The eight letters after `ct_`."})
    scopes = fields.List(Word(Scope), required=True)
    is_active = computed(
        fields.Boolean(required=True, metadata={"description": "Whether it counts at this moment."}),
        lambda revoked_at, expires_at: not keys.has_ended(revoked_at, expires_at),
        "revoked_at",
        "expires_at",
    )
    created_at = Instant(required=True, description="When it was made (UTC).")
    created_by = fields.String(
        required=True, metadata={"description": "The name of the key that made it; `claims-api` at the command line."}
    )
    expires_at = Instant(required=True, allow_none=True, description="When it ends, or ended, by itself (UTC).")
    revoked_at = Instant(required=True, allow_none=True, description="When it was ended (UTC).")
    last_used_at = Instant(
        required=True,
        allow_none=True,
        description="When it last let a request through (UTC), to the minute; reads that need no key do not count.",
    )
    replaced_by_id = Identity(
        required=True, allow_none=True, description="Id of the key that a rotation made in its place."
    )


class IssuedKeyOut(KeyOut):
    """A key with its secret."""

    key = added(
        fields.String(
            required=True,
            metadata={"description": "The key itself, to be sent as `Authorization: Bearer`; shown this once."},
        )
    )


class KeyQuery(Query):
    """Which keys to list."""

    name = Text(most=200, description="Exactly this name.")
    prefix = fields.String(
        validate=validate.Length(equal=8), metadata={"description": "The eight letters after `ct_`."}
    )
    is_active = either("`true`: only keys that count at this moment; `false`: only those that have ended.")
    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    cursor = cursor()
    sort = sort(SORTS)


KeyPage = page_of(KeyOut)
