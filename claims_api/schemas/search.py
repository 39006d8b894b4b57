"""Searches in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load, validate

from claims_api.models.words import VERDICTS, ClaimStatus, Facet, Findable, Verdict
from claims_api.queries.rows import AnyRow
from claims_api.queries.search import ORDERS
from claims_api.schemas.base import Output, Query, cursor, page_of, sort
from claims_api.schemas.excerpts import ExcerptOut, excerpt
from claims_api.schemas.fields import Anything, Count, Identity, Text, Word, Year
from claims_api.schemas.refs import label
from claims_api.schemas.shaping import added
from claims_api.services.deriving import SIDES
from claims_api.terms import Phrase, Sought

LONGEST_QUESTION = 500


class FoundClaimOut(Output):
    """A claim, as a search shows one."""

    id = Identity(required=True)
    label = fields.String(required=True)
    claim_date = fields.String(required=True, allow_none=True)
    status = Word(ClaimStatus, required=True)
    verdict = Word(Verdict, required=True, description="Verdict of the derived assessment.")


class FoundSourceOut(Output):
    """A source, as a search shows one."""

    id = Identity(required=True)
    title = fields.String(required=True)
    publisher = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)


class FoundPassageOut(Output):
    """A passage, as a search shows one."""

    id = Identity(required=True)
    exact = fields.String(required=True)
    start = fields.Integer(required=True, allow_none=True)
    end = fields.Integer(required=True, allow_none=True)


class HitOut(Output):
    """Something that was found, and where it answers the question."""

    kind = Word(Findable, required=True)
    id = Identity(required=True)
    score = fields.Float(
        required=True,
        metadata={"description": "How well it answers, among the answers to one question on one database."},
    )
    claim = fields.Nested(FoundClaimOut, required=True, allow_none=True)
    source = fields.Nested(
        FoundSourceOut,
        required=True,
        allow_none=True,
        metadata={"description": "The source that was found, or that holds the passage."},
    )
    passage = fields.Nested(FoundPassageOut, required=True, allow_none=True)
    matches = fields.List(fields.Nested(ExcerptOut), required=True)


class FacetValueOut(Output):
    """How many of what was found share a value."""

    value = fields.String(required=True)
    id = fields.String(required=True, allow_none=True, metadata={"description": "Of a speaker or a topic: its id."})
    count = fields.Integer(required=True)


class FacetsOut(Output):
    """What was found, counted; the 20 most frequent values of each, the most frequent first."""

    speaker = fields.List(fields.Nested(FacetValueOut), required=True)
    topic = fields.List(fields.Nested(FacetValueOut), required=True)
    verdict = fields.List(fields.Nested(FacetValueOut), required=True)
    publisher = fields.List(fields.Nested(FacetValueOut), required=True)
    year = fields.List(fields.Nested(FacetValueOut), required=True)


class HitPage(page_of(HitOut)):  # type: ignore[misc]  # made by a function
    """A page of what was found."""

    facets = added(fields.Nested(FacetsOut, metadata={"description": "Only with `include=facets`."}))


class SearchQuery(Query):
    """What to search for, and among what."""

    q = Anything(
        most=LONGEST_QUESTION,
        required=True,
        description='Words, all of which must be there; `"a phrase"`, `begin*`, `-excluded`; in any case.',
        examples=['kremlin "no date" -budapest'],
    )
    kind = Word(Findable, description="Only of this kind; without it, of every kind that the other filters allow.")
    speaker_id = Identity(description="Only claims of this speaker.")
    speaker = Text(most=500, description="Only claims of the speaker who goes by this name or alias.")
    topic = Text(most=200, description="Only claims under this topic.")
    verdict = Word(Verdict, description="Only claims with this verdict of the derived assessment.")
    publisher = Text(most=500, description="Only sources of this publisher, and passages of them.")
    year = Year(description="Only claims made, and sources published, in this year.")
    include = fields.String(
        validate=validate.OneOf(["facets"]),
        metadata={"description": "`facets` counts all that was found by speaker, topic, verdict, publisher and year."},
    )
    sort = sort(dict.fromkeys(ORDERS))
    limit = Count(least=1, most=100, load_default=20, description="How many to give at most.")
    cursor = cursor()

    @post_load
    def _with_sides(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "verdict" in data:
            data["is_supported"], data["is_contradicted"] = SIDES[data.pop("verdict")]
        return data


def hits(found: Sequence[AnyRow], stretches: Mapping[str, AnyRow], phrases: Sequence[Phrase]) -> list[dict[str, Any]]:
    """Return hits as the answer shows them; ``stretches`` of sources' texts come by the source's id."""
    sought = Sought(phrases)
    return [_hit(row, stretches.get(row.id), sought) for row in found]


def facets(rows: Sequence[AnyRow]) -> dict[str, list[dict[str, Any]]]:
    """Return the counts as the answer shows them."""
    counted: dict[str, list[dict[str, Any]]] = {facet.value: [] for facet in Facet}
    for row in rows:
        value = VERDICTS[row.value[0] == "1", row.value[1] == "1"] if row.facet == Facet.VERDICT else row.value
        counted[row.facet].append({"value": value, "id": row.id, "count": row.number})
    return {
        facet: sorted(values, key=lambda each: (-each["count"], each["value"], each["id"] or ""))
        for facet, values in counted.items()
    }


def _hit(row: AnyRow, stretch: AnyRow | None, sought: Sought) -> dict[str, Any]:
    parts, texts = _PARTS[row.kind]
    matches = [excerpt(field, text, sought, begins=begins) for field, text, begins in texts(row, stretch) if text]
    return {
        "kind": row.kind,
        "id": row.id,
        "score": round(row.score, 6),
        "claim": None,
        "source": None,
        "passage": None,
        **parts(row),
        "matches": [match for match in matches if match is not None],
    }


def _claim(row: AnyRow) -> dict[str, Any]:
    verdict = VERDICTS[row.content_supports > 0, row.content_contradicts > 0]
    shown = {"id": row.id, "label": label(row.speaker_name, row.text), "claim_date": row.claim_date}
    return {"claim": {**shown, "status": row.status, "verdict": verdict}}


def _source(row: AnyRow) -> dict[str, Any]:
    return {"source": {"id": row.id, "title": row.title, "publisher": row.publisher, "url": row.url}}


def _passage(row: AnyRow) -> dict[str, Any]:
    source = {"id": row.cited_id, "title": row.cited_title, "publisher": row.cited_publisher, "url": row.cited_url}
    return {"passage": {"id": row.id, "exact": row.exact, "start": row.start, "end": row.end}, "source": source}


Texts = list[tuple[str, str | None, int]]


def _in_claim(row: AnyRow, _stretch: AnyRow | None) -> Texts:
    return [("speaker", row.speaker_name, 0), ("text", row.text, 0)]


def _in_source(row: AnyRow, stretch: AnyRow | None) -> Texts:
    head: Texts = [("title", row.title, 0), ("publisher", row.publisher, 0)]
    return head if stretch is None else [*head, ("text", stretch.text, stretch.start)]


def _in_passage(row: AnyRow, _stretch: AnyRow | None) -> Texts:
    return [("exact", row.exact, 0)]


_PARTS = {
    Findable.CLAIM: (_claim, _in_claim),
    Findable.SOURCE: (_source, _in_source),
    Findable.PASSAGE: (_passage, _in_passage),
}
