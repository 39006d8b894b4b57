"""Read the claims of CLIMATE-FEVER and AVeriTeC, which bring their quotes along, and what all of FEVER's kin share."""

from collections.abc import Iterable, Iterator
from typing import Any

from claims_api.errors import Failure, Invalid, Path
from claims_api.models.words import VERDICTS, ClaimType, Stance, Verdict
from claims_api.schemas.formats import keyed
from claims_api.schemas.formats.labels import stance_of, verdict_of
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import Incoming, LeftOut, Unreadable

Document = dict[str, Any]
# The labels of CLIMATE-FEVER where they are given by number, as one edition does.
_BY_NUMBER = dict(enumerate(("SUPPORTS", "REFUTES", "NOT_ENOUGH_INFO", "DISPUTED")))
_TYPES = {
    "Event/Property Claim": ClaimType.EVENT_PROPERTY,
    "Numerical Claim": ClaimType.NUMERICAL,
    "Quote Verification": ClaimType.QUOTE_VERIFICATION,
    "Causal Claim": ClaimType.CAUSAL,
    "Position Statement": ClaimType.POSITION,
}


def claim(key: str, document: Document, line: int, *, shared: bool = False, **more: Any) -> Incoming:
    """Return a claim, with its speaker, its date and its language where the dataset says them.

    Raises ``Invalid`` for one without a text, and for what the API refuses.
    """
    stated = {
        "text": document.get("claim"),
        "speaker": keyed.named(document.get("speaker")),
        "claim_date": keyed.day(document.get("claim_date")),
        "language": document.get("language"),
        **more,
    }
    return keyed.claim(key, stated, line=line, shared=shared)


def label(
    key: str, document: Document, links: Iterable[Incoming | Unreadable], line: int
) -> Iterator[Incoming | LeftOut]:
    """Yield the label of a claim as an assessment, unless its links say the same and it comes without a reason.

    A label that tells no verdict is left out.
    """
    member = "claim_label" if "claim_label" in document else "label"
    word, why = _word(document.get(member)), document.get("justification")
    if word is None or word == "" or (not why and verdict_of(word) is _derived(links)):
        return
    known = {"explanation": why, "review_url": document.get("fact_checking_article"), "reviewer": keyed.ANNOTATORS}
    yield keyed.label(key, {"rating_label": word, **known}, word, path=(member,), line=line)


def quoted(key: str, document: Document, line: int) -> Iterator[Incoming | Unreadable]:
    """Yield sentences of articles that are known by their titles (and URLs) only, each with a label of its own.

    A sentence that is wrong is ``Unreadable`` by itself; raises ``Invalid`` where ``evidences`` is no list of objects.
    """
    for index, each in enumerate(_objects(document, "evidences") if "evidences" in document else ()):
        path = ("evidences", index)
        try:
            title, url = each.get("article"), each.get("url")
            name = keyed.shortened(keyed.text_of(url or title, path=("article",)))
            stance = stance_of(_word(each.get("evidence_label")), path=("evidence_label",))
            stated = {"stance": stance, "exact": each.get("evidence"), "group": each.get("group")}
            link = keyed.evidence(key, name, stated, line=line, path=path, names={"exact": "evidence"})
            yield keyed.source(name, {"title": title, "url": url}, shared=True, line=line, path=path)
            yield link
        except Failure as failure:
            yield Unreadable(failure, line=line, key=key, path=path)


def _derived(links: Iterable[Incoming | Unreadable]) -> Verdict:
    news = (link.new for link in links if isinstance(link, Incoming))
    stances = {new.stance for new in news if isinstance(new, NewEvidence)}
    return VERDICTS[Stance.SUPPORTS in stances, Stance.CONTRADICTS in stances]


def averitec(document: Document, line: int) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read a claim with the questions that were asked about it: answers that are quotes become mentions of it.

    Raises ``Invalid`` for a claim without a text or a key, and where ``questions`` is no list of objects.
    """
    text, speaker, date = (document.get(name) for name in ("claim", "speaker", "claim_date"))
    stated = document.get("claim_id", document.get("id"))
    key = (
        keyed.digest(str(text), str(speaker), str(date)) if stated is None else keyed.key_of(stated, path=("claim_id",))
    )
    types = document.get("claim_types")
    known = (
        [_TYPES[each] for each in types if isinstance(each, str) and each in _TYPES] if isinstance(types, list) else []
    )
    place = document.get("location_ISO_code")
    yield claim(key, document, line, shared=stated is None, location=place, claim_type=known[0] if known else None)
    yield from label(key, document, (), line)
    for index, question in enumerate(_objects(document, "questions")):
        path = ("questions", index)
        try:
            yield from _answers(key, question, line, path)
        except Failure as failure:
            yield Unreadable(failure, line=line, key=key, path=path)


def _answers(key: str, question: Document, line: int, path: Path) -> Iterator[Incoming]:
    for index, answer in enumerate(_objects(question, "answers")):
        place = (*path, "answers", index)
        if answer.get("answer_type") == "Extractive" and answer.get("source_url") and answer.get("answer"):
            url = keyed.text_of(answer["source_url"], path=("answers", index, "source_url"))
            name = keyed.shortened(url)
            cached = answer.get("cached_source_url")
            stated = {"stance": Stance.MENTIONS, "exact": answer["answer"], "note": question.get("question")}
            yield keyed.source(name, {"url": url, "archived_url": cached}, shared=True, line=line, path=place)
            yield keyed.evidence(key, name, stated, line=line, path=place, names={"exact": "answer"})


def _objects(document: Document, member: str) -> list[Document]:
    listed = document.get(member)
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Invalid("A list of objects is needed here.", path=(member,))
    return listed


def _word(label: object) -> object:
    return _BY_NUMBER.get(label) if type(label) is int else label
