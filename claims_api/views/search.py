"""/v1/search, and what claims are like and may rest on."""

from typing import Any

from flask import Response

from claims_api.models.words import Findable, Scope
from claims_api.queries import claims as claim_queries
from claims_api.queries import facets, hits, search, speakers
from claims_api.schemas import examples
from claims_api.schemas import search as schemas
from claims_api.schemas.search import HitPage, SearchQuery
from claims_api.schemas.similar import (
    CandidatePage,
    LikeQuery,
    SimilarIn,
    SimilarPage,
    as_candidates,
    as_similar,
)
from claims_api.services import candidates, similar
from claims_api.terms import asked
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint
from claims_api.web.pagination import listed, window
from claims_api.web.session import asking, reading

blueprint = Blueprint("search", prefix="/v1", description="What is there already, and where evidence may be.")


@blueprint.operation("GET", "/search", scope=Scope.READ, query=SearchQuery, answers=(200, HitPage))
def search_all(query: dict[str, Any]) -> Response:
    """Search claims, sources and passages

    By words, phrases, beginnings and exclusions, in any language; any text is a question. Each hit shows where it
    answers, as offsets and as marked text. `sort=-created_at` lists without loss while others write; by relevance, what
    is written meanwhile may move what stands before it.
    """
    question, kind, counts = asked(query.pop("q")), query.pop("kind", None), query.pop("include", None)
    # Of claims and passages one statement tells all.
    is_told_at_once = kind in {Findable.CLAIM, Findable.PASSAGE} and not counts
    with asking() if is_told_at_once else reading() as connection:
        page = search.page(connection, question, kind=kind, window=window(connection, query), **query)
        sources = [row.id for row in page.rows if row.kind == Findable.SOURCE]
        items = schemas.hits(page.rows, hits.stretches(connection, question, sources), question.all_of)
        if not counts:
            return listed(connection, items, page)
        counted = facets.counted(connection, question, kind=kind, filters=query)
        return listed(connection, items, page, facets=schemas.facets(counted))


@blueprint.operation(
    "POST",
    "/claims/similar",
    scope=Scope.READ,
    body=SimilarIn,
    answers=(200, SimilarPage),
    examples=examples.SIMILAR_IN,
)
def find_similar_claims(body: dict[str, Any]) -> Response:
    """Ask whether something like this is tracked already

    The claims that say nearly the same, most alike first, whatever their case, accents, punctuation and order of words.
    Nothing is kept of the text.
    """
    with reading() as connection:
        speaker_id = speakers.known_id(connection, body.get("speaker"), body.get("speaker_id"))
        found = similar.find(connection, body["text"], speaker_id=speaker_id, limit=body["limit"])
        return as_json(as_similar(found))


@blueprint.operation(
    "GET", "/claims/<id:claim_id>/similar", scope=Scope.READ, query=LikeQuery, answers=(200, SimilarPage)
)
def list_similar_claims(claim_id: str, query: dict[str, Any]) -> Response:
    """List claims like this one

    Those that say nearly the same, most alike first; those of other speakers a little lower.
    """
    with reading() as connection:
        claim = claim_queries.require(connection, claim_id)
        of_it = {"speaker_id": claim.speaker_id, "but": claim_id}
        return as_json(as_similar(similar.find(connection, claim.text, **of_it, **query)))


@blueprint.operation(
    "GET", "/claims/<id:claim_id>/candidates", scope=Scope.READ, query=LikeQuery, answers=(200, CandidatePage)
)
def list_candidates(claim_id: str, query: dict[str, Any]) -> Response:
    """List where evidence may be

    Sentences of stored sources that share telling words with the claim and are not linked to it yet, the likeliest
    first. What `evidence` holds can be posted to the claim's evidence with a `stance`; none is guessed.
    """
    with reading() as connection:
        claim = claim_queries.require(connection, claim_id)
        return as_json(as_candidates(candidates.find(connection, claim_id, claim.text, **query)))
