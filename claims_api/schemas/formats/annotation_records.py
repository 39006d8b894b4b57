"""Read Web Annotations as records: passages, and evidence where an annotation says a stance and a claim.

A stance is a tag (a body ``classifying`` or ``tagging``, or a tag of hypothes.is): ``supports``, ``contradicts`` or
``mentions``. A claim is a body ``linking`` to one, or a tag ``claim:`` with its text or its id. See ``annotations``.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from claims_api.errors import Failure, Invalid
from claims_api.ids import CANONICAL
from claims_api.models.words import Basis, Stance
from claims_api.schemas.claims import ClaimIn
from claims_api.schemas.evidence import EvidenceIn
from claims_api.schemas.formats.annotation_forms import ELSEWHERE, Annotated, Target, found_in
from claims_api.schemas.formats.annotation_places import quote_of
from claims_api.schemas.formats.annotations import CREDIBILITY, GROUP
from claims_api.schemas.formats.documents import Document, Lines, records_of
from claims_api.schemas.formats.given import Given
from claims_api.schemas.formats.keyed import LONGEST_TITLE, composed, shortened
from claims_api.schemas.formats.linked import key_of, own_id
from claims_api.schemas.formats.linked_values import day, digest, language, made, names, speaker, text, url
from claims_api.schemas.sources import SourceIn
from claims_api.services.anchoring import Quote
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import ExistingId, Incoming, LeftOut, Record, Stated, Unreadable
from claims_api.services.passages import NewPassage
from claims_api.services.sources import NewSource

CLAIM = "claim:"
Word = TypeVar("Word", bound=StrEnum)


def records(lines: Lines) -> Iterator[Record]:
    """Read passages, and evidence with its claims, from a file of annotations; ``Unreadable`` for what is wrong."""
    return records_of(lines, _of_document)


def _of_document(document: Document) -> Iterator[Record]:
    for each in found_in(document.value):
        if isinstance(each, Invalid):
            yield Unreadable(each, line=document.line)
        elif isinstance(each, Given):
            yield LeftOut(ELSEWHERE, line=document.line, key=shortened(str(each.value)), path=each.path)
        else:
            yield from _Reading(each, document.line).run()


class _Reading:
    """One annotation, and what its records share."""

    def __init__(self, annotated: Annotated, line: int | None) -> None:
        self.annotated, self.line = annotated, line
        self.key = _key_of(annotated)
        # The annotation's id in the file, or else its key.
        self.name = shortened(text(annotated.id) or self.key)

    def run(self) -> Iterator[Record]:
        """Yield the records, those that others refer to first; of what is wrong with it only that."""
        try:
            yield from list(self._records())
        except Failure as failure:
            yield Unreadable(failure, line=self.line, key=self.name)

    def _records(self) -> Iterator[Record]:
        places = [(target, quote) for target in self.annotated.targets if (quote := quote_of(target.selectors))]
        if self.annotated.is_reply:
            yield self._left_out("It answers another annotation, and is of no place of its own.")
        elif not places:
            yield self._left_out("It selects no words and no place in a text: only passages are kept of annotations.")
        else:
            yield from self._placed(places)

    def _placed(self, places: list[tuple[Target, Quote]]) -> Iterator[Record]:
        claim = self._claim()
        stance = self._word(Stance)
        # Evidence needs both.
        is_evidence = claim is not None and stance is not None
        if isinstance(claim, Incoming) and is_evidence:
            yield claim
        for at, (target, quote) in enumerate(places):
            source = self._source(target)
            yield source
            key = self.key if at == 0 else composed(self.name, str(at))
            if is_evidence and claim is not None and stance is not None:
                of = claim.key if isinstance(claim, Incoming) else claim
                yield self._incoming(key, self._evidence(source.key, quote, stance), target.source, of=of)
            else:
                yield self._incoming(key, NewPassage(source.key, quote), target.source)

    def _incoming(self, key: str, new: Stated, given: Given, *, of: str | None = None) -> Incoming:
        # Many annotations may refer to one source or claim.
        shared = isinstance(new, NewSource | NewClaim)
        return Incoming(key, new, of=of, line=self.line, path=given.path[:-1], shared=shared, names=None)

    def _left_out(self, detail: str) -> LeftOut:
        return LeftOut(detail, line=self.line, key=self.name, path=self.annotated.id.path[:-1])

    def _source(self, target: Target) -> Incoming:
        address = text(target.source)
        if address is None:
            raise Invalid("It is not said what is annotated.", path=target.source.path)
        title = text(target.title) or address
        new: NewSource = made(
            SourceIn, {"title": (title[:LONGEST_TITLE], target.title), "url": (url(target.source), target.source)}
        )
        return self._incoming(key_of(address), new, target.source)

    def _evidence(self, source: str, quote: Quote, stance: Stance) -> NewEvidence:
        tags, notes = Given(None, self.annotated.id.path), self.annotated.notes
        note = "\n\n".join(each.value for each in notes if text(each)) or None
        stated = {
            "stance": (stance.value, tags),
            "basis": ((self._word(Basis) or Basis.CONTENT).value, tags),
            "group": (self._after(GROUP), tags),
            "credibility": (_whole(self._after(CREDIBILITY)), tags),
            "note": (note, notes[0] if notes else tags),
        }
        new: NewEvidence = made(EvidenceIn, stated)
        by = next((each for each in self.annotated.speakers if names(_named(each))), None)
        return replace(new, source_id=source, quote=quote, stated_by=by and speaker(_named(by)))

    def _word(self, words: type[Word]) -> Word | None:
        """Return the one word of a list that stands among the tags."""
        found = {each.value for each in self.annotated.tags if isinstance(each.value, str)} & set(words)
        if len(found) > 1:
            detail = f"It says several of {', '.join(words)}: one of them can be so."
            raise Invalid(detail, path=self.annotated.tags[0].path)
        return next((each for each in words if each in found), None)

    def _after(self, prefix: str) -> str | None:
        tags = (each.value for each in self.annotated.tags if isinstance(each.value, str))
        return next((each[len(prefix) :] for each in tags if each.startswith(prefix)), None)

    def _claim(self) -> Incoming | str | None:
        """Return the claim that it speaks of, or the key of one that is there already."""
        return _first(self._linked(each) for each in self.annotated.claims) or self._tagged()

    def _linked(self, given: Given) -> Incoming | str | None:
        iri = text(given.of("id").first() if isinstance(given.value, dict) else given)
        words = given.of("schema:text").first()
        if text(words) is None:
            identity = own_id(iri or "")
            return None if identity is None else ExistingId(identity)
        stated = {
            "text": (words.value, words),
            "claim_date": (day(given.of("schema:datePublished")), given.of("schema:datePublished")),
            "language": (language(given.of("language").first()), given.of("language")),
        }
        new: NewClaim = made(ClaimIn, stated)
        said_by = speaker(_named(given.of("schema:author").first()))
        key = digest("claim", words.value, said_by, new.claim_date) if iri is None else key_of(iri)
        return self._incoming(key, replace(new, speaker=said_by), words)

    def _tagged(self) -> Incoming | str | None:
        said = (self._after(CLAIM) or "").strip()
        if CANONICAL.fullmatch(said):
            return ExistingId(said)
        if not said:
            return None
        given = Given(said, self.annotated.tags[0].path)
        return self._incoming(digest("claim", said), made(ClaimIn, {"text": (said, given)}), given)


def _key_of(annotated: Annotated) -> str:
    """Return the key of an annotation; of one that has no name what it says of which place."""
    name = annotated.id.value
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    if isinstance(name, str) and name.strip():
        return key_of(name)
    places = [[target.source.value, [each.value for each in target.selectors]] for target in annotated.targets]
    said = [[each.value for each in given] for given in (annotated.tags, annotated.notes)]
    return digest("annotation", json.dumps([places, said], sort_keys=True))


def _named(given: Given) -> Given:
    """Return a node with its members under the names that schema.org gives them, without a prefix."""
    if not isinstance(given.value, dict):
        return given
    return Given({name.removeprefix("schema:"): value for name, value in given.value.items()}, given.path)


def _whole(digits: str | None) -> int | str | None:
    # Anything else is passed on, to be refused by the schema.
    return int(digits) if digits and re.fullmatch("[0-9]{1,9}", digits) else digits


def _first(found: Iterable[Incoming | str | None]) -> Incoming | str | None:
    return next((each for each in found if each is not None), None)
