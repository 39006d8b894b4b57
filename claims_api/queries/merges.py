"""Reading from the ledger what a merger of speakers moved, and what of it nobody has touched since."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.speakers import Speaker
from claims_api.models.words import Action, EntityKind
from claims_api.queries.changes import BEYOND
from claims_api.queries.rows import AnySelect

_Earlier = aliased(Change)
_Other = aliased(Change)
_Into = aliased(Change)


@dataclass(frozen=True)
class Merger:
    """Who was merged into whom, by which change, and at which moment: the one's deletion is the merger's."""

    gone_id: str
    into_id: str
    seq: int
    at: dt.datetime


def of_speaker(speaker_id: str) -> AnySelect:
    """Select the columns of the merger by which a speaker is gone; nothing where there is none."""
    newest = select(func.max(_Other.seq)).where(_Other.entity_id == speaker_id).scalar_subquery()
    joined = select(Speaker.id, Speaker.merged_into_id, Change.seq, Change.at).join(Change, Change.seq == newest)
    return joined.where(Speaker.id == speaker_id, Speaker.merged_into_id.is_not(None))


def claims(merger: Merger) -> Select[str]:
    """Select the ids of the claims that can be given back."""
    return _untouched(merger, Claim, Claim.speaker_id)


def evidence(merger: Merger) -> Select[str]:
    """Select the ids of the links that can be given back."""
    return _untouched(merger, Evidence, Evidence.stated_by_id)


def moved(merger: Merger, kind: EntityKind, name: str) -> AnySelect:
    """Select the ids of all of a kind that the merger moved, by the field that it altered."""
    later = select(_Other.seq).where(_Other.seq > merger.seq, _Other.at > merger.at).order_by(_Other.seq).limit(1)
    within = Change.seq < func.coalesce(later.scalar_subquery(), BEYOND)
    return _moving(merger, name).where(within, Change.entity == kind).order_by(Change.entity_id)


def renamed(merger: Merger) -> AnySelect:
    """Select the aliases that the other speaker had after the merger and before it; nothing where they stayed."""
    before = _Earlier.state["aliases"].label("earlier")
    joined = select(Change.state["aliases"].label("aliases"), before).join(_Earlier, _Earlier.seq == _earlier(Change))
    return joined.where(Change.entity_id == merger.into_id, Change.at == merger.at)


def _untouched(merger: Merger, kind: Any, column: InstrumentedAttribute[Any]) -> Select[str]:
    """Select what came with the merger, or was restored since, and was given to nobody else since."""
    came = exists(_moving(merger, column.key).where(Change.entity_id == kind.id).correlate(kind))
    went = exists(_leaving(merger, column.key).where(_Other.entity_id == kind.id).correlate(kind))
    return select(kind.id).where(column == merger.into_id, kind.deleted_at.is_(None), came, ~went)


def _leaving(merger: Merger, name: str) -> AnySelect:
    # While the other speaker was merged in turn, nobody could give them anything: what is back came back by undoing.
    into = aliased(Change)
    newest = select(func.max(into.seq)).where(into.entity_id == merger.into_id, into.seq < _Other.seq)
    joined = select(_Other.entity_id).join(_Into, _Into.seq == newest.correlate(_Other).scalar_subquery())
    elsewhere = _told(_Other, name) != merger.into_id
    return joined.where(_Other.seq >= merger.seq, elsewhere, _Into.action != Action.DELETE)


def _moving(merger: Merger, name: str) -> AnySelect:
    joined = select(Change.entity_id).join(_Earlier, _Earlier.seq == _earlier(Change))
    there, here = _told(_Earlier, name) == merger.gone_id, _told(Change, name) == merger.into_id
    return joined.where(Change.seq >= merger.seq, there, here)


def _earlier(change: Any) -> Any:
    other = aliased(Change)
    before = select(func.max(other.seq)).where(other.entity_id == change.entity_id, other.seq < change.seq)
    return before.correlate(change).scalar_subquery()


def _told(change: Any, name: str) -> ColumnElement[str]:
    return func.coalesce(change.state[name].as_string(), "")
