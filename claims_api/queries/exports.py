"""Reading everything for an export, kind by kind in the order of ids, a batch at a time.

Each statement goes on where the one before ended: a single one for an hour's export would exceed its time limit.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.queries import changes, claims
from claims_api.queries.rows import AnyRow, AnySelect

_AT_ONCE = 500
# Aliases, since the conditions of claims use these tables, too.
_Speaker, _Topic, _Source = aliased(Speaker), aliased(Topic), aliased(Source)
_Version, _Own, _Filed = aliased(SourceVersion), aliased(SourceVersion), aliased(ClaimTopic)
_Passage, _Evidence, _Assessment = aliased(Passage), aliased(Evidence), aliased(Assessment)
_Relation = aliased(Relation)
Condition = ColumnElement[bool]


class Selection:
    """What is exported: all that is live; or some claims, with all that they refer to; or all, with deleted entities.

    ``filters`` narrow the claims, as in their listing; with ``has_history`` nothing is left out, and the ledger comes.
    """

    def __init__(self, filters: Mapping[str, Any], *, has_history: bool = False) -> None:
        self.values, self.has_history = claims.asked(filters), has_history

    def rows(self, connection: Connection, record: str) -> Iterator[AnyRow]:
        """Yield the rows of a kind of record, by id; changes by ``seq``."""
        kind, columns, of_claims = _READ[record]
        statement = select(*columns)
        if record == "passage":
            statement = statement.outerjoin(_Own, _Own.id == _Passage.source_version_id)
        if not self.has_history:
            statement = statement.where(*self._live(kind, record), *([of_claims(self)] if self.values else []))
        return self._paged(connection, statement, Change.seq if kind is Change else kind.id)

    def texts(self, connection: Connection) -> Iterator[AnyRow]:
        """Yield the versions with their texts, by id."""
        for part in db.by_length(self.rows(connection, "length")):
            yield from connection.execute(_TEXTS.where(db.among(_Version.id, part)).order_by(_Version.id))

    def claim(self, *joining: Condition) -> Condition:
        """Return the condition that there is an exported claim that ``joining`` relates to the row."""
        return exists(select(Claim.id).where(*joining, Claim.deleted_at.is_(None), *self.filters()))

    def filters(self) -> list[Condition]:
        """Return the conditions that the exported claims meet, on parameters whose values are ``values``."""
        return [claims.FILTERS[name] for name in self.values]

    def _live(self, kind: Any, record: str) -> list[Condition]:
        if record == "length":
            return [exists(select(_Source.id).where(_Source.id == _Version.source_id, _Source.deleted_at.is_(None)))]
        # A relation is shown while both its claims are.
        ends = [_of_relations(self)] if record == "relation" else []
        return [kind.deleted_at.is_(None), *ends]

    def _paged(self, connection: Connection, statement: AnySelect, order: Any) -> Iterator[AnyRow]:
        statement = statement.order_by(order).limit(_AT_ONCE)
        found = connection.execute(statement, self.values).all()
        yield from found
        while len(found) == _AT_ONCE:
            found = connection.execute(statement.where(order > found[-1][0]), self.values).all()
            yield from found


def _of_claims(selection: Selection) -> Condition:
    return and_(*selection.filters())


def _of_evidence(selection: Selection) -> Condition:
    return selection.claim(Claim.id == _Evidence.claim_id)


def _of_assessments(selection: Selection) -> Condition:
    return selection.claim(Claim.id == _Assessment.claim_id)


def _of_relations(selection: Selection) -> Condition:
    ends = _Relation.source_id, _Relation.target_id
    return and_(*(selection.claim(Claim.id == end) for end in ends))


def _of_passages(selection: Selection) -> Condition:
    link = select(_Evidence.id).where(_Evidence.passage_id == _Passage.id, _Evidence.deleted_at.is_(None))
    return or_(exists(link.where(_of_evidence(selection))), selection.claim(Claim.first_appearance_id == _Passage.id))


def _of_sources(selection: Selection) -> Condition:
    return _of_source(_Source.id, selection)


def _of_versions(selection: Selection) -> Condition:
    return _of_source(_Version.source_id, selection)


def _of_source(source_id: Any, selection: Selection) -> Condition:
    cited = select(_Passage.id).where(_Passage.source_id == source_id, _Passage.deleted_at.is_(None))
    return exists(cited.where(_of_passages(selection)))


def _of_speakers(selection: Selection) -> Condition:
    link = select(_Evidence.id).where(_Evidence.stated_by_id == _Speaker.id, _Evidence.deleted_at.is_(None))
    return or_(selection.claim(Claim.speaker_id == _Speaker.id), exists(link.where(_of_evidence(selection))))


def _of_topics(selection: Selection) -> Condition:
    filed = select(_Filed.claim_id).where(_Filed.topic_id == _Topic.id)
    return exists(filed.where(selection.claim(Claim.id == _Filed.claim_id)))


def _stamped(kind: Any) -> tuple[Any, ...]:
    return kind.created_at, kind.updated_at, kind.created_by, kind.version, kind.deleted_at


_TOPIC_IDS = (
    select(db.json_array_of(_Filed.topic_id))
    .join(_Topic, _Topic.id == _Filed.topic_id)
    .where(_Filed.claim_id == Claim.id)
    .correlate(Claim)
    .scalar_subquery()
)
_TEXTS = select(
    _Version.id,
    _Version.source_id,
    _Version.number,
    _Version.text,
    _Version.sha256,
    _Version.content_type,
    _Version.given_sha256,
    _Version.retrieved_at,
    _Version.created_at,
    _Version.created_by,
)
# For each kind what is read, and the condition that the selected claims refer to it.
_READ: Mapping[str, tuple[Any, tuple[Any, ...], Callable[[Selection], Condition]]] = {
    "speaker": (
        _Speaker,
        (
            _Speaker.id,
            _Speaker.name,
            _Speaker.kind,
            _Speaker.aliases,
            _Speaker.job_title,
            _Speaker.affiliation,
            _Speaker.same_as,
            _Speaker.merged_into_id,
            *_stamped(_Speaker),
        ),
        _of_speakers,
    ),
    "topic": (_Topic, (_Topic.id, _Topic.name, _Topic.description, *_stamped(_Topic)), _of_topics),
    "source": (
        _Source,
        (
            _Source.id,
            _Source.title,
            _Source.url,
            _Source.canonical_url,
            _Source.archived_url,
            _Source.publisher,
            _Source.authors,
            _Source.published_at,
            _Source.language,
            _Source.type,
            _Source.reliability,
            _Source.current_version,
            *_stamped(_Source),
        ),
        _of_sources,
    ),
    "length": (_Version, (_Version.id, _Version.length), _of_versions),
    "passage": (
        _Passage,
        (
            _Passage.id,
            _Passage.source_id,
            _Own.number.label("source_version"),
            _Passage.start,
            _Passage.end,
            _Passage.utf16_start,
            _Passage.utf16_end,
            _Passage.utf8_start,
            _Passage.utf8_end,
            _Passage.exact,
            _Passage.prefix,
            _Passage.suffix,
            _Passage.match,
            _Passage.anchor_state,
            _Passage.now_version,
            _Passage.now,
            _Passage.orphaned_because,
            _Passage.confirmed_at,
            _Passage.confirmed_by,
            *_stamped(_Passage),
        ),
        _of_passages,
    ),
    "claim": (
        Claim,
        (
            Claim.id,
            Claim.text,
            Claim.speaker_id,
            Claim.claim_date,
            Claim.claim_type,
            Claim.language,
            Claim.location,
            Claim.status,
            Claim.first_appearance_id,
            _TOPIC_IDS.label("topic_ids"),
            *_stamped(Claim),
        ),
        _of_claims,
    ),
    "evidence": (
        _Evidence,
        (
            _Evidence.id,
            _Evidence.claim_id,
            _Evidence.passage_id,
            _Evidence.stance,
            _Evidence.basis,
            _Evidence.stated_by_id,
            _Evidence.group,
            _Evidence.note,
            _Evidence.credibility,
            *_stamped(_Evidence),
        ),
        _of_evidence,
    ),
    "assessment": (
        _Assessment,
        (
            _Assessment.id,
            _Assessment.claim_id,
            _Assessment.verdict,
            _Assessment.rating_label,
            _Assessment.rating_value,
            _Assessment.best_rating,
            _Assessment.worst_rating,
            _Assessment.explanation,
            _Assessment.review_url,
            _Assessment.reviewer,
            _Assessment.assessed_at,
            *_stamped(_Assessment),
        ),
        _of_assessments,
    ),
    "relation": (
        _Relation,
        (
            _Relation.id,
            _Relation.source_id,
            _Relation.target_id,
            _Relation.type,
            _Relation.note,
            *_stamped(_Relation),
        ),
        _of_relations,
    ),
    "change": (
        Change,
        changes.COLUMNS,
        _of_claims,
    ),
}
