import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claims_api.models.words import Basis, Stance, Verdict
from claims_api.schemas.formats import fever, fever_out
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.sources import NewSource
from tests.schemas.records import Found, new, of_bytes

TEXT = "No date was set. He said so, twice.\n\nNobody knew.  It was late."
Claim = dict[str, Any]


def text_of(source_id: str, number: int) -> dict[str, Any]:
    unsaid = dict.fromkeys(("publisher", "published_at", "type"))
    return {"title": f"{source_id} {number}", "text": TEXT, "url": None, "authors": ["A"], "language": "en", **unsaid}


def link(start: int | None, end: int | None, stance: Stance = Stance.SUPPORTS, **more: Any) -> dict[str, Any]:
    source = {"id": "s", "title": "A report", "url": "https://example.org/a", "version": 1}
    exact = "He said so" if start is None else TEXT[start:end]
    passage = {"start": start, "end": end, "exact": exact, "source": source}
    return {
        "id": f"e{start}-{end}",
        "stance": stance,
        "basis": Basis.CONTENT,
        "group": None,
        "passage": passage,
        **more,
    }


def claim(*links: dict[str, Any], verdict: Verdict = Verdict.SUPPORTED) -> Claim:
    return {
        "id": "c",
        "text": "no date was set",
        "speaker": {"name": "Kremlin"},
        "claim_date": "2020-10",
        "language": None,
        "assessment": {"verdict": verdict},
        "evidence": list(links),
    }


def written(*claims: Claim) -> list[dict[str, Any]]:
    return [json.loads(line) for line in fever_out.lines(lambda: claims, text_of)]


def read_back(*claims: Claim) -> list[Found]:
    return list(fever.records(of_bytes(b"".join(fever_out.lines(lambda: claims, text_of)))))


def spans(found: list[Found]) -> set[tuple[int | None, int | None]]:
    return {(each.quote.start, each.quote.end) for each in new(found, NewEvidence)}


class TestDocuments:
    def test_come_first_with_their_sentences(self) -> None:
        document, _ = written(claim(link(0, 16)))
        assert document["abstract"] == ["No date was set.", "He said so, twice.", "Nobody knew.", "It was late."]
        assert (document["doc_id"], document["text"]) == ("s/1", TEXT)

    def test_are_cut_where_quotes_begin_and_end(self) -> None:
        document, _ = written(claim(link(20, 27)))
        assert document["abstract"][1:4] == ["He", "said so", ", twice."]

    def test_are_only_those_that_are_cited(self) -> None:
        assert [next(iter(each)) for each in written(claim())] == ["id"]


class TestClaims:
    def test_have_the_labels_of_fever(self) -> None:
        labels = [each["label"] for each in written(*(claim(verdict=verdict) for verdict in Verdict))]
        assert labels == ["SUPPORTS", "REFUTES", "DISPUTED", "NOT ENOUGH INFO"]

    def test_cite_sentences_by_their_numbers(self) -> None:
        *_, found = written(claim(link(0, 35), link(37, 49, Stance.CONTRADICTS)))
        assert found["evidence"] == {
            "s/1": [{"sentences": [0, 1], "label": "SUPPORT"}, {"sentences": [2], "label": "CONTRADICT"}]
        }

    def test_cite_what_counts_together_in_one_rationale(self) -> None:
        *_, found = written(claim(link(0, 16, group="a"), link(37, 49, group="a")))
        assert found["evidence"] == {"s/1": [{"sentences": [0, 2], "label": "SUPPORT", "group": "a"}]}

    def test_say_nothing_of_what_was_only_said(self) -> None:
        [found] = written(claim(link(0, 16, basis=Basis.ATTRIBUTION)))
        assert found["evidence"] == {}

    def test_quote_what_has_no_stored_text(self) -> None:
        [found] = written(claim(link(None, None)))
        [quoted] = found["evidences"]
        assert (quoted["evidence_label"], quoted["article"], quoted["evidence"]) == (
            "SUPPORTS",
            "A report",
            "He said so",
        )


class TestReadBack:
    def test_claims_are_as_they_were(self) -> None:
        [found] = new(read_back(claim()), NewClaim)
        assert (found.text, found.speaker.name, found.claim_date) == ("no date was set", "Kremlin", "2020-10")

    def test_texts_are_as_they_were(self) -> None:
        [found] = new(read_back(claim(link(0, 16))), NewSource)
        assert (found.text, found.authors, found.language) == (TEXT, ["A"], "en")

    def test_groups_have_their_names(self) -> None:
        found = new(read_back(claim(link(0, 16, group="a"), link(37, 49, group="a"))), NewEvidence)
        assert [each.group for each in found] == ["a", "a"]

    def test_labels_that_follow_make_no_assessments(self) -> None:
        assert new(read_back(claim(link(0, 16)), claim(verdict=Verdict.NOT_ENOUGH_EVIDENCE)), NewAssessment) == []

    @given(
        st.sets(
            st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT))).filter(lambda span: span[0] < span[1])
        )
    )
    def test_quotes_stand_where_they_stood_whatever_they_are(self, places: set[tuple[int, int]]) -> None:
        links = [link(start, end) for start, end in sorted(places) if not TEXT[start:end].isspace()]
        found = spans(read_back(claim(*links)))
        assert found == {(each["passage"]["start"], each["passage"]["end"]) for each in links}
