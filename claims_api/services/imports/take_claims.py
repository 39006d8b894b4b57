"""Take claims, assessments and relations of an import; see ``services.imports.takers``."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select

from claims_api import db
from claims_api.errors import Invalid
from claims_api.models.assessments import Assessment
from claims_api.models.base import table_of
from claims_api.models.claims import Claim
from claims_api.models.relations import Relation
from claims_api.models.topics import ClaimTopic
from claims_api.models.words import RelationType
from claims_api.services import assessments, claims, relations
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.imports.incoming import ExistingId, Incoming, Kind
from claims_api.services.imports.takers import (
    Columns,
    EntityTaker,
    Fresh,
    claim_of,
    is_deleted,
    speaker_of,
    those_named,
    touch,
)
from claims_api.services.relations import NewRelation
from claims_api.services.speakers import NewSpeaker


class Claims(EntityTaker):
    """Claims, without their evidence."""

    kind, model = Kind.CLAIMS, Claim

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up speakers, topics and passages."""
        new = [cast("NewClaim", each.new) for each in records]
        references, names = self.run.references, self.run.names
        references.look_up(Kind.SPEAKERS, [each.speaker_id for each in new])
        references.look_up(Kind.PASSAGES, [each.first_appearance_id for each in new])
        topics = [topic for each in new for topic in each.topics]
        references.look_up(Kind.TOPICS, [each for each in topics if isinstance(each, ExistingId)])
        names.look_up_topics(each for each in topics if not isinstance(each, ExistingId))
        names.look_up_speakers(those_named(_named_by(each) for each in new))
        self._filed: dict[str, set[str]] = {}

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a claim.

        Raises ``Invalid`` for an unknown speaker, topic or passage, and for a name that several speakers bear.
        """
        new = cast("NewClaim", fresh.record.new)
        text, named = claims.stated(new)
        self._filed[fresh.id] = {self._topic(each) for each in new.topics}
        return {
            "text": text,
            "speaker_id": speaker_of(self, named, new.speaker_id, field="speaker"),
            "first_appearance_id": self.run.references.id_of(Kind.PASSAGES, new.first_appearance_id),
            **claims.columns(new),
        }

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the claims, and their topics."""
        filed = [{"claim_id": each.id, "topic_id": topic} for each, _ in made for topic in sorted(self._filed[each.id])]
        self.run.names.make_speakers(columns["speaker_id"] for _, columns in made)
        self.run.names.make_topics(each["topic_id"] for each in filed)
        self.run.bulk.add(Claim, self.rows(made), (table_of(ClaimTopic), filed))

    def _topic(self, topic: str) -> str:
        if isinstance(topic, ExistingId):
            return self.run.references.found(Kind.TOPICS, topic).id
        return self.run.names.topic(topic)


class Assessments(EntityTaker):
    """What people conclude of claims."""

    kind, model = Kind.ASSESSMENTS, Assessment

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the claims."""
        self.run.references.look_up(Kind.CLAIMS, [each.of for each in records], exclusively=True)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of an assessment; ``Invalid`` for an unknown claim, and as ``assessments.columns``."""
        new = cast("NewAssessment", fresh.record.new)
        claim_id = claim_of(self, fresh.record)
        columns = {"claim_id": claim_id, **assessments.columns(new, actor=self.run.bulk.actor)}
        # Another copy has dated it, maybe by a clock that is ahead: the order of a reviewer's conclusions is kept.
        return columns if fresh.record.stamp is None else {**columns, "assessed_at": new.assessed_at}

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the assessments, and have their claims counted anew."""
        super().keep(made)
        touch(self, [fresh.record for fresh, _ in made])


class Relations(EntityTaker):
    """What claims are to one another."""

    kind, model = Kind.RELATIONS, Relation

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the claims, and the relations between them."""
        new = [cast("NewRelation", each.new) for each in records]
        self.run.references.look_up(Kind.CLAIMS, [*(each.of for each in records), *(each.target_id for each in new)])
        # So that no duplicate and no circle can be made by another transaction meanwhile.
        db.lock_name_patiently(self.run.bulk.session, db.RELATIONS)
        self._pairs: dict[tuple[str, str], str] = {}

    def take(self, records: Sequence[Incoming]) -> None:
        """Keep what is new of these records; relations that could close a circle one by one."""
        super().take([each for each in records if not _supersedes(each)])
        for record in records:
            if _supersedes(record):
                super().take([record])

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a relation, or None where it is there already.

        Raises ``Invalid`` for an unknown claim, for one related to itself, and for a circle of ``supersedes``.
        """
        record, new = fresh.record, cast("NewRelation", fresh.record.new)
        references = self.run.references
        source_id = claim_of(self, record)
        target_id = references.found(Kind.CLAIMS, new.target_id).id
        relations.refuse_to_itself(source_id, target_id)
        columns = relations.columns(source_id, NewRelation(new.type, target_id, new.note))
        if is_deleted(record):
            return columns
        pair = columns["type"], columns["pair"]
        if pair in self._pairs or self._existing(columns):
            return None
        if new.type is RelationType.SUPERSEDES:
            relations.refuse_circle(self.run.connection, source_id, target_id, path=("target",))
        self._pairs[pair] = fresh.id
        return columns

    def _existing(self, columns: Columns) -> bool:
        same = select(Relation.id).where(Relation.type == columns["type"], Relation.pair == columns["pair"])
        return self.run.connection.scalar(same.where(Relation.deleted_at.is_(None))) is not None


def _supersedes(record: Incoming) -> bool:
    return cast("NewRelation", record.new).type is RelationType.SUPERSEDES


def _named_by(new: NewClaim) -> NewSpeaker | None:
    try:
        return claims.stated(new)[1]
    except Invalid:
        return None  # which is told when its turn comes
