"""What the formats share whose records have keys of their own: loading them by the schemas of the API.

Datasets write nothing in many ways: null and "" count as absent, and numbers will do as keys.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from claims_api.errors import Failure, Invalid, Malformed, Path
from claims_api.models.words import SpeakerKind
from claims_api.schemas.assessments import AssessmentIn
from claims_api.schemas.claims import ClaimIn
from claims_api.schemas.evidence import EvidenceIn
from claims_api.schemas.formats.incoming import taken
from claims_api.schemas.formats.labels import verdict_of
from claims_api.schemas.sources import SourceIn
from claims_api.schemas.speakers import SpeakerIn
from claims_api.schemas.strict import MOST_VALUES, glimpse, parse_line, shown
from claims_api.services import ratings
from claims_api.services.anchoring import Quote
from claims_api.services.imports.incoming import Incoming, Kind, LeftOut, Unreadable
from claims_api.services.ratings import Rating
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker

# The reviewer of a dataset's labels, where it names none.
ANNOTATORS = "annotators"
LONGEST_KEY = 1_000
LONGEST_SHOWN = 100
LONGEST_TITLE = 500
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}")
_MOST_SEEN = 10_000
Stated = Mapping[str, Any]
T = TypeVar("T")


class Once:
    """Passes on speakers and sources of which many lines speak; each of them once, as far as it is remembered."""

    def __init__(self) -> None:
        self._seen: set[tuple[type, str]] = set()

    def of(self, records: Iterable[T]) -> Iterator[T]:
        """Yield these records but for those speakers and sources that came before."""
        for record in records:
            if not isinstance(record, Incoming) or self._is_first(record):
                yield record

    def _is_first(self, record: Incoming) -> bool:
        if not record.shared or not isinstance(record.new, NewSource | NewSpeaker):
            return True
        this = type(record.new), record.key
        if this in self._seen:
            return False
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add(this)
        return True


def parsed(line: bytes, *, most: int = MOST_VALUES) -> dict[str, Any]:
    """Return the object that a line of JSON holds; ``Malformed`` or ``Invalid`` as ``strict.parse_line``."""
    document = parse_line(line, most=most)
    if not isinstance(document, dict):
        raise Malformed("The line is no JSON object.")
    return document


def unreadable(
    failure: Failure, place: int, line: bytes, members: Iterable[str], kind_of: Callable[[dict[str, Any]], Kind | None]
) -> Unreadable:
    """Return the ``Unreadable`` of a line, with the key that stands in one of ``members``, as far as it can be read."""
    known = glimpse(line)
    keys = (shown(known.get(each), most=LONGEST_KEY) for each in members)
    return Unreadable(failure, line=place, key=next(filter(None, keys), None), kind=kind_of(known))


def key_of(value: object, *, path: Path) -> str:
    """Return a key as text; ``Invalid`` unless it is a number, or some text of up to 1,000 characters."""
    key = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not key.strip() or len(key) > LONGEST_KEY:
        raise Invalid(f"A key is needed here: some text of up to {LONGEST_KEY} characters, or a number.", path=path)
    return key


def text_of(value: object, *, path: Path) -> str:
    """Return a text by which something is called; ``Invalid`` where it is none."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid("Some text is needed here.", path=path)
    return value


def said(stated: Stated) -> dict[str, Any]:
    """Return the members that say something: neither null nor ""."""
    return {name: value for name, value in stated.items() if value is not None and value != ""}


def day(moment: object) -> object:
    """Return the date of a moment that is written year first; anything else as it is."""
    found = _MOMENT.match(moment) if isinstance(moment, str) else None
    return found[1] if found else moment


def named(speaker: object) -> object:
    """Return a speaker who is given by name alone in the form that the API takes; anything else as it is."""
    return {"name": speaker} if isinstance(speaker, str) and speaker else speaker or None


def source(key: str, stated: Stated, **place: Any) -> Incoming:
    """Return a source; without a title it is called by its URL, or its key. ``Invalid`` for an empty text."""
    given = said(stated)
    text = stated.get("text")
    if isinstance(text, str) and not text.strip():
        raise Invalid("The text of this source is empty.", path=("text",))
    called = str(given.get("url") or key)[:LONGEST_TITLE]
    return Incoming(key, taken(SourceIn, {"title": called, **given}), **place)


def speaker(key: str, name: str, kind: str | None, **place: Any) -> Incoming:
    """Return a speaker; a person, unless ``kind`` says otherwise. Raises ``Invalid`` for what the API refuses."""
    return Incoming(key, taken(SpeakerIn, {"name": name, "kind": kind or SpeakerKind.PERSON}), shared=True, **place)


def claim(key: str, stated: Stated, *, speaker_id: str | None = None, **place: Any) -> Incoming:
    """Return a claim, ``Invalid`` without a text; ``speaker_id`` is the key of its speaker, where that is not named."""
    if not str(stated.get("text") or "").strip():
        raise Invalid("This claim has no text.", path=("text",))
    new = taken(ClaimIn, said(stated))
    return Incoming(key, replace(new, speaker_id=speaker_id) if speaker_id else new, **place)


def evidence(
    claim_key: str,
    source_key: str,
    stated: Stated,
    *,
    key: str | None = None,
    stated_by_id: str | None = None,
    hints: bool = False,
    **place: Any,
) -> Incoming:
    """Return a link; without a key of its own it is known by what it joins, and where.

    Its offsets decide where the quote stands, unless they are only ``hints``. Raises ``Invalid`` for what the API
    refuses.
    """
    new = taken(EvidenceIn, said(stated))
    quote = replace(new.quote, hints=True) if hints else new.quote
    new = replace(new, source_id=source_key, stated_by_id=stated_by_id, quote=quote)
    own = composed(claim_key, source_key, _where(quote), new.stance, new.basis)
    # By the quote's offset, which does not depend on the order of the lines; with a key of its own, by that alone, even
    # if a later file gives another offset.
    at = 0 if key else quote.start or 0
    return Incoming(key or own, new, of=claim_key, place=at, shared=key is None, **place)


def label(
    claim_key: str, stated: Stated, word: object, *, path: Path, key: str | None = None, **place: Any
) -> Incoming | LeftOut:
    """Return what people conclude of a claim, as an assessment; a word that tells no verdict is left out.

    Without a key of its own it is known by its claim and its reviewer. Raises ``Invalid`` for what the API refuses.
    """
    verdict = verdict_of(word) or ratings.verdict_of(Rating(label=str(word)))
    if verdict is None:
        shown = str(word)[:LONGEST_SHOWN]
        detail = f"{shown!r} tells no verdict that is known here."
        return LeftOut(detail, key=claim_key, path=path, line=place.get("line"))
    new = taken(AssessmentIn, {**said(stated), "verdict": verdict})
    own = composed(claim_key, new.reviewer or "")
    return Incoming(key or own, new, of=claim_key, shared=key is None, **place)


def _where(quote: Quote) -> str:
    if quote.start is not None:
        return f"{quote.start}-{quote.end}"
    words = "\x1f".join((quote.exact or "", quote.prefix or "", quote.suffix or "", str(quote.occurrence or "")))
    return digest(words)


def composed(*parts: str) -> str:
    """Return a key that is made of others, and differs for different ones, whatever spaces are in them."""
    return shortened(" ".join(re.sub(r"[\\ ]", r"\\\g<0>", part) for part in parts))


def shortened(key: str) -> str:
    """Return a key as it is, or its ``digest`` where it has more than 1,000 characters."""
    return key if len(key) <= LONGEST_KEY else digest(key)


def digest(*words: str) -> str:
    """Return a short name for words, the same for the same ones: 24 hexadecimal digits of their SHA-256."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:24]
