"""Reading from the ledger what a merger of speakers moved, and what of it nobody has touched since."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from claims_api import db
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.words import Action, EntityKind
from claims_api.queries.changes import BEYOND
from claims_api.queries.rows import AnySelect

_Earlier = aliased(Change)
_Other = aliased(Change)
_Speaker = aliased(Change)


@dataclass(frozen=True)
class Merger:
    """Who was merged into whom; ``seq`` and ``at`` are those of the change that deleted the one who is gone.

    ``gone_ids`` are those who were merged into the one who is gone, over any number of mergers, and ``into_ids`` those
    into whom the other one ever was. What is restored goes from one end of such a chain to the other in one step.
    """

    gone_id: str
    into_id: str
    seq: int
    at: dt.datetime
    gone_ids: Sequence[str] = ()
    into_ids: Sequence[str] = ()


def of_speaker(speaker_id: str) -> AnySelect:
    """Select the columns of the ``Merger`` by which a speaker is gone; no row for one who is not merged."""
    newest = select(func.max(_Other.seq)).where(_Other.entity_id == speaker_id).scalar_subquery()
    joined = select(Speaker.id, Speaker.merged_into_id, Change.seq, Change.at).join(Change, Change.seq == newest)
    return joined.where(Speaker.id == speaker_id, Speaker.merged_into_id.is_not(None))


def merged_into(speaker_id: str) -> Select[str]:
    """Select the ids of all who are merged into a speaker, over any number of mergers."""
    merged = select(Speaker.id).where(Speaker.merged_into_id == speaker_id).cte("merged", recursive=True)
    further = select(Speaker.id).join(merged, Speaker.merged_into_id == merged.c.id)
    return select(merged.union(further).c.id)


def ever_merged(speaker_ids: Sequence[str]) -> Select[str]:
    """Select the ids of those into whom these speakers ever were merged."""
    into = Change.state["merged_into_id"].as_string()
    merged = Change.entity_id.in_(speaker_ids), Change.action == Action.DELETE, into.is_not(None)
    return select(into).where(*merged).distinct()


def claims(merger: Merger) -> Select[str]:
    """Select the ids of the claims that undoing a merger gives back: nobody has moved or deleted them since."""
    return _untouched(merger, Claim, Claim.speaker_id)


def evidence(merger: Merger) -> Select[str]:
    """Select the ids of the links that undoing a merger gives back: nobody has moved or deleted them since."""
    return _untouched(merger, Evidence, Evidence.stated_by_id)


def moved(merger: Merger, kind: EntityKind, name: str) -> AnySelect:
    """Select the ids of all entities of a kind that the merger moved; ``name`` is the field that it altered."""
    later = select(_Other.seq).where(_Other.seq > merger.seq, _Other.at > merger.at).order_by(_Other.seq).limit(1)
    within = Change.seq < func.coalesce(later.scalar_subquery(), BEYOND)
    return _moving(merger, name).where(within, Change.entity == kind).order_by(Change.entity_id)


def aliases(merger: Merger) -> AnySelect:
    """Select the aliases that the other speaker had after each change, and whether a merger was that change."""
    # The changes of a merger's two speakers have neighbouring numbers in the ledger.
    beside = _Other.seq.between(Change.seq - 1, Change.seq + 1) & (_Other.at == Change.at)
    merged = exists().where(beside, _Other.action == Action.DELETE, _told(_Other, "merged_into_id") == merger.into_id)
    told = select(Change.state["aliases"].label("aliases"), merged.label("by_merger"))
    return told.where(Change.entity_id == merger.into_id).order_by(Change.seq)


def named_then(merger: Merger, keys: Iterable[str]) -> AnySelect:
    """Select the names that others, who go by one of these keys now, had when the two were merged."""
    now = select(SpeakerName.speaker_id).where(SpeakerName.key.in_(keys))
    others = _Other.entity_id.in_(now) & _Other.entity_id.not_in([merger.gone_id, merger.into_id])
    then = select(func.max(_Other.seq)).where(others, _Other.seq < merger.seq).group_by(_Other.entity_id)
    told = select(Change.state["name"].as_string().label("name"), Change.state["aliases"].label("aliases"))
    return told.where(Change.seq.in_(then))


def _untouched(merger: Merger, kind: Any, column: InstrumentedAttribute[Any]) -> Select[str]:
    """Select what came with the merger, or was restored since, and was given to nobody else since."""
    came = exists(_moving(merger, column.key).where(Change.entity_id == kind.id).correlate(kind))
    went = exists(_leaving(merger, column.key).where(_Other.entity_id == kind.id).correlate(kind))
    return select(kind.id).where(column == merger.into_id, kind.deleted_at.is_(None), came, ~went)


def _leaving(merger: Merger, name: str) -> AnySelect:
    """Select what somebody gave away: what later mergers moved, and their undoing, is nobody's decision on it."""
    joined = select(_Other.entity_id).join(_Earlier, _Earlier.seq == _earlier(_Other))
    before, after = _told(_Earlier, name), _told(_Other, name)
    merged = _happened(_Earlier.state[name], Action.DELETE) | _happened(_Other.state[name], Action.RESTORE)
    # A restored claim or link goes to the speaker into whom its own was merged.
    by_hand = (_Other.action != Action.RESTORE) & ~merged
    return joined.where(
        _Other.seq > merger.seq, _Other.at > merger.at, after != merger.into_id, after != before, by_hand
    )


def _happened(speaker_id: Any, action: Action) -> ColumnElement[bool]:
    """Return the condition that this was done to a speaker at the very moment of the change."""
    concerned = cast(speaker_id.as_string(), db.Id)
    return exists().where(_Speaker.entity_id == concerned, _Speaker.action == action, _Speaker.at == _Other.at)


def _moving(merger: Merger, name: str) -> AnySelect:
    joined = select(Change.entity_id).join(_Earlier, _Earlier.seq == _earlier(Change))
    there, here = _told(_Earlier, name), _told(Change, name)
    restored = (
        (Change.action == Action.RESTORE)
        & there.in_([merger.gone_id, *merger.gone_ids])
        & here.in_([merger.into_id, *merger.into_ids])
    )
    moved = (there == merger.gone_id) & (here == merger.into_id)
    return joined.where(Change.seq >= merger.seq, or_(moved, restored))


def _earlier(change: Any) -> Any:
    other = aliased(Change)
    before = select(func.max(other.seq)).where(other.entity_id == change.entity_id, other.seq < change.seq)
    return before.correlate(change).scalar_subquery()


def _told(change: Any, name: str) -> ColumnElement[str]:
    return func.coalesce(change.state[name].as_string(), "")
