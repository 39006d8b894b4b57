"""The ledger in JSON."""

from typing import Any

from marshmallow import fields

from claims_api.models.words import Action, EntityKind
from claims_api.queries.rows import AnyRow
from claims_api.schemas.base import MOST_PER_PAGE, Output, Query
from claims_api.schemas.fields import Count, Identity, Instant, Word
from claims_api.schemas.shaping import added

LARGEST_SEQ = 999_999_999
# What every change alters says nothing.
_ALWAYS = frozenset({"updated_at", "version"})


class DifferenceOut(Output):
    """One field before and after."""

    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ChangeOut(Output):
    """One change of one entity."""

    seq = fields.Integer(required=True, metadata={"description": "Its place in the ledger, in order of commits."})
    at = Instant(required=True)
    actor = fields.String(required=True, metadata={"description": "The name of the key that did it."})
    entity = Word(EntityKind, required=True)
    entity_id = Identity(required=True)
    action = Word(Action, required=True)
    version = fields.Integer(required=True)
    state = fields.Dict(required=True, metadata={"description": "All its fields after the change."})


class HistoryEntryOut(ChangeOut):
    """One change, with what it altered."""

    changes = added(
        fields.Dict(
            keys=fields.String(),
            values=fields.Nested(DifferenceOut),
            required=True,
            metadata={"description": "The fields that it altered, each before and after."},
        )
    )


class HistoryPage(Output):
    """Changes of one entity, newest first."""

    data = fields.List(fields.Nested(HistoryEntryOut), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ChangePage(Output):
    """Changes of all entities, oldest first."""

    data = fields.List(fields.Nested(ChangeOut), required=True)
    next_cursor = fields.String(required=True, metadata={"description": "The `after` to go on from; always there."})


class HistoryQuery(Query):
    """Which part of a history to read."""

    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    before = Count(
        least=1, most=LARGEST_SEQ, description="`next_cursor` of the page before: only changes before this one."
    )


class FeedQuery(Query):
    """Which part of the feed to read."""

    after = Count(
        least=0, most=LARGEST_SEQ, load_default=0, description="`next_cursor` of the answer before; 0 for the start."
    )
    entity = Word(EntityKind, description="Only changes of this kind of entity.")
    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")


def differences(row: AnyRow, earlier: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields that a change altered, each before and after."""
    names = sorted((row.state.keys() | earlier.keys()) - _ALWAYS)
    return {
        name: {"before": earlier.get(name), "after": row.state.get(name)}
        for name in names
        if earlier.get(name) != row.state.get(name)
    }
