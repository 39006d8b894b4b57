"""Find the ClaimReviews in a document of fact-checks, whatever it wraps them in.

A ``ClaimReview`` by itself, a list of them, a ``@graph`` (whose other nodes are only looked up), a ``DataFeed`` as the
fact-check dumps of Data Commons are, and the answers of Google's Fact Check Tools API.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from claims_api.errors import Invalid
from claims_api.schemas.formats.given import Given, types_of

_REVIEW = "ClaimReview"
Node = dict[str, Any]
_Nodes = Mapping[str, Node]


@dataclass(frozen=True)
class Review:
    """One review of a claim: who concludes what, and where that is published."""

    iri: Given
    url: Given
    author: Given
    date: Given
    label: Given
    value: Given
    best: Given
    worst: Given
    explanation: Given
    verdict: Given
    derived: Given


@dataclass(frozen=True)
class Reviewed:
    """A claim as fact-checkers state it, with their reviews."""

    iri: Given
    text: Given
    author: Given
    date: Given
    language: Given
    first: Given
    later: list[Given]
    reviews: list[Review] = field(default_factory=list)


def found_in(document: Any) -> Iterator[Reviewed | Invalid]:
    """Yield the claims that a document reviews, and for an item that is no review the failure that says so."""
    yield from _found(Given(document, ()), {})


def _found(given: Given, nodes: _Nodes) -> Iterator[Reviewed | Invalid]:
    inner = _inside(given)
    if inner is not None:
        for each in inner.each():
            yield from _found(each, nodes)
    elif isinstance(given.value, dict) and "@graph" in given.value:
        yield from _in_graph(given.of("@graph"))
    else:
        yield _one(given, nodes)


def _inside(given: Given) -> Given | None:
    """Return what a container holds."""
    match given.value:
        case list():
            return given
        case {"dataFeedElement": _}:
            return given.of("dataFeedElement")
        case {"claims": list()}:
            return given.of("claims")
        case {"item": _} if "claimReviewed" not in given.value:
            return given.of("item")
    return None


def _one(given: Given, nodes: _Nodes) -> Reviewed | Invalid:
    if isinstance(given.value, dict) and "claimReview" in given.value:
        return _of_google(given)
    return _of_review(given, nodes) if _REVIEW in types_of(given.value) else _no_review(given)


def _in_graph(graph: Given) -> Iterator[Reviewed | Invalid]:
    nodes = {each.value["@id"]: each.value for each in graph.each() if _is_named(each.value)}
    reviews = [each for each in graph.each() if _REVIEW in types_of(each.value)]
    # A graph may also describe the page itself, as a WebPage.
    for each in reviews or graph.each():
        yield from _found(each, nodes)


def _is_named(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("@id"), str)


def _no_review(given: Given) -> Invalid:
    types = ", ".join(sorted(types_of(given.value))) or type(given.value).__name__
    return Invalid(
        f"This is no ClaimReview ({types[:100]}). Taken are a ClaimReview, a list or an `@graph` of them, a DataFeed, "
        "and what Google's Fact Check Tools API answers.",
        path=given.path,
    )


def _looked_up(given: Given, nodes: _Nodes) -> Given:
    """Return the node that a bare reference names, in place of the reference."""
    value = given.value
    if isinstance(value, dict) and value.keys() == {"@id"} and _is_named(value):
        return Given(nodes.get(value["@id"], value), given.path)
    return given


def _of_review(node: Given, nodes: _Nodes) -> Reviewed:
    item = _looked_up(node.of("itemReviewed").first(), nodes)
    rating = _looked_up(node.of("reviewRating").first(), nodes)
    return Reviewed(
        iri=item.of("@id"),
        text=node.of("claimReviewed").or_else(item.of("text"), item.of("name")),
        author=_authors(item.of("author"), nodes),
        date=item.of("datePublished").or_else(item.of("dateCreated")),
        language=item.of("inLanguage").or_else(node.of("inLanguage")).first(),
        first=_looked_up(item.of("firstAppearance").first(), nodes),
        later=[_looked_up(each, nodes) for each in item.of("appearance").each()],
        reviews=[_review(node, rating, nodes)],
    )


def _authors(given: Given, nodes: _Nodes) -> Given:
    if isinstance(given.value, list):
        return Given([_looked_up(each, nodes).value for each in given.each()], given.path)
    return _looked_up(given, nodes)


def _review(node: Given, rating: Given, nodes: _Nodes) -> Review:
    words = rating if isinstance(rating.value, str) else rating.of("alternateName").or_else(rating.of("name"))
    return Review(
        iri=node.of("@id"),
        url=node.of("url").first(),
        author=_authors(node.of("author").or_else(node.of("publisher")), nodes),
        date=node.of("datePublished").or_else(node.of("dateCreated")),
        label=words.first(),
        value=rating.of("ratingValue"),
        best=rating.of("bestRating"),
        worst=rating.of("worstRating"),
        explanation=rating.of("ratingExplanation"),
        verdict=rating.of("additionalType"),
        derived=node.of("additionalType"),
    )


def _of_google(claim: Given) -> Reviewed:
    reviews = claim.of("claimReview").each()
    languages = [each.of("languageCode") for each in reviews]
    nothing = Given(None, claim.path)
    return Reviewed(
        iri=nothing,
        text=claim.of("text"),
        author=claim.of("claimant"),
        date=claim.of("claimDate"),
        language=languages[0] if languages else nothing,
        first=nothing,
        later=[],
        reviews=[_google_review(each) for each in reviews],
    )


def _google_review(review: Given) -> Review:
    nothing = Given(None, review.path)
    publisher = review.of("publisher")
    return Review(
        iri=nothing,
        url=review.of("url"),
        author=publisher.of("name").or_else(publisher.of("site")),
        date=review.of("reviewDate"),
        label=review.of("textualRating"),
        value=nothing,
        best=nothing,
        worst=nothing,
        explanation=nothing,
        verdict=nothing,
        derived=nothing,
    )
