"""Translate the selectors of an annotation into a place in a text, as far as they select text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from claims_api.schemas.formats.annotation_checks import values
from claims_api.schemas.formats.given import Given, types_of
from claims_api.schemas.formats.linked_values import made
from claims_api.schemas.refs import LARGEST_TEXT, QuotedIn
from claims_api.services.anchoring import Quote

_MOST_AROUND = 2_000
# Beyond the end of any text, and still an integer that databases and Python's slices take.
_FAR = 2**53


def quote_of(selectors: Iterable[Given]) -> Quote | None:
    """Return the place that selectors mean, None where none of them selects text.

    Several select the same: words and offsets are taken together. The offsets (in code points) are hints, since they
    were counted in somebody else's copy of the text. Raises ``Invalid`` for values that no quote can have.
    """
    found = [quote for each in selectors for quote in _quotes(each)]
    worded = next((each for each in found if each.exact), None)
    placed = next((each for each in found if each.start is not None), None)
    if worded is None or placed is None:
        return worded or placed
    return replace(worded, start=placed.start, end=placed.end, hints=True)


def _quotes(selector: Given) -> Iterator[Quote]:
    own = _own(selector)
    refinements = values(selector.of("refinedBy"))
    if not refinements:
        if own is not None:
            yield own
        return
    for each in refinements:
        for inner in _quotes(each):
            narrowed = _within(own, inner)
            if narrowed is not None:
                yield narrowed


def _own(selector: Given) -> Quote | None:
    types = types_of(selector.value)
    if "TextQuoteSelector" in types:
        before, after = selector.of("prefix"), selector.of("suffix")
        stated = {
            "exact": (selector.of("exact").first().value, selector.of("exact")),
            "prefix": (_cut(before.first().value, slice(-_MOST_AROUND, None)), before),
            "suffix": (_cut(after.first().value, slice(_MOST_AROUND)), after),
        }
        return QuotedIn.quote_of(made(QuotedIn, stated))
    return _placed(selector) if "TextPositionSelector" in types else None


def _placed(selector: Given) -> Quote:
    ends = {name: selector.of(name).first() for name in ("start", "end")}
    start, end = (each.value for each in ends.values())
    if type(start) is type(end) is int and min(start, end) >= 0 and max(start, end) > LARGEST_TEXT:
        # No text here is so long, but another service's may be: treated like other wrong offsets.
        return Quote(start=min(start, _FAR), end=min(end, _FAR), hints=True)
    offsets = QuotedIn.quote_of(made(QuotedIn, {name: (each.value, each) for name, each in ends.items()}))
    return replace(offsets, hints=True)


def _cut(text: Any, near: slice) -> Any:
    # Other types are passed on, to be refused by the schema.
    return text[near] if isinstance(text, str) else text or ""


def _within(outer: Quote | None, inner: Quote) -> Quote | None:
    """Return what a refinement leaves of a selection; of one that is not of text, only words can be looked for."""
    if outer is None:
        return replace(inner, start=None, end=None) if inner.exact else None
    if outer.exact:
        return _part(outer, outer.exact, inner)
    if inner.start is not None and inner.end is not None and outer.start is not None:
        return replace(inner, start=outer.start + inner.start, end=outer.start + inner.end)
    return inner


def _part(outer: Quote, words: str, inner: Quote) -> Quote | None:
    start = inner.start if inner.start is not None else words.find(inner.exact or "")
    end = inner.end if inner.end is not None else start + len(inner.exact or "")
    if start < 0 or not words[start:end]:
        return None
    prefix, suffix = (outer.prefix or "") + words[:start], words[end:] + (outer.suffix or "")
    return Quote(words[start:end], prefix[-_MOST_AROUND:], suffix[:_MOST_AROUND])
