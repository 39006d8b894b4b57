"""Read the datasets FEVER and SciFact: JSON Lines of documents in sentences, and of claims that cite them.

Documents come before the claims that cite them, in the same file. Which dataset a line is of is told by its members:
documents of SciFact (``abstract``), pages of FEVER (``lines``), claims of both (``evidence``), and those of
CLIMATE-FEVER and AVeriTeC (``schemas.formats.fever_kin``).
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims_api.errors import Failure, Invalid, Path
from claims_api.models.words import Stance
from claims_api.schemas.formats import fever_kin, keyed
from claims_api.schemas.formats.labels import stance_of
from claims_api.schemas.formats.sentences import Sentences, Span, found, joined, runs
from claims_api.services.imports.incoming import Incoming, Kind, LeftOut, Unreadable

Document = dict[str, Any]
# FEVER's tokenizer's spelling of these characters in titles.
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "-COLON-": ":"}
# A text of the greatest length has fewer sentences.
MOST_VALUES = 500_000
_KNOWN_OF_SOURCES = ("title", "url", "publisher", "authors", "published_at", "language", "type")
_ITEM = ("annotation id", "evidence id", "page", "sentence")


@dataclass(frozen=True)
class _Cited:
    """What bears on a claim together: with which stance, which sentences of which documents, where that is said."""

    stance: Stance
    sentences: Mapping[str, Sequence[int]]
    path: Path
    group: str | None = None


@dataclass(frozen=True)
class _Passage:
    """A span of a document that is cited with a stance."""

    stance: Stance
    document: str
    span: Span
    group: str | None = None
    path: Path = field(default=(), compare=False)


def records(lines: Iterable[tuple[int, bytes]]) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read such a dataset, line by line; lines, or parts of their evidence, that are wrong are ``Unreadable``."""
    sentences, once = Sentences(), keyed.Once()
    try:
        for number, line in lines:
            if line.strip():
                yield from once.of(_of_line(line, number, sentences))
    finally:
        sentences.close()


def _of_line(line: bytes, number: int, sentences: Sentences) -> Iterator[Incoming | LeftOut | Unreadable]:
    try:
        document = keyed.parsed(line, most=MOST_VALUES)
        # All records of a line or none: a refused line must not be kept in part.
        yield from list(_read(document, number, sentences))
    except Failure as failure:
        yield keyed.unreadable(failure, number, line, ("id", "doc_id", "claim_id"), _kind_of)


def _kind_of(document: Document) -> Kind:
    return Kind.SOURCES if {"abstract", "lines"} & document.keys() else Kind.CLAIMS


def _read(document: Document, line: int, sentences: Sentences) -> Iterator[Incoming | LeftOut | Unreadable]:
    if "abstract" in document:
        yield _abstract(document, line, sentences)
    elif "lines" in document:
        yield _page(document, line, sentences)
    elif "questions" in document:
        yield from fever_kin.averitec(document, line)
    else:
        yield from _claim(document, line, sentences)


def _abstract(document: Document, line: int, sentences: Sentences) -> Incoming:
    key = keyed.key_of(document.get("doc_id"), path=("doc_id",))
    listed = document["abstract"]
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise Invalid("The sentences of a document are a list of texts.", path=("abstract",))
    return _of_sentences(key, listed, document, line, sentences)


def _page(document: Document, line: int, sentences: Sentences) -> Incoming:
    key, lines = _name(keyed.key_of(document.get("id"), path=("id",))), document["lines"]
    if not isinstance(lines, str):
        raise Invalid("The lines of a page are one text.", path=("lines",))
    # Columns: number, sentence, and then the links in it.
    parted = (each.split("\t") for each in lines.split("\n"))
    listed = [parts[1] for parts in parted if parts[1:] and parts[0].isdecimal()]
    return _of_sentences(key, listed, {**document, "title": _title(key)}, line, sentences)


def _of_sentences(key: str, listed: list[str], document: Document, line: int, sentences: Sentences) -> Incoming:
    """Return a document; its text is what it says that is, where its sentences stand in that, or else they make it."""
    text = document.get("text")
    spans = found(listed, text) if isinstance(text, str) and text else None
    text, spans = joined(listed) if spans is None else (text, spans)
    sentences.keep(key, spans)
    known = {name: document.get(name) for name in _KNOWN_OF_SOURCES}
    return keyed.source(key, {**known, "text": text}, line=line)


def _claim(document: Document, line: int, sentences: Sentences) -> Iterator[Incoming | LeftOut | Unreadable]:
    member = next((name for name in ("id", "claim_id") if name in document), "id")
    key = keyed.key_of(document.get(member), path=(member,))
    everything = list(_cited(document))
    yield fever_kin.claim(key, document, line)
    links = list[Incoming | Unreadable]()
    for each in (*_anchored(key, everything, line, sentences), *fever_kin.quoted(key, document, line)):
        yield each
        links.append(each)
    yield from fever_kin.label(key, document, links, line)


def _anchored(
    key: str, everything: Iterable[_Cited], line: int, sentences: Sentences
) -> Iterator[Incoming | Unreadable]:
    """Yield the links to sentences; what cites some that are not there is refused by itself."""
    sets: list[list[_Passage]] = []
    for cited in everything:
        try:
            sets.append(_passages(cited, sentences))
        except Failure as failure:
            yield Unreadable(failure.under(*cited.path), line=line, key=key)
    for group, passages in _grouped(sets):
        yield from (_link(key, each, group, line) for each in passages)


def _link(key: str, passage: _Passage, group: str | None, line: int) -> Incoming:
    start, end = passage.span
    stated = {"stance": passage.stance, "start": start, "end": end, "group": group}
    return keyed.evidence(key, passage.document, stated, line=line, path=passage.path, names=None)


def _cited(document: Document) -> Iterator[_Cited]:
    evidence = document.get("evidence")
    if isinstance(evidence, dict):
        yield from _rationales(evidence)
    elif isinstance(evidence, list):
        yield from _sets(evidence, document.get("label"))
    elif evidence is not None:
        raise Invalid("Evidence is an object, as in SciFact, or a list, as in FEVER.", path=("evidence",))


def _rationales(evidence: Document) -> Iterator[_Cited]:
    """Yield what SciFact cites: rationales by document, each with its own label."""
    for name, rationales in evidence.items():
        for index, rationale in enumerate(_listed(rationales, ("evidence", name))):
            path = ("evidence", name, index)
            if not isinstance(rationale, dict) or not _are_numbers(rationale.get("sentences")):
                raise Invalid("A rationale has sentences, by their numbers, and a label.", path=path)
            stance, group = stance_of(rationale.get("label"), path=(*path, "label")), rationale.get("group")
            yield _Cited(stance, {name: rationale["sentences"]}, path, group if isinstance(group, str) else None)


def _sets(evidence: list[Any], label: object) -> Iterator[_Cited]:
    """Yield what FEVER cites: sets of sentences, all of them for or against the claim, as its label says."""
    for index, each in enumerate(evidence):
        path, sentences = ("evidence", index), defaultdict(list)
        for item in _listed(each, path):
            if not isinstance(item, list) or len(item) != len(_ITEM):
                raise Invalid(f"An item of evidence is [{', '.join(_ITEM)}].", path=path)
            name, number = item[2:]
            if name is not None and number is not None:
                if not isinstance(name, str) or not _are_numbers([number]):
                    raise Invalid(f"An item of evidence is [{', '.join(_ITEM)}].", path=path)
                sentences[_name(name)].append(number)
        # Where there is not enough information, nothing is cited.
        if sentences:
            yield _Cited(stance_of(label, path=("label",)), sentences, path)


def _passages(cited: _Cited, sentences: Sentences) -> list[_Passage]:
    return [
        _Passage(cited.stance, name, span, cited.group, cited.path)
        for name, numbers in cited.sentences.items()
        for span in _spans(name, numbers, sentences)
    ]


def _spans(name: str, numbers: Sequence[int], sentences: Sentences) -> Iterator[Span]:
    """Yield where sentences of a document stand; neighbours are one span."""
    spans = sentences.of(name)
    if spans is None:
        raise Invalid(
            f"The document {_shown(name)} does not come before this line: give documents first, in the same file.",
            path=(),
        )
    for first, last in runs(numbers):
        if last >= len(spans):
            raise Invalid(
                f"The document {_shown(name)} has no sentence {last}: it has {len(spans)}, counted from 0.", path=()
            )
        yield spans[first][0], spans[last][1]


def _grouped(sets: Sequence[Sequence[_Passage]]) -> Iterator[tuple[str | None, Sequence[_Passage]]]:
    """Yield passages with the group in which they count: those of one set together, and of sets that share some."""
    for number, passages in enumerate(_together(sets), 1):
        stated = next((each.group for each in passages if each.group), None)
        yield stated or (str(number) if len(passages) > 1 else None), passages


def _together(sets: Sequence[Sequence[_Passage]]) -> list[list[_Passage]]:
    owners: dict[_Passage, list[_Passage]] = {}
    for each in sets:
        mine: list[_Passage] = []
        for passage in each:
            theirs = owners.get(passage)
            if theirs is None:
                owners[passage] = mine
                mine.append(passage)
            elif theirs is not mine:
                # Append the shorter list to the longer one, so that merging many stays linear.
                mine, theirs = (theirs, mine) if len(theirs) > len(mine) else (mine, theirs)
                mine.extend(theirs)
                owners.update(dict.fromkeys(theirs, mine))
    return list({id(passages): passages for passages in owners.values()}.values())


def _listed(value: object, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid("A list is needed here.", path=path)
    return value


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _name(identity: str) -> str:
    # Pages and what cites them write their names in different forms of Unicode.
    return unicodedata.normalize("NFC", identity)


def _shown(name: str) -> str:
    return repr(name[: keyed.LONGEST_SHOWN])


def _title(name: str) -> str:
    for written, bracket in _BRACKETS.items():
        name = name.replace(written, bracket)
    return name.replace("_", " ")
