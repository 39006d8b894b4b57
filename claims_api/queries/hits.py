"""Reading what a search answer shows of each hit."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.models.base import table_of
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.search import SectionEntry
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.words import Findable
from claims_api.queries.rows import AnyRow, AnySelect
from claims_api.terms import Asked

# A phrase may go on in the next section.
_BEYOND = 300


def shown(statement: AnySelect, kinds: Collection[Findable], identity: ColumnElement[str]) -> AnySelect:
    """Add the shown columns of each kind to a statement that finds hits by id; those of other kinds are null."""
    for kind in kinds:
        statement = _SHOWN[kind](statement, identity, isouter=len(kinds) > 1)
    return statement


def stretches(connection: Connection, asked: Asked, source_ids: Sequence[str]) -> Mapping[str, AnyRow]:
    """Read the best matching section of each source's text, by source: ``start``, in code points, and ``text``.

    The text goes on for up to 300 code points behind the section, into which a phrase may reach.
    """
    if not source_ids:
        return {}
    question = db.questions(connection, some=Asked(asked.all_of, any_will_do=True))
    rows = db.fetched(connection, _stretches(connection.dialect.name), {**question, "source_ids": source_ids})
    return {row.source_id: row for row in rows}


@cache
def _stretches(dialect: str) -> AnySelect:
    sections = table_of(SectionEntry)
    within = db.among(sections.c.entity_id, parameter="source_ids"), sections.c.start.is_not(None)
    found = db.found(dialect, sections, "some").where(*within).subquery()
    rank = func.row_number().over(partition_by=found.c.entity_id, order_by=(found.c.score.desc(), found.c.id))
    ranked = select(found.c.id, rank.label("rank")).subquery()
    best = select(ranked.c.id).where(ranked.c.rank == 1)
    text = func.substr(SourceVersion.text, SectionEntry.start + 1, SectionEntry.end - SectionEntry.start + _BEYOND)
    return (
        select(SectionEntry.entity_id.label("source_id"), SectionEntry.start, text.label("text"))
        .join(Source, Source.id == SectionEntry.entity_id)
        .join(SourceVersion, (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version))
        .where(SectionEntry.id.in_(best))
    )


def _claims(statement: AnySelect, identity: ColumnElement[str], *, isouter: bool) -> AnySelect:
    joined = statement.join(Claim, Claim.id == identity, isouter=isouter)
    return joined.outerjoin(Speaker, Speaker.id == Claim.speaker_id).add_columns(
        Claim.text,
        Claim.claim_date,
        Claim.status,
        Claim.content_supports,
        Claim.content_contradicts,
        Speaker.name.label("speaker_name"),
    )


def _sources(statement: AnySelect, identity: ColumnElement[str], *, isouter: bool) -> AnySelect:
    joined = statement.join(Source, Source.id == identity, isouter=isouter)
    return joined.add_columns(Source.title, Source.publisher, Source.url)


def _passages(statement: AnySelect, identity: ColumnElement[str], *, isouter: bool) -> AnySelect:
    cited = aliased(Source)
    joined = statement.join(Passage, Passage.id == identity, isouter=isouter)
    return joined.join(cited, cited.id == Passage.source_id, isouter=isouter).add_columns(
        Passage.exact,
        Passage.start,
        Passage.end,
        cited.id.label("cited_id"),
        cited.title.label("cited_title"),
        cited.publisher.label("cited_publisher"),
        cited.url.label("cited_url"),
    )


_SHOWN = {Findable.CLAIM: _claims, Findable.SOURCE: _sources, Findable.PASSAGE: _passages}
