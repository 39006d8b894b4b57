"""Search facets: how many hits there are by speaker, topic, verdict, publisher and year."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Text, case, cast, func, literal, null, select, union_all

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.speakers import Speaker
from claims_api.models.topics import ClaimTopic, Topic
from claims_api.models.words import Facet, Findable
from claims_api.queries import search
from claims_api.queries.rows import AnyRow
from claims_api.terms import Asked

MOST = 20


def counted(
    connection: Connection, asked: Asked, *, kind: Findable | None, filters: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """Count all hits of a search: ``facet``, ``value``, ``id`` and ``number``, of each facet the 20 most frequent.

    The value of a verdict is two digits, supported and contradicted: ``10`` where only supporting evidence bears on the
    content.
    """
    kinds, values = search.narrowed(kind, filters)
    if not asked.all_of or not kinds:
        return []
    statement = _statement(connection.dialect.name, kinds, frozenset(values), search.shape_of(asked))
    return connection.execute(statement, {**values, **search.questions(connection, asked)}).all()


@lru_cache(maxsize=search.MOST_STATEMENTS)
def _statement(dialect: str, kinds: tuple[Findable, ...], chosen: frozenset[str], shape: tuple[int, int]) -> Any:
    found = search.found(dialect, kinds, chosen, shape).cte("found")
    return union_all(*(select(part.subquery()) for part in _facets(found)))


def _facets(found: Any) -> tuple[Select[Any], ...]:
    claims = select(null()).select_from(found).join(Claim, Claim.id == found.c.id)
    topics = claims.join(ClaimTopic, ClaimTopic.claim_id == Claim.id).join(Topic, Topic.id == ClaimTopic.topic_id)
    cited = _cited(found).subquery()
    sources = select(null()).select_from(cited).join(Source, Source.id == cited.c.source_id)
    dated = _dated(found).subquery()
    return (
        _most(claims.join(Speaker, Speaker.id == Claim.speaker_id), Facet.SPEAKER, Speaker.name, Speaker.id),
        _most(topics.where(Topic.deleted_at.is_(None)), Facet.TOPIC, Topic.name, Topic.id),
        _most(claims, Facet.VERDICT, _side(Claim.content_supports) + _side(Claim.content_contradicts)),
        _most(sources, Facet.PUBLISHER, cast(Source.publisher, db.SortedText)),
        _most(select(null()).select_from(dated), Facet.YEAR, dated.c.year),
    )


def _most(counted: Select[Any], facet: Facet, value: Any, identity: Any = None) -> Select[Any]:
    by = [value] if identity is None else [value, identity]
    number = func.count().label("number")
    named = literal(facet.value, Text()).label("facet"), value.label("value")
    known = cast(null() if identity is None else identity, Text()).label("id")
    rows = counted.with_only_columns(*named, known, number, maintain_column_froms=True).where(value.is_not(None))
    return rows.group_by(*by).order_by(number.desc(), *by).limit(MOST)


def _side(links: Any) -> Any:
    return case((links > 0, literal("1", Text())), else_=literal("0", Text()))


def _cited(found: Any) -> Any:
    of_passages = select(Passage.source_id).join(found, found.c.id == Passage.id)
    return union_all(select(Source.id.label("source_id")).join(found, found.c.id == Source.id), of_passages)


def _dated(found: Any) -> Any:
    cited = _cited(found).subquery()
    of_sources = select(func.substr(Source.published_at, 1, 4).label("year")).join(
        cited, cited.c.source_id == Source.id
    )
    return union_all(
        select(func.substr(Claim.claim_date, 1, 4).label("year")).join(found, found.c.id == Claim.id), of_sources
    )
