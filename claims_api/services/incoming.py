"""What every format of import is turned into: records, each with the key that its file knows it by.

Records speak of each other by their keys: what a service takes as an id (``speaker_id``, ``source_id``, ``passage_id``,
``stated_by_id``, ``target_id``, ``first_appearance_id``) holds a key here, or an id of this service as ``Known``. What
is referred to comes first. Keys are told apart by kind, within one collection; a record's id follows from all three, so
that what comes a second time is found, and nothing is changed by it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from claims_api.errors import Failure, Path
from claims_api.ids import derived_id
from claims_api.models.words import EntityKind
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import NewPassage, NewTopic
from claims_api.services.evidence import NewEvidence
from claims_api.services.relations import NewRelation
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker

# Any moment would do; the same one for ever.
_MOMENT = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)

Stated = NewSpeaker | NewTopic | NewSource | NewPassage | NewClaim | NewEvidence | NewAssessment | NewRelation
KINDS: dict[type, EntityKind] = {
    NewSpeaker: EntityKind.SPEAKER,
    NewTopic: EntityKind.TOPIC,
    NewSource: EntityKind.SOURCE,
    NewPassage: EntityKind.PASSAGE,
    NewClaim: EntityKind.CLAIM,
    NewEvidence: EntityKind.EVIDENCE,
    NewAssessment: EntityKind.ASSESSMENT,
    NewRelation: EntityKind.RELATION,
}


class Known(str):
    """An id of this service, where a record would have a key."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record: what it states, its key, and where it stood.

    ``of`` is the claim (by key, or ``Known``) that evidence and assessments belong to, and that a relation is stated
    of. Evidence stands in records of its own, never in ``NewClaim.evidence``; ``place`` is its place among those of its
    claim, by which they are ordered. ``path`` leads to the record within its line, or within its document.
    """

    key: str
    new: Stated
    of: str | None = None
    line: int | None = None
    path: Path = ()
    place: int = 0

    @property
    def kind(self) -> EntityKind:
        """Return what sort of thing it is."""
        return KINDS[type(self.new)]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is no record: why, and where it stood; ``key`` where that much could be read."""

    failure: Failure
    line: int | None = None
    key: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of a file that this service has no place for: it is told, and the rest is taken all the same."""

    detail: str
    line: int | None = None
    key: str | None = None
    path: Path = ()


Records = Iterable[Incoming | Unreadable | LeftOut]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was not taken, and what is wrong with it."""

    line: int | None
    external_id: str | None
    code: str
    detail: str
    path: Path


@dataclass
class Report:
    """How many of each kind were made, how many were there already, and what was refused.

    Of the refused the first hundred are told; ``refusals`` counts all.
    """

    created: Counter[EntityKind] = field(default_factory=Counter)
    unchanged: Counter[EntityKind] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    refusals: int = 0


def identity_of(collection: str, kind: EntityKind, key: str, *, place: int = 0) -> str:
    """Return the id of what a collection knows by a key."""
    if isinstance(key, Known):
        return str(key)
    return derived_id(_MOMENT + dt.timedelta(milliseconds=place), collection, kind, key)
