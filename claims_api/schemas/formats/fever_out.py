"""Write claims as SciFact does, with FEVER's labels: first the documents that they cite, in sentences, then the claims.

Documents are cut wherever a sentence or a quote begins, or a quote ends, so that each quote is some of their sentences.
What has no stored text is quoted, as CLIMATE-FEVER does.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection

from claims_api.models.words import Basis
from claims_api.queries.exports import Selection
from claims_api.schemas.formats.labels import IN_CLIMATE_FEVER, IN_FEVER, IN_SCIFACT
from claims_api.schemas.formats.sentences import Sentences, Span, pieces
from claims_api.schemas.formats.whole import text_of, whole
from claims_api.services.texts import sections

Document = dict[str, Any]
_KNOWN_OF_SOURCES = ("url", "publisher", "authors", "published_at", "language", "type")
_KNOWN_OF_CLAIMS = ("claim_date", "language")
# Returns a source, by id, with the text of a version, by number.
TextOf = Callable[[str, int], Document]


def written(connection: Connection, selection: Selection) -> Iterator[bytes]:
    """Write the claims of a selection, and before them what they cite."""
    return lines(partial(whole, connection, selection, has_evidence=True), partial(text_of, connection))


def lines(claims: Callable[[], Iterable[Document]], text_of: TextOf) -> Iterator[bytes]:
    """Write claims, which are as the API shows them with `include=evidence`, and before them what they cite.

    ``claims`` is called twice, and ``text_of`` once for each document, so that memory does not grow with their number.
    """
    sentences = Sentences()
    try:
        for claim in claims():
            for passage in _passages(claim):
                is_bare = passage["exact"] == passage["exact"].strip()
                sentences.cut(_name(passage), (passage["start"], passage["end"]), is_bare=is_bare)
        for name, edges, is_bare in sentences.cuts():
            document = _document(name, text_of)
            yield _line(document | {"abstract": _abstract(document, edges, sentences, is_bare=is_bare)})
        for claim in claims():
            yield _line(_claim(claim, sentences))
    finally:
        sentences.close()


def _document(name: str, text_of: TextOf) -> Document:
    source_id, _, number = name.partition("/")
    source = text_of(source_id, int(number))
    head = {"doc_id": name, "title": source["title"], "abstract": [], "structured": False}
    return {**head, "text": source["text"], **_said(source, _KNOWN_OF_SOURCES)}


def _abstract(document: Document, edges: Sequence[int], sentences: Sentences, *, is_bare: bool) -> list[str]:
    """Return the sentences of a document, cut also at these places, and remember where they stand."""
    text = document["text"]
    starts = (start for start, _ in sections.sentences(text))
    spans = pieces(text, [*edges, *starts], is_bare=is_bare)
    sentences.keep(document["doc_id"], spans)
    return [text[start:end] for start, end in spans]


def _claim(claim: Document, sentences: Sentences) -> Document:
    evidence = _rationales(claim, sentences)
    evidences = [_quoted(link) for link in _content(claim, has_text=False)]
    speaker = {"speaker": claim["speaker"]["name"]} if claim["speaker"] else {}
    return {
        "id": claim["id"],
        "claim": claim["text"],
        "label": IN_FEVER[claim["assessment"]["verdict"]],
        "evidence": evidence,
        "cited_doc_ids": list(evidence),
        **({"evidences": evidences} if evidences else {}),
        **speaker,
        **_said(claim, _KNOWN_OF_CLAIMS),
    }


def _rationales(claim: Document, sentences: Sentences) -> Document:
    """Return the rationales by document: of one group, stance and document, all sentences stand in one."""
    together: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for link in _content(claim, has_text=True):
        passage = link["passage"]
        name = _name(passage)
        alone = link["group"] is None
        this = (name, IN_SCIFACT[link["stance"]], link["id"] if alone else "", link["group"] or "")
        together[this] += _numbers(sentences.of(name) or [], passage["start"], passage["end"])
    evidence: dict[str, list[Document]] = defaultdict(list)
    for (name, label, _, group), numbers in together.items():
        rationale = {"sentences": sorted(set(numbers)), "label": label}
        evidence[name].append({**rationale, "group": group} if group else rationale)
    return evidence


def _quoted(link: Document) -> Document:
    passage = link["passage"]
    article = passage["source"]
    return {
        "evidence_id": link["id"],
        "evidence_label": IN_CLIMATE_FEVER[link["stance"]],
        "article": article["title"],
        "evidence": passage["exact"],
        **_said(article, ("url",)),
        **_said(link, ("group",)),
    }


def _content(claim: Document, *, has_text: bool) -> list[Document]:
    """Return the links that bear on what is claimed: what was only said is no evidence to those who read this form."""
    links = [link for link in claim["evidence"] if link["basis"] == Basis.CONTENT]
    return [link for link in links if (link["passage"]["start"] is not None) == has_text]


def _passages(claim: Document) -> list[Document]:
    return [link["passage"] for link in _content(claim, has_text=True)]


def _name(passage: Document) -> str:
    source = passage["source"]
    return f"{source['id']}/{source['version']}"


def _numbers(spans: Sequence[Span], start: int, end: int) -> range:
    """Return the numbers of the sentences from one place to another, at which sentences begin and end."""
    return range(bisect_right(spans, start, key=itemgetter(1)), bisect_left(spans, end, key=itemgetter(0)))


def _said(whole: Document, names: Iterable[str]) -> Document:
    return {name: whole[name] for name in names if whole[name] not in (None, [])}


def _line(document: Document) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
