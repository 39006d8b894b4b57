"""What formats of import share: records with keys of their own, made by the schemas of the API from what they state.

Collections say little in many ways: null and "" are nothing said, and numbers will do as keys.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from claims_api.errors import Invalid, Path
from claims_api.models.words import Verdict
from claims_api.schemas.assessments import AssessmentIn
from claims_api.schemas.claims import ClaimIn
from claims_api.schemas.evidence import EvidenceIn
from claims_api.schemas.incoming import taken
from claims_api.schemas.sources import SourceIn
from claims_api.services.anchoring import Quote
from claims_api.services.incoming import Incoming

# Whoever concluded what a collection says of its claims, where it does not say who.
ANNOTATORS = "annotators"
LONGEST_KEY = 1_000
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}")
Stated = Mapping[str, Any]


def key_of(value: object, *, path: Path) -> str:
    """Return a key as text; ``Invalid`` where there is none."""
    key = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not key.strip() or len(key) > LONGEST_KEY:
        raise Invalid(f"A key is needed here: some text of up to {LONGEST_KEY} characters, or a number.", path=path)
    return key


def said(stated: Stated) -> dict[str, Any]:
    """Leave out what says nothing."""
    return {name: value for name, value in stated.items() if value is not None and value != ""}


def day(moment: object) -> object:
    """Return the day that a moment names; anything else as it is."""
    found = _MOMENT.match(moment) if isinstance(moment, str) else None
    return found[1] if found else moment


def named(speaker: object) -> object:
    """Return a speaker who is given as a name as the API takes one; anything else as it is."""
    return {"name": speaker} if isinstance(speaker, str) and speaker else speaker or None


def source(key: str, stated: Stated, **place: Any) -> Incoming:
    """Return a source; without a title it is called by its URL, or its key. A text that is empty is refused."""
    given = said(stated)
    title = given.pop("title", None) or given.get("url") or key
    text = {"text": stated["text"]} if stated.get("text") is not None else {}
    return Incoming(key, taken(SourceIn, {"title": title, **given, **text}), **place)


def claim(key: str, stated: Stated, **place: Any) -> Incoming:
    """Return a claim, which must have a text."""
    given = {**said(stated), "text": stated.get("text") or ""}
    return Incoming(key, taken(ClaimIn, given), **place)


def evidence(claim_key: str, source_key: str, stated: Stated, *, key: str | None = None, **place: Any) -> Incoming:
    """Return a link; without a key of its own it is known by what it joins, and where."""
    new = replace(taken(EvidenceIn, said(stated)), source_id=source_key)
    own = key or f"{claim_key} {source_key} {_where(new.quote)} {new.stance} {new.basis}"
    # By where they stand, which is the same however often and in whatever order they are given.
    return Incoming(own, new, of=claim_key, place=new.quote.start or 0, **place)


def label(claim_key: str, stated: Stated, verdict: Verdict, **place: Any) -> Incoming:
    """Return what people conclude of a claim, as an assessment."""
    given = {"reviewer": ANNOTATORS, **said(stated), "verdict": verdict}
    return Incoming(f"{claim_key} {given['reviewer']}", taken(AssessmentIn, given), of=claim_key, **place)


def _where(quote: Quote) -> str:
    if quote.start is not None:
        return f"{quote.start}-{quote.end}"
    words = "\x1f".join((quote.exact or "", quote.prefix or "", quote.suffix or "", str(quote.occurrence or "")))
    return digest(words)


def digest(*words: str) -> str:
    """Return a short name for words, the same for the same words."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:24]
