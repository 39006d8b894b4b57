"""``as_of`` reads: the tables of now, and derived tables that hold the state at a past moment.

The ledger has every state of every entity; an entity as of a moment is the state after its newest change until then.
The tables of then take the place of those of now in one and the same statement, so that the past is shown as the
present is. What never changes of a claim or a link is taken from its own row, by whose indexes it is found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    func,
    inspect,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Action, EntityKind
from claims_api.queries.rows import AnySelect

AS_OF = "as_of"
T = TypeVar("T")


@dataclass(frozen=True)
class Tables:
    """The tables, or derived tables, that statements read from: all of the present, or all of one past moment."""

    claim: type[Claim]
    evidence: type[Evidence]
    passage: type[Passage]
    source: type[Source]
    speaker: type[Speaker]
    speaker_name: type[SpeakerName]
    topic: type[Topic]
    claim_topic: type[ClaimTopic]
    assessment: type[Assessment]
    relation: type[Relation]


class InTime(Generic[T]):
    """A statement built from ``Tables``, once for now and once for the past; the latter needs the parameter ``as_of``.

    Each is built on first use: few services are asked for their past, and its statements take megabytes.
    """

    def __init__(self, made: Callable[[Tables], T]) -> None:
        self._made = made

    @cached_property
    def now(self) -> T:
        """The statement on the present tables."""
        return self._made(NOW)

    @cached_property
    def then(self) -> T:
        """The statement on the tables as of a moment."""
        return self._made(_tables_of_then())

    def at(self, moment: object) -> T:
        """Return ``now`` without a moment, else ``then``."""
        return self.now if moment is None else self.then


def _until_then(change: Any) -> Any:
    """Return the condition that a change is the newest one of its entity at the moment."""
    other = aliased(Change)
    newest = select(func.max(other.seq)).where(other.entity_id == change.entity_id, other.at <= bindparam(AS_OF))
    return change.seq == newest.scalar_subquery()


def _entities(kind: Any, *kept: InstrumentedAttribute[Any]) -> Any:
    """Return a table as it was; ``kept`` are columns that never change, to be taken from the table itself."""
    change = aliased(Change)
    columns = {**_told(kind, change), **{column.key: column for column in kept}}
    rows: AnySelect = select(*(column.label(name) for name, column in columns.items())).select_from(change)
    if kept:
        rows = rows.join(kind, kind.id == change.entity_id)
    # No condition on the kind: the look-up is by id, and SQLite might use the index of kinds instead.
    return aliased(kind, rows.where(_until_then(change)).subquery(), adapt_on_names=True)


def _told(kind: Any, change: Any) -> dict[str, ColumnElement[Any]]:
    """Return the columns of a table from a change's state; ``updated_at`` and the like are the change's own moment."""
    deleted_at = case((change.action == Action.DELETE, change.at))
    of_all = {"id": change.entity_id, "version": change.version, "updated_at": change.at, "deleted_at": deleted_at}
    names = [column.key for column in inspect(kind).column_attrs if column.key not in {*of_all, "created_at"}]
    return {**{name: _member(change.state[name], getattr(kind, name)) for name in names}, **of_all}


def _member(member: Any, column: Any) -> ColumnElement[Any]:
    """Return a column from a state; states older than a column lack it, and get its default in the database."""
    value, default = _value(member, column.type), column.expression.server_default
    return value if default is None else func.coalesce(value, literal_column(default.arg))


def _value(member: Any, kind: Any) -> ColumnElement[Any]:
    if isinstance(kind, JSON):
        return type_coerce(member, kind)
    if isinstance(kind, Integer | Text | db.Id):
        return cast(member.as_string(), kind)
    return type_coerce(member.as_string(), kind)


def _listed(kind: Any, owner: EntityKind, key: str, *, owned_by: str, member: str) -> Any:
    """Return a table that joins an entity to what its state lists under ``key``."""
    change = aliased(Change)
    items = db.json_items(change.state[key]).table_valued("value")
    columns = change.entity_id.label(owned_by), cast(items.c.value, getattr(kind, member).type).label(member)
    of_owner = db.unindexed(change.entity) == owner  # by its owner's id, where there is one
    rows = select(*columns).select_from(change).join(items, true()).where(of_owner, _until_then(change))
    return aliased(kind, rows.subquery(), adapt_on_names=True)


# An assessment is made and deleted, and never changed.
_LASTING = [
    getattr(Assessment, column.key)
    for column in inspect(Assessment).column_attrs
    if column.key not in {"version", "updated_at", "deleted_at"}
]
NOW = Tables(Claim, Evidence, Passage, Source, Speaker, SpeakerName, Topic, ClaimTopic, Assessment, Relation)


@cache
def _tables_of_then() -> Tables:
    return Tables(
        claim=_entities(Claim, Claim.id, Claim.created_at, Claim.created_by),
        evidence=_entities(Evidence, Evidence.id, Evidence.claim_id, Evidence.created_at, Evidence.created_by),
        passage=_entities(Passage),
        source=_entities(Source),
        speaker=_entities(Speaker),
        speaker_name=_listed(SpeakerName, EntityKind.SPEAKER, "keys", owned_by="speaker_id", member="key"),
        topic=_entities(Topic),
        claim_topic=_listed(ClaimTopic, EntityKind.CLAIM, "topic_ids", owned_by="claim_id", member="topic_id"),
        assessment=_entities(Assessment, *_LASTING),
        relation=_entities(
            Relation,
            Relation.id,
            Relation.source_id,
            Relation.target_id,
            Relation.type,
            Relation.pair,
            Relation.created_at,
            Relation.created_by,
        ),
    )
