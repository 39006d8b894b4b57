"""The records into which every format of import is turned, each with the key by which its file knows it.

Records refer to each other by key: what a service takes as an id (``speaker_id``, ``source_id``, ``passage_id``,
``stated_by_id``, ``target_id``, ``first_appearance_id``) holds a key here, or an id of this service as ``ExistingId``.
What is referred to comes first. An id follows from collection, kind and key, so that a record that comes again is
found, and changes nothing.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from claims_api.errors import Failure, Path, pointer
from claims_api.ids import derived_id
from claims_api.models.words import Action, AnchorState, EntityKind, Match
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.passages import NewPassage
from claims_api.services.relations import NewRelation
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.topics import NewTopic
from claims_api.services.versions import NewVersion

# Any moment would do, but it must never change: ids are made with it.
_MOMENT = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Kind(StrEnum):
    """The kinds of records, each after those that it may refer to."""

    SPEAKERS = "speakers"
    TOPICS = "topics"
    SOURCES = "sources"
    VERSIONS = "versions"
    PASSAGES = "passages"
    CLAIMS = "claims"
    EVIDENCE = "evidence"
    ASSESSMENTS = "assessments"
    RELATIONS = "relations"
    CHANGES = "changes"


class ExistingId(str):
    """An id of this service, where a record would have a key."""

    __slots__ = ()


class Worded(str):
    """The whole text of a claim, where a record would have its key: the one live claim that has it is meant."""

    __slots__ = ()


class IfThere(str):
    """A key that may be unknown: then the reference is left out."""

    __slots__ = ()


@dataclass(frozen=True)
class KeptSpeaker(NewSpeaker):
    """A speaker as another copy of this service keeps one."""

    merged_into_id: str | None = None


@dataclass(frozen=True)
class KeptSource(NewSource):
    """A source as another copy of this service keeps one; its texts are records of their own."""

    current_version: int | None = None


@dataclass(frozen=True)
class KeptVersion:
    """A text of a source as another copy of this service keeps one."""

    source: str
    number: int
    new: NewVersion
    sha256: str
    created_at: dt.datetime
    created_by: str


@dataclass(frozen=True)
class KeptPassage:
    """A passage as another copy of this service keeps one; it is checked against the texts of its source."""

    source: str
    version: int | None
    start: int | None
    end: int | None
    utf16_start: int | None
    utf16_end: int | None
    utf8_start: int | None
    utf8_end: int | None
    exact: str
    prefix: str
    suffix: str
    match: Match
    anchor_state: AnchorState
    now_version: int | None = None
    now: dict[str, Any] | None = None
    orphaned_because: str | None = None
    confirmed_at: dt.datetime | None = None
    confirmed_by: str | None = None


@dataclass(frozen=True)
class KeptChange:
    """A row of the ledger of another copy of this service."""

    seq: int
    at: dt.datetime
    actor: str
    entity: EntityKind
    entity_id: str
    action: Action
    version: int
    state: dict[str, Any]


Stated = (
    NewSpeaker
    | NewTopic
    | NewSource
    | KeptVersion
    | NewPassage
    | KeptPassage
    | NewClaim
    | NewEvidence
    | NewAssessment
    | NewRelation
    | KeptChange
)
_KINDS: dict[type, Kind] = {
    NewSpeaker: Kind.SPEAKERS,
    KeptSpeaker: Kind.SPEAKERS,
    NewTopic: Kind.TOPICS,
    NewSource: Kind.SOURCES,
    KeptSource: Kind.SOURCES,
    KeptVersion: Kind.VERSIONS,
    NewPassage: Kind.PASSAGES,
    KeptPassage: Kind.PASSAGES,
    NewClaim: Kind.CLAIMS,
    NewEvidence: Kind.EVIDENCE,
    NewAssessment: Kind.ASSESSMENTS,
    NewRelation: Kind.RELATIONS,
    KeptChange: Kind.CHANGES,
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """Authorship and times (aware, UTC) of a record from another copy of this service."""

    created_at: dt.datetime
    updated_at: dt.datetime
    created_by: str
    version: int
    deleted_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record of a file: what it states, the key it has there, and where it stood.

    Evidence stands in records of its own, never in ``NewClaim.evidence``.
    """

    key: str
    new: Stated
    # The claim, by its key or as ``ExistingId``: of evidence, assessments, and the relations that are stated of it.
    of: str | None = None
    line: int | None = None
    # Leads to the record within its line, or within its document.
    path: Path = ()
    # Where a link stands among those of its claim: a part of its identity, and their order; 0 where it has its own key.
    place: int = 0
    # Of bundles alone, in which topics of claims are ``ExistingId``.
    stamp: Stamp | None = None
    # Where it cannot be taken it is left out, which is told and refuses nothing.
    optional: bool = False
    # Many lines may state it, each in its own words: the first counts. Of any other, a key stands for one thing only.
    shared: bool = False
    # It comes along with this claim: where the claim was there before the import, nothing is done with it.
    with_claim: str | None = None
    # What its file calls the fields that are called otherwise here; None where nothing below ``path`` has a name.
    names: Mapping[str, str] | None = field(default_factory=lambda: NO_NAMES)

    @property
    def kind(self) -> Kind:
        """The kind of the record, which follows from what it states."""
        return _KINDS[type(self.new)]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no record: why, and where it stood; ``key`` and ``kind`` where they could be read."""

    failure: Failure
    line: int | None = None
    key: str | None = None
    path: Path = ()
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Valid input that this service has no place for: what, and where it stood."""

    detail: str
    line: int | None = None
    key: str | None = None
    path: Path = ()


Record = Incoming | Unreadable | LeftOut
Records = Iterable[Record]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was not taken, and what is wrong with it."""

    line: int | None
    external_id: str | None
    code: str
    detail: str
    path: Path

    def told(self) -> dict[str, Any]:
        """Return it as it is shown in answers and problems."""
        return {
            "line": self.line,
            "external_id": self.external_id,
            "code": self.code,
            "pointer": pointer(self.path),
            "detail": self.detail,
        }


@dataclass
class ImportReport:
    """How many of each kind were made, how many were there already, what was refused, and what was left out.

    Of the refused and the left out the first 100 are told, or 10,000 where they are skipped; ``refusals`` and
    ``omissions`` count all.
    """

    created: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    refusals: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    omissions: int = 0


# ``typed``, or an ``ExistingId`` and a key with the same text would share an entry. Cached, since many lines refer to
# one source.
@lru_cache(maxsize=10_000, typed=True)
def identity_of(collection: str, kind: Kind, key: str, *, place: int = 0) -> str:
    """Return the id that follows from collection, kind and key, or the ``ExistingId`` itself; ids sort by ``place``."""
    if isinstance(key, ExistingId):
        return str(key)
    return derived_id(_MOMENT + dt.timedelta(milliseconds=place), collection, kind, key)
