"""Read schema.org's ClaimReviews as records: claims, fact-checkers' assessments, and sources where claims appeared.

Nothing is mended and nothing is made up: a date that is not written year first is refused, who claims it stays as the
publisher writes it, and a rating that tells no verdict becomes no assessment, which is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from claims_api.errors import Failure, Invalid
from claims_api.models.words import Basis, Stance, Verdict
from claims_api.schemas.assessments import AssessmentIn
from claims_api.schemas.claims import ClaimIn
from claims_api.schemas.formats.claim_review_forms import Review, Reviewed, found_in
from claims_api.schemas.formats.claim_reviews import DERIVED, LABELS, VERDICT
from claims_api.schemas.formats.documents import Document, Lines, records_of
from claims_api.schemas.formats.given import Given
from claims_api.schemas.formats.keyed import composed
from claims_api.schemas.formats.linked import key_of, own_words
from claims_api.schemas.formats.linked_values import (
    day,
    digest,
    language,
    made,
    moment,
    names,
    number,
    several,
    source,
    speaker,
    text,
    url,
)
from claims_api.services.anchoring import Quote
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import (
    ExistingId,
    IfThere,
    Incoming,
    Kind,
    LeftOut,
    Record,
    Stated,
    Unreadable,
)
from claims_api.services.passages import NewPassage
from claims_api.services.ratings import Rating, verdict_of

LONGEST_LABEL = 200


def records(lines: Lines) -> Iterator[Record]:
    """Read claims, assessments and appearances from a file of fact-checks; ``Unreadable`` for what is wrong."""
    return records_of(lines, _of_document)


def _of_document(document: Document) -> Iterator[Record]:
    for each in found_in(document.value):
        if isinstance(each, Invalid):
            yield Unreadable(each, line=document.line)
        else:
            yield from _Reading(each, document.line).run()


class _Reading:
    """One claim with its reviews, and what its records share."""

    def __init__(self, reviewed: Reviewed, line: int | None) -> None:
        self.reviewed, self.line = reviewed, line
        self.quote = Quote(exact=text(reviewed.text))
        iri = text(reviewed.iri)
        self.key = self._digest() if iri is None else key_of(iri)

    def run(self) -> Iterator[Record]:
        """Yield the records, those that others refer to first."""
        works = [*self.reviewed.first.each(), *self.reviewed.later]
        yield from (self._guarded(each, self._source) for each in works)
        yield from (self._guarded(each, self._first) for each in self.reviewed.first.each())
        yield self._guarded(self.reviewed.text, self._claim)
        for place, each in enumerate(self.reviewed.later):
            yield self._guarded(each, partial(self._appearance, place=place))
        for review in self.reviewed.reviews:
            # What follows from the evidence is nobody's assessment.
            if DERIVED not in several(review.derived):
                yield from self._reviewed(review)

    def _digest(self) -> str:
        """Return the key of a claim by what it states: so those whom several review are one."""
        parts = self.reviewed.text.value, names(self.reviewed.author), self.reviewed.date.value
        return digest("claim", *parts)

    def _guarded(self, given: Given, make: Callable[[Given], Record]) -> Record:
        try:
            return make(given)
        except Failure as failure:
            kind = Kind.CLAIMS if given is self.reviewed.text else None
            return Unreadable(failure, line=self.line, key=self.key, kind=kind)

    def _incoming(self, key: str, new: Stated, given: Given, *, optional: bool = False) -> Incoming:
        of = self.key if isinstance(new, NewEvidence) else None
        place: dict[str, Any] = {"line": self.line, "path": given.path, "names": None}
        made = Incoming(key, new, of=of, optional=optional, shared=True, **place)
        # A claim of ours that comes back from an export has its appearances here already, in its sources' words.
        is_back = isinstance(self.key, ExistingId) and not isinstance(new, NewClaim)
        return replace(made, with_claim=self.key) if is_back else made

    def _left_out(self, detail: str, given: Given) -> LeftOut:
        return LeftOut(detail, line=self.line, key=self.key, path=given.path)

    def _claim(self, given: Given) -> Record:
        reviewed = self.reviewed
        if given.value in (None, ""):
            raise Invalid("The claim is empty: it is not said what is claimed.", path=given.path)
        stated = {
            "text": (given.value, given),
            "claim_date": (day(reviewed.date), reviewed.date),
            "language": (language(reviewed.language), reviewed.language),
        }
        new: NewClaim = made(ClaimIn, stated)
        first = IfThere(self._key_of_first()) if reviewed.first.each() else None
        new = replace(new, speaker=speaker(reviewed.author), first_appearance_id=first)
        return self._incoming(self.key, new, given)

    def _source(self, given: Given) -> Record:
        found = source(given)
        if found is None:
            return self._left_out("An appearance says neither where it is nor how it is called.", given)
        return self._incoming(*found, given)

    def _first(self, given: Given) -> Record:
        found = source(given)
        if found is None or self.quote.exact is None:
            return self._left_out("Where it appeared first is not known without a source.", given)
        # Optional: the source's text may have the claim in other words than the fact-checker's.
        new = NewPassage(found[0], self.quote)
        return self._incoming(self._key_of_first(), new, given, optional=True)

    def _key_of_first(self) -> str:
        return composed(self.key, "first")

    def _appearance(self, given: Given, place: int) -> Record:
        found = source(given)
        if found is None or self.quote.exact is None:
            return self._left_out("An appearance is not kept without its source.", given)
        # Only the fact-checker says that it was said there, and no quote was checked: so a mere mention.
        new = NewEvidence(Stance.MENTIONS, Basis.ATTRIBUTION, source_id=found[0], quote=self.quote)
        return replace(self._incoming(composed(self.key, "in", found[0]), new, given, optional=True), place=place)

    def _reviewed(self, review: Review) -> Iterator[Record]:
        rating = _rating(review)
        verdict = _verdict(review, rating)
        reviewer = ", ".join(names(review.author)) or _host(review)
        if verdict is None:
            shown = rating.value if rating.label is None else rating.label
            told = (
                "It has no rating" if shown is None else f"The rating {str(shown)[:LONGEST_LABEL]!r} tells no verdict"
            )
            detail = f"{told}: the claim is kept without this review, since a verdict is never made up."
            yield self._left_out(detail, review.label)
        elif not reviewer:
            yield self._left_out("It is not said who concludes this, so that the review is not kept.", review.author)
        else:
            yield from self._assessed(review, rating, verdict, reviewer)

    def _assessed(self, review: Review, rating: Rating, verdict: Verdict, reviewer: str) -> Iterator[Record]:
        for told in (review.value, review.best, review.worst):
            if told.value is not None and number(told) is None:
                yield self._left_out("This is no number.", told)
        if not rating.can_be_kept():
            yield self._left_out("The number of the rating stands outside of its own scale.", review.value)
            rating = Rating(rating.label)
        yield self._guarded(review.label, lambda _: self._assessment(review, rating, verdict, reviewer))

    def _assessment(self, review: Review, rating: Rating, verdict: Verdict, reviewer: str) -> Incoming:
        label, explanation = _words(review, rating, verdict)
        stated = {
            "verdict": (verdict, review.label),
            "rating_label": (label, review.label),
            "rating_value": (rating.value, review.value),
            "best_rating": (rating.best, review.best),
            "worst_rating": (rating.worst, review.worst),
            "explanation": (explanation, review.explanation),
            "review_url": (text(review.url), review.url),
            "reviewer": (reviewer, review.author),
            "assessed_at": (moment(review.date), review.date),
        }
        new = made(AssessmentIn, stated)
        own = text(review.iri)
        key = key_of(own) if own else digest("review", self.key, reviewer, review.url.value, review.date.value)
        return Incoming(
            key, new, of=self.key, line=self.line, path=review.label.path[:-1], shared=own is None, names=None
        )


def _rating(review: Review) -> Rating:
    label = text(review.label)
    return Rating(label, number(review.value), best=number(review.best), worst=number(review.worst))


def _verdict(review: Review, rating: Rating) -> Verdict | None:
    own = [each for each in Verdict if each in {own_words(iri, VERDICT) for iri in several(review.verdict)}]
    return own[0] if len(own) == 1 else verdict_of(rating)


def _words(review: Review, rating: Rating, verdict: Verdict) -> tuple[str | None, str | None]:
    """Return label and explanation; a label that is a whole sentence explains."""
    label, explanation = rating.label, text(review.explanation)
    if label is not None and len(label) > LONGEST_LABEL:
        return None, label if explanation is None else f"{label}\n\n{explanation}"
    # Which stands there where the reviewer has no words of their own.
    is_ours = label == LABELS[verdict] and any(own_words(each, VERDICT) for each in several(review.verdict))
    return None if is_ours else label, explanation


def _host(review: Review) -> str:
    try:
        return urlsplit(url(review.url) or "").hostname or ""
    except ValueError:  # brackets that hold no address
        return ""
