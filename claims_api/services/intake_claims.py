"""Take passages, claims and what belongs to claims; see ``services.intake``."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import select

from claims_api import db, ids
from claims_api.errors import Duplicate, Failure, Invalid
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.topics import ClaimTopic
from claims_api.models.words import RelationType
from claims_api.services import assessments, claims, evidence, intake_kept, quoting, relations
from claims_api.services.anchoring import Quote
from claims_api.services.assessments import NewAssessment
from claims_api.services.bulk import table_of
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import NewPassage
from claims_api.services.evidence import NewEvidence
from claims_api.services.incoming import Incoming, KeptPassage, Kind, Known
from claims_api.services.intake import Columns, Fresh, Taker, is_deleted
from claims_api.services.quoting import Asked
from claims_api.services.relations import NewRelation
from claims_api.services.speakers import NewSpeaker


class Passages(Taker):
    """Passages under keys of their own; one that stands at the place already is used as it is."""

    kind, model = Kind.PASSAGES, Passage

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for the places."""
        new = [each.new for each in records if isinstance(each.new, NewPassage)]
        kept = [each for each in records if isinstance(each.new, KeptPassage)]
        sources = [*(each.source for each in new), *(cast("KeptPassage", each.new).source for each in kept)]
        self.work.references.look_up(Kind.SOURCES, sources, to_change=True)
        self._placed = {**self._quoted(new), **intake_kept.verified(self.work, kept)}
        found = [each for each in self._placed.values() if not isinstance(each, Failure)]
        self._there = quoting.standing(self.work.bulk, found)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say where it stands, unless a passage stands there."""
        placed = self._placed[id(fresh.record.new)]
        if isinstance(placed, Failure):
            raise placed
        if is_deleted(fresh.record):
            return placed
        there = self._there.setdefault(quoting.place_of(placed), fresh.id)
        if there == fresh.id:
            return placed
        self.work.references.stands_for(fresh.id, there)
        return None

    def _quoted(self, new: Sequence[NewPassage]) -> dict[int, Columns | Failure]:
        found = [self._asked(each) for each in new]
        placed = iter(quoting.places(self.work.bulk, [each for each in found if isinstance(each, Asked)]))
        columns = [each if isinstance(each, Failure) else next(placed) for each in found]
        return {id(each): column for each, column in zip(new, columns, strict=True)}

    def _asked(self, new: NewPassage) -> Asked | Failure:
        try:
            return Asked(self.work.references.found(Kind.SOURCES, new.source, field="source").id, new.quote)
        except Failure as failure:
            return failure


class Claims(Taker):
    """Claims, without their evidence."""

    kind, model = Kind.CLAIMS, Claim

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for speakers, topics and passages."""
        new = [cast("NewClaim", each.new) for each in records]
        references, names = self.work.references, self.work.names
        references.look_up(Kind.SPEAKERS, [each.speaker_id for each in new])
        references.look_up(Kind.PASSAGES, [each.first_appearance_id for each in new])
        topics = [topic for each in new for topic in each.topics]
        references.look_up(Kind.TOPICS, [each for each in topics if isinstance(each, Known)])
        names.look_up_topics(each for each in topics if not isinstance(each, Known))
        names.look_up_speakers(_named(_named_by(each) for each in new))

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what is claimed, and by whom."""
        new = cast("NewClaim", fresh.record.new)
        text, named = claims.stated(new)
        return {
            "text": text,
            "speaker_id": _speaker(self, named, new.speaker_id, field="speaker"),
            "first_appearance_id": self.work.references.id_of(
                Kind.PASSAGES, new.first_appearance_id, field="first_appearance"
            ),
            **claims.columns(new),
        }

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the claims, and what they are about."""
        filed = [
            {"claim_id": each.id, "topic_id": topic_id}
            for each, _ in made
            for topic_id in sorted({self._topic(topic) for topic in cast("NewClaim", each.record.new).topics})
        ]
        self.work.bulk.add(Claim, self.rows(made), (table_of(ClaimTopic), filed))

    def _topic(self, topic: str) -> str:
        if isinstance(topic, Known):
            return self.work.references.found(Kind.TOPICS, topic, field="topics").id
        return self.work.names.topic(topic)


class Link(NamedTuple):
    """A link whose claim is there, and whose passage is there or to be found by a quote."""

    fresh: Fresh
    claim_id: str
    passage: str | Asked


class Links(Taker):
    """Evidence, and the passages of its quotes."""

    kind, model = Kind.EVIDENCE, Evidence

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for claims, passages, sources and speakers."""
        new = [cast("NewEvidence", each.new) for each in records]
        references = self.work.references
        references.look_up(Kind.CLAIMS, [each.of for each in records], to_change=True)
        references.look_up(Kind.SPEAKERS, [each.stated_by_id for each in new])
        references.look_up(Kind.PASSAGES, [each.passage_id for each in new])
        references.look_up(Kind.SOURCES, [each.source_id for each in new], to_change=True)
        self.work.names.look_up_speakers(_named(each.stated_by for each in new))

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what it links, as far as that is known yet."""
        new = cast("NewEvidence", fresh.record.new)
        claim = _claim(self, fresh.record)
        return {
            "claim_id": claim,
            "passage_id": self._passage(new),
            "stated_by_id": _speaker(self, new.stated_by, new.stated_by_id, field="stated_by"),
            **evidence.columns(new),
        }

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Find the quotes, write the passages that are new, and then the links."""
        anchored = self._anchored(made)
        passage_ids = self._passages([columns["passage_id"] for _, columns in anchored])
        known = self._known(anchored, passage_ids)
        rows: list[tuple[Fresh, Columns]] = []
        for (fresh, columns), passage_id in zip(anchored, passage_ids, strict=True):
            link = columns | {"passage_id": passage_id}
            if self._is_new(fresh, link, known):
                rows.append((fresh, link))
        super().keep(rows)
        _touch(self, [fresh.record for fresh, _ in rows])

    def _passage(self, new: NewEvidence) -> str | Asked:
        if (new.passage_id is None) == (new.source_id is None):
            raise Invalid("Give either a passage, or a source with a quote.", path=("source",))
        if new.passage_id is not None:
            if new.quote != Quote():
                raise Invalid("A quote goes with a source; the passage has its own.", path=("passage",))
            return self.work.references.found(Kind.PASSAGES, new.passage_id, field="passage").id
        return Asked(self.work.references.found(Kind.SOURCES, cast("str", new.source_id), field="source").id, new.quote)

    def _anchored(self, made: Sequence[tuple[Fresh, Columns]]) -> list[tuple[Fresh, Columns]]:
        """Return the links whose quotes stand in their sources, with what the passages' rows say in their place."""
        asked = [columns["passage_id"] for _, columns in made if isinstance(columns["passage_id"], Asked)]
        placed = iter(quoting.places(self.work.bulk, asked))
        anchored = []
        for fresh, columns in made:
            found = next(placed) if isinstance(columns["passage_id"], Asked) else columns["passage_id"]
            if isinstance(found, Failure):
                self.work.refuse(fresh.record, found)
            else:
                anchored.append((fresh, columns | {"passage_id": found}))
        return anchored

    def _passages(self, found: Sequence[str | Columns]) -> list[str]:
        """Return the ids of passages, writing those that are new."""
        placed = [each for each in found if not isinstance(each, str)]
        there = quoting.standing(self.work.bulk, placed)
        rows = []
        for columns in placed:
            place = quoting.place_of(columns)
            if place not in there:
                there[place] = ids.new_id()
                rows.append({"id": there[place], **columns, **self.work.bulk.stamp()})
        self.work.bulk.add(Passage, rows)
        self.work.report.created[Kind.PASSAGES] += len(rows)
        return [each if isinstance(each, str) else there[quoting.place_of(each)] for each in found]

    def _known(self, made: Iterable[tuple[Fresh, Columns]], passage_ids: Sequence[str]) -> dict[Any, Columns]:
        """Return the live links between these claims and passages."""
        claim_ids = {columns["claim_id"] for _, columns in made}
        live = select(Evidence.claim_id, Evidence.passage_id, Evidence.stance, Evidence.basis).where(
            db.among(Evidence.claim_id, claim_ids),
            db.among(db.unindexed(Evidence.passage_id), set(passage_ids)),
            Evidence.deleted_at.is_(None),
        )
        return {(row.claim_id, row.passage_id): row._asdict() for row in self.work.connection.execute(live).all()}

    def _is_new(self, fresh: Fresh, link: Columns, known: dict[Any, Columns]) -> bool:
        if is_deleted(fresh.record):
            return True
        there = known.setdefault((link["claim_id"], link["passage_id"]), link)
        if there is link:
            return True
        if (there["stance"], there["basis"]) == (link["stance"], link["basis"]):
            self.unchanged()
        else:
            detail = "This claim and this passage are linked already, with another stance or basis."
            self.work.refuse(fresh.record, Duplicate(detail, path=()))
        return False


class Assessments(Taker):
    """What people conclude of claims."""

    kind, model = Kind.ASSESSMENTS, Assessment

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for the claims."""
        self.work.references.look_up(Kind.CLAIMS, [each.of for each in records], to_change=True)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what is concluded."""
        new = cast("NewAssessment", fresh.record.new)
        claim_id = _claim(self, fresh.record)
        return {"claim_id": claim_id, **assessments.columns(new, actor=self.work.bulk.actor)}

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the assessments, and have their claims counted anew."""
        super().keep(made)
        _touch(self, [fresh.record for fresh, _ in made])


class Relations(Taker):
    """What claims are to one another."""

    kind, model = Kind.RELATIONS, Relation

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look for the claims, and for what joins them."""
        new = [cast("NewRelation", each.new) for each in records]
        self.work.references.look_up(Kind.CLAIMS, [*(each.of for each in records), *(each.target_id for each in new)])
        # Whether there is one already, or a circle, must stay so until the end.
        db.one_at_a_time(self.work.bulk.session, db.RELATIONS)
        self._pairs: dict[tuple[str, str], str] = {}

    def take(self, records: Sequence[Incoming]) -> None:
        """Keep what is new; those that could close a circle one by one."""
        super().take([each for each in records if not _supersedes(each)])
        for record in records:
            if _supersedes(record):
                super().take([record])

    def columns(self, fresh: Fresh) -> Columns | None:
        """Say what a claim is to another, unless it is that already."""
        record, new = fresh.record, cast("NewRelation", fresh.record.new)
        references = self.work.references
        source_id = _claim(self, record, field="source")
        target_id = references.found(Kind.CLAIMS, new.target_id, field="target").id
        relations.refuse_to_itself(source_id, target_id)
        columns = relations.columns(source_id, NewRelation(new.type, target_id, new.note))
        if is_deleted(record):
            return columns
        pair = columns["type"], columns["pair"]
        if pair in self._pairs or self._existing(columns):
            return None
        if new.type is RelationType.SUPERSEDES:
            relations.refuse_circle(self.work.connection, source_id, target_id, path=("target",))
        self._pairs[pair] = fresh.id
        return columns

    def _existing(self, columns: Columns) -> bool:
        same = select(Relation.id).where(Relation.type == columns["type"], Relation.pair == columns["pair"])
        return self.work.connection.scalar(same.where(Relation.deleted_at.is_(None))) is not None


def _supersedes(record: Incoming) -> bool:
    return cast("NewRelation", record.new).type is RelationType.SUPERSEDES


def _claim(taker: Taker, record: Incoming, *, field: str = "claim") -> str:
    if record.of is None:
        raise Invalid("It does not say which claim it belongs to.", path=(field,))
    return taker.work.references.found(Kind.CLAIMS, record.of, field=field).id


def _touch(taker: Taker, records: Iterable[Incoming]) -> None:
    """Have the claims of records counted anew where this import did not make them."""
    found = (taker.work.references.found(Kind.CLAIMS, cast("str", each.of), field="claim") for each in records)
    taker.work.bulk.touch({each.id for each in found if not each.is_new})


def _named_by(new: NewClaim) -> NewSpeaker | None:
    try:
        return claims.stated(new)[1]
    except Invalid:
        return None  # which is told when its turn comes


def _named(named: Iterable[NewSpeaker | None]) -> list[NewSpeaker]:
    return [each for each in named if each is not None]


def _speaker(taker: Taker, named: NewSpeaker | None, key: str | None, *, field: str) -> str | None:
    if named is not None and key is not None:
        raise Invalid(f"Give a {field} either by name or by key, not both.", path=(field,))
    if named is not None:
        return taker.work.names.speaker(named, field=field)
    return taker.work.references.id_of(Kind.SPEAKERS, key, field=field)
