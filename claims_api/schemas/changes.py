"""The ledger in JSON."""

from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate

from claims_api.models.words import Action, Basis, EntityKind
from claims_api.queries.rows import AnyRow
from claims_api.schemas.base import MOST_PER_PAGE, Output, Query
from claims_api.schemas.claims import derived
from claims_api.schemas.fields import Count, Identity, Instant, Word
from claims_api.schemas.shaping import added, computed, shape

LARGEST_SEQ = 999_999_999
# What every change alters says nothing.
_ALWAYS = frozenset({"updated_at", "version"})
# What the ledger keeps for itself, to read the past by: folded names, the topics' ids beside their names, and what a
# relation may be only once.
_INNER = frozenset({"key", "keys", "reviewer_key", "topic_ids", "pair"})


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _INNER}


def _differences(state: dict[str, Any], earlier: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    after, before = _shown(state), _shown(earlier or {})
    if earlier is not None and earlier.get("topic_ids") == state.get("topic_ids"):
        # Another name of a topic is a change of the topic.
        before["topics"] = after.get("topics")
    if earlier is not None:
        # What is counted by now, and was not yet in those days, was 0.
        before = {**{name: 0 for name, value in after.items() if value == 0}, **before}
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted((before.keys() | after.keys()) - _ALWAYS)
        if before.get(name) != after.get(name)
    }


class DifferenceOut(Output):
    """One field before and after."""

    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ChangeRefOut(Output):
    """One change, where it is only named."""

    seq = fields.Integer(required=True, metadata={"description": "Its place in the ledger, in order of commits."})
    entity = Word(EntityKind, required=True)
    entity_id = Identity(required=True)
    action = Word(Action, required=True)


class ChangeOut(ChangeRefOut):
    """One change of one entity."""

    at = Instant(required=True, description="One moment for all that one request changed.")
    actor = fields.String(required=True, metadata={"description": "The name of the key that did it."})
    version = fields.Integer(required=True)
    state = computed(
        fields.Dict(required=True, metadata={"description": "All its fields after the change."}), _shown, "state"
    )


class HistoryEntryOut(ChangeOut):
    """One change, with what it altered."""

    changes = computed(
        fields.Dict(
            keys=fields.String(),
            values=fields.Nested(DifferenceOut),
            required=True,
            metadata={"description": "The fields that it altered, each before and after."},
        ),
        _differences,
        "state",
        "earlier",
    )


class HistoryPage(Output):
    """Changes of one entity, newest first."""

    data = fields.List(fields.Nested(HistoryEntryOut), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class AssessmentChangeOut(Output):
    """A moment at which what the evidence amounts to has changed."""

    at = Instant(required=True)
    actor = fields.String(required=True, metadata={"description": "The name of the key that did it."})
    assessment = derived(Basis.CONTENT, "Whether it is so, from this moment on.")
    attribution = derived(Basis.ATTRIBUTION, "Whether it was said, from this moment on.")
    caused_by = added(
        fields.List(
            fields.Nested(ChangeRefOut),
            required=True,
            metadata={"description": "What was done to its evidence at this moment; else to the claim itself."},
        )
    )


class AssessmentHistoryPage(Output):
    """The assessments of a claim, newest first."""

    data = fields.List(fields.Nested(AssessmentChangeOut), required=True)
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


class ClaimHistoryQuery(HistoryQuery):
    """Which part of the history of a claim to read."""

    include = fields.String(
        validate=validate.OneOf(["evidence"]),
        metadata={"description": "`evidence` brings the changes of its links too: why an assessment turned."},
    )


class FeedQuery(Query):
    """Which part of the feed to read."""

    after = Count(
        least=0, most=LARGEST_SEQ, load_default=0, description="`next_cursor` of the answer before; 0 for the start."
    )
    entity = Word(EntityKind, description="Only changes of this kind of entity.")
    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    wait = Count(
        least=0,
        most=30,
        load_default=0,
        description="Seconds to wait for a change where there is none yet; the answer comes as soon as there is one.",
    )


def with_causes(row: AnyRow, causes: Sequence[AnyRow]) -> dict[str, Any]:
    """Return a change of an assessment with what caused it."""
    (shown,) = shape(AssessmentChangeOut, [row])
    return {**shown, "caused_by": shape(ChangeRefOut, causes or [row])}
