"""Our own simple import format: one JSON object a line, of the kinds source, claim, evidence and label.

What is referred to comes first. Members that are not named here are passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from claims_api.errors import Failure, Invalid
from claims_api.schemas.formats import keyed
from claims_api.schemas.formats.labels import stance_of
from claims_api.services.imports.incoming import Incoming, Kind, LeftOut, Unreadable

Document = dict[str, Any]
Names = Mapping[str, str]


def _names(same: str, **other: str) -> Names:
    """Return the members to take: as the API calls them, and as the form does."""
    return {**{name: name for name in same.split()}, **other}


_SOURCE = _names(
    "title text url canonical_url archived_url publisher published_at language type reliability retrieved_at",
    authors="author",
)
_CLAIM = _names("text speaker claim_type language location status topics", claim_date="date")
_EVIDENCE = _names(
    "stance start end prefix suffix occurrence basis stated_by group note credibility",
    exact="quote",
)
_LABEL = _names("explanation review_url reviewer assessed_at", rating_label="label")


def records(lines: Iterable[tuple[int, bytes]]) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read the form, line by line; lines that are wrong are ``Unreadable``."""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            # All records of a line or none: a refused line must not be kept in part.
            yield from list(_read(keyed.parsed(line), number))
        except Failure as failure:
            yield keyed.unreadable(failure, number, line, ("key", "claim_key"), _kind_of)


def _read(document: Document, line: int) -> Iterator[Incoming | LeftOut]:
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _READ:
        raise Invalid(f"Each line needs a kind: one of {', '.join(_READ)}.", path=("kind",))
    read, names = _READ[kind]
    try:
        yield from read(document, {ours: document.get(theirs) for ours, theirs in names.items()}, line)
    except Failure as failure:
        raise failure.called(names) from None


def _kind_of(document: Document) -> Kind | None:
    return {"source": Kind.SOURCES, "claim": Kind.CLAIMS}.get(str(document.get("kind")))


def _source(document: Document, stated: Document, line: int) -> Iterator[Incoming]:
    if not any(stated[name] for name in ("title", "text", "url")):
        raise Invalid("A source needs a title, a text or a URL.", path=("title",))
    if isinstance(stated["authors"], str) and stated["authors"]:
        stated["authors"] = [stated["authors"]]
    yield keyed.source(_key(document, "key"), stated, names=_SOURCE, line=line)


def _claim(document: Document, stated: Document, line: int) -> Iterator[Incoming | LeftOut]:
    stated["speaker"] = keyed.named(stated["speaker"])
    stated["claim_date"] = keyed.day(stated["claim_date"])
    key = _key(document, "key")
    yield keyed.claim(key, stated, names=_CLAIM, line=line)
    if document.get("label"):
        yield _labelled(key, {"rating_label": document["label"]}, line)


def _evidence(document: Document, stated: Document, line: int) -> Iterator[Incoming]:
    stated["stance"] = stance_of(stated["stance"], path=("stance",))
    stated["stated_by"] = keyed.named(stated["stated_by"])
    own = _key(document, "key") if document.get("key") is not None else None
    claim_key, source_key = _key(document, "claim_key"), _key(document, "source_key")
    yield keyed.evidence(claim_key, source_key, stated, key=own, names=_EVIDENCE, line=line)


def _label(document: Document, stated: Document, line: int) -> Iterator[Incoming | LeftOut]:
    yield _labelled(_key(document, "claim_key"), stated, line)


def _labelled(claim_key: str, stated: Document, line: int) -> Incoming | LeftOut:
    return keyed.label(
        claim_key,
        {"reviewer": keyed.ANNOTATORS, **keyed.said(stated)},
        stated["rating_label"],
        path=("label",),
        names=_LABEL,
        line=line,
    )


def _key(document: Document, member: str) -> str:
    return keyed.key_of(document.get(member), path=(member,))


_READ: dict[str, tuple[Callable[[Document, Document, int], Iterator[Incoming | LeftOut]], Names]] = {
    "source": (_source, _SOURCE),
    "claim": (_claim, _CLAIM),
    "evidence": (_evidence, _EVIDENCE),
    "label": (_label, _LABEL),
}
