"""Dossiers: folders of speakers, topics, sources, passages, claims and relations that are loaded whole, or not at all.

Every record's id follows from the dossier's name and date and the record's key, so that loading a second time
finds all of it there, and changes nothing, not even what people have changed since.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from claims_api.errors import Invalid, within
from claims_api.ids import derived_id
from claims_api.models.base import Recorded
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.models.words import EntityKind
from claims_api.services import claims, ledger, passages, reanchoring, relations, sources, speakers, topics
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.passages import NewPassage
from claims_api.services.relations import NewRelation
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.topics import NewTopic
from claims_api.services.versions import NewVersion

T = TypeVar("T")


_VERSIONS = "versions"
_PLURALS = {EntityKind.EVIDENCE: "evidence"}


@dataclass(frozen=True)
class Keyed(Generic[T]):
    """A record with its key within the dossier, and the file from which its text is still to be read."""

    key: str
    new: T
    file: str | None = None


@dataclass(frozen=True)
class Newer:
    """A newer text of one of a dossier's sources."""

    source: str
    new: NewVersion


@dataclass(frozen=True)
class Related:
    """A relation as a dossier states it, of one claim to another, both by their keys."""

    source: str
    new: NewRelation


@dataclass(frozen=True)
class Dossier:
    """The content of a folder; where services take ids, a dossier has keys. Ids follow from ``name`` and ``dated``."""

    name: str
    dated: dt.date
    title: str | None = None
    speakers: Sequence[Keyed[NewSpeaker]] = ()
    topics: Sequence[NewTopic] = ()
    sources: Sequence[Keyed[NewSource]] = ()
    passages: Sequence[Keyed[NewPassage]] = ()
    claims: Sequence[Keyed[NewClaim]] = ()
    relations: Sequence[Related] = ()
    versions: Sequence[Keyed[Newer]] = ()


@dataclass
class LoadReport:
    """How many entities of each kind were created, and how many records of the dossier were there already."""

    created: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)


def load(session: Session, dossier: Dossier) -> LoadReport:
    """Keep everything in a dossier; the caller commits, or on a failure rolls back.

    Raises ``Invalid`` for a key that is unknown or used twice, and what the services of its records raise, such as
    ``QuoteNotFound``: the path of the failure is the record's place in the dossier.
    """
    ledger.act_as(session, "claims-api load")
    ledger.works_in_steps(session)
    report = _Loading(session, dossier).run()
    # What came along, too: evidence, its passages, and topics that only a claim names.
    made = {_PLURALS.get(kind, f"{kind}s"): number for kind, number in ledger.seal_and_count(session).items()}
    report.created = Counter(made) + report.created
    return report


class _Loading:
    """One load: the ids that the dossier's keys came to stand for, and the counts."""

    def __init__(self, session: Session, dossier: Dossier) -> None:
        self.session, self.dossier, self.report = session, dossier, LoadReport()
        self.speakers: dict[str, str] = {}

    def run(self) -> LoadReport:
        """Load kind by kind, each before what refers to it."""
        self._each("speakers", self.dossier.speakers, self._speaker)
        self._each("topics", self.dossier.topics, self._topic)
        self._each("sources", self.dossier.sources, self._source)
        self._each("passages", self.dossier.passages, self._passage)
        self._each("claims", self.dossier.claims, self._claim)
        self._each("relations", self.dossier.relations, self._relation)
        # Last: quotes are looked for in the first text of their source.
        self._each(_VERSIONS, self.dossier.versions, self._version)
        return self.report

    def _each(self, kind: str, records: Sequence[T], load_one: Callable[[T], bool]) -> None:
        seen: set[str] = set()
        for index, record in enumerate(records):
            with within(kind, index):
                _refuse_second(record, seen)
                is_new = load_one(record)
            if not is_new:
                self.report.unchanged[kind] += 1
            elif kind == _VERSIONS:  # of these the ledger tells as of changes of their sources
                self.report.created[kind] += 1

    def _speaker(self, record: Keyed[NewSpeaker]) -> bool:
        identity = self._id("speaker", record.key)
        if self._is_there(Speaker, identity):
            self.speakers[record.key] = str(speakers.standing_for(self.session, identity))
            return False
        # This speaker may be there already, under another id.
        known = self._known(record.new)
        if known is None:
            speakers.create(self.session, record.new, identity=identity, allow_duplicate=True)
        self.speakers[record.key] = known or identity
        return known is None

    def _known(self, new: NewSpeaker) -> str | None:
        ours = {self._id("speaker", each.key) for each in self.dossier.speakers}
        found = {
            each.id
            for name in (new.name, *new.aliases)
            for each in speakers.named(self.session, replace(new, name=name))
        } - ours
        if len(found) > 1:
            raise Invalid("Several speakers go by these names already: which is meant?", path=("name",))
        return next(iter(found), None)

    def _topic(self, record: NewTopic) -> bool:
        identity = self._id("topic", record.name)
        if self._is_there(Topic, identity) or topics.named(self.session, record.name):
            return False
        topics.create(self.session, name=record.name, description=record.description, identity=identity)
        return True

    def _source(self, record: Keyed[NewSource]) -> bool:
        identity = self._id("source", record.key)
        if self._is_there(Source, identity):
            return False
        sources.create(self.session, record.new, identity=identity, allow_duplicate=True)
        return True

    def _passage(self, record: Keyed[NewPassage]) -> bool:
        identity = self._id("passage", record.key)
        if self._is_there(Passage, identity):
            return False
        found = passages.find_or_create(
            self.session,
            source_id=self._source_id(record.new.source),
            quote=record.new.quote,
            identity=identity,
        )
        return found.is_new

    def _claim(self, record: Keyed[NewClaim]) -> bool:
        identity = self._id("claim", record.key)
        if self._is_there(Claim, identity):
            return False
        new = record.new
        with_ids = replace(
            new,
            speaker_id=self._speaker_id(new.speaker_id, "speaker"),
            evidence=[self._link(record.key, index, each) for index, each in enumerate(new.evidence)],
        )
        claims.create(self.session, with_ids, identity=identity, allow_duplicate=True)
        return True

    def _relation(self, record: Related) -> bool:
        new = record.new
        identity = self._id("relation", f"{record.source}/{new.type}/{new.target_id}")
        source_id, target_id = self._claim_id(record.source, "source"), self._claim_id(new.target_id, "target")
        # Where a claim was deleted since, there is nothing to relate.
        ends = [self.session.get_one(Claim, each) for each in (source_id, target_id)]
        if self._is_there(Relation, identity) or any(each.deleted_at for each in ends):
            return False
        if relations.existing(self.session, new.type, source_id, target_id) is not None:
            return False
        relations.create(self.session, source_id, replace(new, target_id=target_id), identity=identity)
        return True

    def _version(self, record: Keyed[Newer]) -> bool:
        identity = self._id("version", record.key)
        if self.session.get(SourceVersion, identity) is not None:
            return False
        source_id = self._source_id(record.new.source)
        _, is_new = reanchoring.revise(self.session, source_id, record.new.new, identity=identity)
        return is_new

    def _link(self, key: str, index: int, new: NewEvidence) -> NewEvidence:
        with within("evidence", index):
            return replace(
                new,
                identity=self._id("evidence", f"{key}/{index}", place=index),
                source_id=self._source_id(str(new.source_id)),
                stated_by_id=self._speaker_id(new.stated_by_id, "stated_by"),
            )

    def _speaker_id(self, key: str | None, field_name: str) -> str | None:
        if key is not None and key not in self.speakers:
            raise Invalid(f"The dossier has no speaker with the key {key!r}.", path=(field_name,))
        return None if key is None else self.speakers[key]

    def _claim_id(self, key: str, field_name: str) -> str:
        if key not in {claim.key for claim in self.dossier.claims}:
            raise Invalid(f"The dossier has no claim with the key {key!r}.", path=(field_name,))
        return self._id("claim", key)

    def _source_id(self, key: str) -> str:
        if key not in {source.key for source in self.dossier.sources}:
            raise Invalid(f"The dossier has no source with the key {key!r}.", path=("source",))
        return self._id("source", key)

    def _id(self, kind: str, key: str, *, place: int = 0) -> str:
        """Return an id of its own for each record; those of one list sort by their place in it."""
        midnight = dt.datetime.combine(self.dossier.dated, dt.time(), dt.UTC)
        return derived_id(midnight + dt.timedelta(milliseconds=place), self.dossier.name, kind, key)

    def _is_there(self, kind: type[Recorded], identity: str) -> bool:
        return self.session.get(kind, identity) is not None


def _refuse_second(record: object, seen: set[str]) -> None:
    # Topics have no key; a name said twice means one topic.
    key = record.key if isinstance(record, Keyed) else None
    if key in seen:
        raise Invalid(f"The dossier has two records with the key {key!r}.", path=("key",))
    if key is not None:
        seen.add(key)
