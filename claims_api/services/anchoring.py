"""Find the place of a quote in the text of its source, or say why there is none.

The steps, after the W3C Web Annotation model's TextQuoteSelector and TextPositionSelector:

1. Offsets, when given, decide: the text there must be the quote, exactly or but for its typography.
2. Else the quote is searched exactly, and only when it stands nowhere so, without regard to typography.
3. One place is the place, unless prefix and suffix stand around one of other typography alone. Several are decided by
   prefix, suffix and occurrence, or not at all.

What is found is always the source's own text at its true offsets: Unicode code points, half-open.
"""

from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from claims_api.errors import Invalid, QuoteAmbiguous, QuoteMismatch, QuoteNotFound
from claims_api.models.words import Match
from claims_api.services.texts import offsets
from claims_api.services.texts.contexts import Surroundings, context
from claims_api.services.texts.finding import (
    MOST_PLACES,
    Place,
    TooOften,
    exact_places,
    find,
    folded_places,
    is_blank,
)
from claims_api.services.texts.folding import fold
from claims_api.services.texts.nearest import nearest

PLACES_SHOWN = 50
FOUND_SHOWN = 1000
LONGEST_QUOTE = 20_000


@dataclass(frozen=True)
class Quote:
    """What the caller says of a place: its words, what stands around them, which occurrence, its offsets.

    Offsets that are only ``hints`` were counted in another copy of the text: where they show other words, or another
    context, the words decide.
    """

    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    occurrence: int | None = None
    start: int | None = None
    end: int | None = None
    hints: bool = False

    def without_offsets(self) -> "Quote":
        """Return the words alone."""
        return replace(self, start=None, end=None)

    def around(self, text: str) -> Surroundings:
        """Return what is said to stand around the words, to be compared with a text."""
        return Surroundings(text, self.prefix, self.suffix)


def anchor(text: str, quote: Quote) -> Place:
    """Return the one place in ``text`` that ``quote`` means.

    Raises ``QuoteMismatch`` where given offsets show other words, ``QuoteNotFound`` where the words stand nowhere
    (or not as often as ``occurrence`` says), ``QuoteAmbiguous`` where they stand in several places and nothing
    decides, and ``Invalid`` where neither words nor offsets are given, or only one offset is.
    """
    if quote.hints and quote.exact:
        quote = _without_wrong_hints(text, quote)
    if quote.start is not None or quote.end is not None:
        return _at_offsets(text, quote)
    if not quote.exact or is_blank(quote.exact):
        raise Invalid("Give the quote in `exact`, or its place in `start` and `end`.", path=("exact",))
    try:
        places = find(text, quote.exact)
        if not places:
            raise _not_found(text, quote.exact)
        return _decide(text, quote, places)
    except TooOften:
        raise _not_told_apart(text, quote.exact) from None


def refuse_too_long(start: int, end: int, *, field: str) -> None:
    """Raise ``Invalid`` for a span that is longer than a quote may be; ``field`` is what said so."""
    if end - start > LONGEST_QUOTE:
        raise Invalid(f"A passage may have at most {LONGEST_QUOTE} code points.", path=(field,))


def _without_wrong_hints(text: str, quote: Quote) -> Quote:
    try:
        place = _at_offsets(text, quote)
    except (Invalid, QuoteMismatch):
        return quote.without_offsets()
    return quote if quote.around(text).are_at(place) else quote.without_offsets()


def _at_offsets(text: str, quote: Quote) -> Place:
    start, end = _span(quote)
    if end > len(text):
        raise _mismatch(text, quote.exact, start, end)
    found = text[start:end]
    if is_blank(found):
        raise Invalid("At these offsets nothing stands that a reader sees.", path=("start",))
    if quote.exact is None or found == quote.exact:
        return Place(start, end, Match.EXACT)
    if fold(found).text.strip() == fold(quote.exact).text.strip():
        return Place(start, end, Match.FOLDED)
    raise _mismatch(text, quote.exact, start, end)


def _span(quote: Quote) -> tuple[int, int]:
    start, end = quote.start, quote.end
    if start is None or end is None:
        raise Invalid("Give both `start` and `end`, or neither.", path=("end" if end is None else "start",))
    if end <= start:
        raise Invalid("`end` must be greater than `start`: a passage holds at least one character.", path=("end",))
    if start < 0:
        raise Invalid("`start` must not be negative.", path=("start",))
    refuse_too_long(start, end, field="end")
    return start, end


def _decide(text: str, quote: Quote, places: list[Place]) -> Place:
    if quote.occurrence is not None and quote.occurrence > len(places):
        detail = f"There is no occurrence {quote.occurrence}: the quote stands here {_times(len(places))}."
        raise QuoteNotFound(
            detail, path=("occurrence",), nearest={**_shown(text, places[-1], len(places)), "score": 1.0}
        )
    around = quote.around(text)
    if len(places) == 1:
        return _elsewhere(text, quote, around, places[0]) or places[0]
    if quote.occurrence is not None:
        place = places[quote.occurrence - 1]
        meant = [place] if around.are_at(place) else []
    else:
        meant = _meant(text, quote, around, places[0].match)
    if len(meant) == 1:
        return meant[0]
    raise _ambiguous(text, places)


def _meant(text: str, quote: Quote, around: Surroundings, match: Match) -> list[Place]:
    """Return the one place whose context is the given one, or else those where it differs in typography at most.

    All places are looked at, however many; two are enough to tell that the context does not decide.
    """
    exact, every = str(quote.exact), exact_places if match is Match.EXACT else folded_places
    exactly = list(islice(filter(around.are_exactly_at, every(text, exact)), 2))
    # Folding a long text takes longer than all else.
    return exactly if len(exactly) == 1 else list(islice(filter(around.are_at_one_of_many, every(text, exact)), 2))


def _elsewhere(text: str, quote: Quote, around: Surroundings, place: Place) -> Place | None:
    """Return the one place whose typography differs but whose context fits, where that of the exact place does not."""
    is_told = around and quote.occurrence is None and place.match is Match.EXACT
    if not is_told or around.are_exactly_at(place) or around.are_at(place):
        return None
    meant = _meant(text, quote, around, Match.FOLDED)
    return meant[0] if len(meant) == 1 else None


def _not_found(text: str, exact: str) -> QuoteNotFound:
    closest = nearest(text, exact)
    detail = "The quote stands nowhere in the text of this source, not even with other typography."
    return QuoteNotFound(detail, path=("exact",), nearest=closest and asdict(closest))


def _mismatch(text: str, exact: str | None, start: int, end: int) -> QuoteMismatch:
    outside = end > len(text)
    detail = "The text at these offsets is not the quote. Offsets count Unicode code points, from 0, end excluded."
    if outside:
        detail = f"The offsets lie outside the text, which has {len(text)} code points."
    for unit, read in (("UTF-16 units", offsets.from_utf16), ("UTF-8 bytes", offsets.from_utf8)):
        if exact and read(text, start, end) == exact:
            detail = f"These offsets count {unit}; this service counts Unicode code points."
    places = _listed(text, exact) if exact else []
    shown = [_shown(text, place, ordinal) for ordinal, place in enumerate(places, start=1)]
    return QuoteMismatch(
        detail, path=("end" if outside else "start",), found=text[start:end][:FOUND_SHOWN], places=shown
    )


def _not_told_apart(text: str, exact: str) -> QuoteAmbiguous:
    shown = [_shown(text, *each) for each in zip(exact_places(text, exact), range(1, PLACES_SHOWN + 1), strict=False)]
    detail = "The quote stands in this source too often to tell its places apart: say which one by `start` and `end`."
    return QuoteAmbiguous(detail, path=("exact",), count=MOST_PLACES, places=shown)


def _listed(text: str, exact: str) -> list[Place]:
    try:
        return find(text, exact)[:PLACES_SHOWN]
    except TooOften:
        return []


def _ambiguous(text: str, places: list[Place]) -> QuoteAmbiguous:
    shown = [_shown(text, place, ordinal) for ordinal, place in enumerate(places[:PLACES_SHOWN], start=1)]
    detail = (
        f"The quote stands in this source {_times(len(places))}: "
        "say which place is meant by `prefix`, `suffix` or `occurrence`."
    )
    return QuoteAmbiguous(detail, path=("exact",), count=len(places), places=shown)


def _shown(text: str, place: Place, ordinal: int) -> dict[str, Any]:
    prefix, suffix = context(text, place.start, place.end)
    exact = text[place.start : place.end]
    return {
        "occurrence": ordinal,
        "start": place.start,
        "end": place.end,
        "exact": exact,
        "prefix": prefix,
        "suffix": suffix,
    }


def _times(count: int) -> str:
    least = "at least " if count == MOST_PLACES else ""
    return "once" if count == 1 else f"{least}{count} times"
