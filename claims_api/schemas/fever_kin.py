"""What the claims of FEVER's kin share; and those of CLIMATE-FEVER and AVeriTeC, which bring their quotes along."""

from collections.abc import Iterator, Sequence
from typing import Any

from claims_api.errors import Failure, Invalid, Path
from claims_api.models.words import VERDICTS, ClaimType, Stance, Verdict
from claims_api.schemas import keyed
from claims_api.schemas.labels import stance_of, verdict_of
from claims_api.services.evidence import NewEvidence
from claims_api.services.incoming import Incoming, LeftOut, Unreadable

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


def records(document: Document, line: int) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read a claim of CLIMATE-FEVER (``evidences``) or AVeriTeC (``questions``)."""
    read = _climate if "evidences" in document else _averitec
    yield from read(document, line)


def claim(key: str, document: Document, line: int, **more: Any) -> Incoming:
    """Return a claim, with its speaker, its date and its language where the collection says them."""
    stated = {
        "text": document.get("claim"),
        "speaker": keyed.named(document.get("speaker")),
        "claim_date": keyed.day(document.get("claim_date")),
        "language": document.get("language"),
        **more,
    }
    return keyed.claim(key, stated, line=line)


def label(
    key: str, document: Document, member: str, links: Sequence[Incoming], line: int
) -> Iterator[Incoming | LeftOut]:
    """Yield the label of a claim as an assessment, unless its links say the same and it comes without a reason."""
    word, why = document.get(member), document.get("justification")
    if word is None or word == "" or (not why and verdict_of(word) is _derived(links)):
        return
    known = {"explanation": why, "review_url": document.get("fact_checking_article"), "reviewer": keyed.ANNOTATORS}
    stated = {"rating_label": word, **known}
    yield keyed.label(key, stated, word, path=(member,), line=line)


def _derived(links: Sequence[Incoming]) -> Verdict:
    stances = {link.new.stance for link in links if isinstance(link.new, NewEvidence)}
    return VERDICTS[Stance.SUPPORTS in stances, Stance.CONTRADICTS in stances]


def _climate(document: Document, line: int) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read five sentences of Wikipedia, each with a label of its own; the articles are known by their titles only."""
    key = keyed.key_of(document.get("claim_id", document.get("id")), path=("claim_id",))
    yield claim(key, document, line)
    links = []
    for index, each in enumerate(_objects(document, "evidences")):
        path = ("evidences", index)
        try:
            name = keyed.key_of(each.get("article"), path=("article",))
            stated = {"stance": stance_of(_word(each.get("evidence_label")), path=("evidence_label",))}
            link = keyed.evidence(key, name, {**stated, "exact": each.get("evidence")}, line=line, path=path)
            yield keyed.source(name, {"title": name}, line=line, path=path)
            yield link
            links.append(link)
        except Failure as failure:
            yield Unreadable(failure, line=line, key=key, path=path)
    yield from label(key, {**document, "claim_label": _word(document.get("claim_label"))}, "claim_label", links, line)


def _averitec(document: Document, line: int) -> Iterator[Incoming | LeftOut | Unreadable]:
    """Read a claim with the questions that were asked of it: answers that are quotes become mentions of it."""
    text, speaker, date = (document.get(name) for name in ("claim", "speaker", "claim_date"))
    stated = document.get("claim_id", document.get("id"))
    key = (
        keyed.digest(str(text), str(speaker), str(date)) if stated is None else keyed.key_of(stated, path=("claim_id",))
    )
    types = document.get("claim_types")
    known = [_TYPES[each] for each in types if each in _TYPES] if isinstance(types, list) else []
    place = document.get("location_ISO_code")
    yield claim(key, document, line, location=place, claim_type=known[0] if known else None)
    yield from label(key, document, "label", [], line)
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
            name = keyed.key_of(answer["source_url"], path=("answers", index, "source_url"))
            cached = answer.get("cached_source_url")
            stated = {"stance": Stance.MENTIONS, "exact": answer["answer"], "note": question.get("question")}
            yield keyed.source(name, {"url": name, "archived_url": cached}, line=line, path=place)
            yield keyed.evidence(key, name, stated, line=line, path=place)


def _objects(document: Document, member: str) -> list[Document]:
    listed = document.get(member)
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Invalid("A list of objects is needed here.", path=(member,))
    return listed


def _word(label: object) -> object:
    return _BY_NUMBER.get(label) if type(label) is int else label
