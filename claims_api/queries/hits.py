"""Reading what a search shows of each thing that it found."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, func, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.search import SectionEntry, table_of
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.words import Findable
from claims_api.queries.rows import AnyRow, AnySelect
from claims_api.terms import Asked

# A phrase may go on in the next section.
_BEYOND = 300


def read(connection: Connection, found: Iterable[AnyRow]) -> Mapping[str, AnyRow]:
    """Read what is shown of each thing that was found, by id; one statement for each kind."""
    ids: dict[str, list[str]] = {}
    for row in found:
        ids.setdefault(row.kind, []).append(row.id)
    rows = [row for kind, some in ids.items() for row in db.fetched(connection, _SHOWN[Findable(kind)], {"ids": some})]
    return {row.id: row for row in rows}


def stretches(connection: Connection, asked: Asked, source_ids: Sequence[str]) -> Mapping[str, AnyRow]:
    """Read that stretch of each source's text which answers a question best: where it begins, and its text."""
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


def _these(kind: Any) -> Any:
    return db.among(kind.id, parameter="ids")


_SHOWN: dict[Findable, AnySelect] = {
    Findable.CLAIM: select(
        Claim.id,
        Claim.text,
        Claim.claim_date,
        Claim.status,
        Claim.content_supports,
        Claim.content_contradicts,
        Speaker.name.label("speaker_name"),
    )
    .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
    .where(_these(Claim)),
    Findable.SOURCE: select(Source.id, Source.title, Source.publisher, Source.url).where(_these(Source)),
    Findable.PASSAGE: select(
        Passage.id,
        Passage.exact,
        Passage.start,
        Passage.end,
        Source.id.label("source_id"),
        Source.title,
        Source.publisher,
        Source.url,
    )
    .join(Source, Source.id == Passage.source_id)
    .where(_these(Passage)),
}
