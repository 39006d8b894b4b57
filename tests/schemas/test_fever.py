from collections.abc import Sequence
from typing import Any

import pytest

from claims_api.models.words import Basis, ClaimType, Stance, Verdict
from claims_api.schemas.formats import fever
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.schemas.records import Found, left_out, lines, new, refused

ABSTRACT = {"doc_id": 12, "title": "A trial", "abstract": ["It was cold.", "It was warm.", "Nobody knew.", "Nobody."]}
TEXT = "It was cold. It was warm. Nobody knew. Nobody."
PAGE = {"id": "An_actor_-LRB-film-RRB-", "text": "", "lines": "0\tHe acts .\tact\tActing\n1\tHe sings .\n2\t"}
OTHER = {"id": "Caf\u00e9", "text": "A place .", "lines": "0\tA place ."}


def read(*documents: Any) -> list[Found]:
    return list(fever.records(lines(*documents)))


def cited(sentences: list[int], label: str = "SUPPORT", **more: Any) -> dict[str, Any]:
    return {"sentences": sentences, "label": label, **more}


def in_scifact(*rationales: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "claim": "It was warm.", "evidence": {"12": list(rationales)}, "cited_doc_ids": [12]}


def in_fever(*sets: Sequence[tuple[str | None, int | None]], label: str = "SUPPORTS") -> dict[str, Any]:
    evidence = [[[1, 2, page, sentence] for page, sentence in each] for each in sets]
    return {"id": 2, "label": label, "claim": "He acts.", "verifiable": "VERIFIABLE", "evidence": evidence}


def places(found: list[Found]) -> list[tuple[str | None, int | None, int | None, str | None]]:
    """Return where the links stand, and their groups."""
    return [(each.source_id, each.quote.start, each.quote.end, each.group) for each in new(found, NewEvidence)]


class TestDocuments:
    def test_of_scifact_are_their_sentences_with_a_space_between(self) -> None:
        [source] = new(read(ABSTRACT), NewSource)
        assert (source.title, source.text) == ("A trial", TEXT)

    def test_may_say_their_text(self) -> None:
        text = TEXT.replace(". ", ".\n")
        [source] = new(read({**ABSTRACT, "text": text}), NewSource)
        assert source.text == text

    def test_of_fever_have_readable_titles(self) -> None:
        [source] = new(read(PAGE), NewSource)
        assert (source.title, source.text) == ("An actor (film)", "He acts . He sings . ")

    def test_that_are_empty_are_refused(self) -> None:
        assert refused(read({"id": "Nothing", "text": "", "lines": ""})) == [(1, "The text of this source is empty.")]

    @pytest.mark.parametrize(
        "wrong", [{"doc_id": 1, "abstract": "text"}, {"doc_id": 1, "abstract": [1]}, {"id": "A", "lines": 1}]
    )
    def test_that_have_no_sentences_are_refused(self, wrong: Any) -> None:
        assert [line for line, _ in refused(read(wrong))] == [1]


class TestScifact:
    def test_cites_a_sentence(self) -> None:
        found = read(ABSTRACT, in_scifact(cited([1])))
        assert places(found) == [("12", 13, 25, None)]

    def test_cites_neighbours_as_one_passage(self) -> None:
        found = read(ABSTRACT, in_scifact(cited([2, 1])))
        assert places(found) == [("12", 13, 38, None)]

    def test_cites_sentences_apart_as_one_group(self) -> None:
        found = read(ABSTRACT, in_scifact(cited([0, 3])))
        assert places(found) == [("12", 0, 12, "1"), ("12", 39, 46, "1")]

    def test_cites_several_rationales_each_for_itself(self) -> None:
        found = read(ABSTRACT, in_scifact(cited([0]), cited([2])))
        assert places(found) == [("12", 0, 12, None), ("12", 26, 38, None)]

    def test_has_a_stance_for_each_rationale(self) -> None:
        found = read(ABSTRACT, in_scifact(cited([0]), cited([2], "CONTRADICT"), cited([3], "NOT_ENOUGH_INFO")))
        stances = [(each.stance, each.basis) for each in new(found, NewEvidence)]
        assert stances == [(stance, Basis.CONTENT) for stance in Stance]

    def test_may_have_no_evidence(self) -> None:
        found = read(
            {"id": 3, "claim": "Nobody knew.", "evidence": {}, "cited_doc_ids": [12]}, {"id": 4, "claim": "A."}
        )
        assert [len(new(found, kind)) for kind in (NewClaim, NewEvidence, NewAssessment)] == [2, 0, 0]

    def test_of_documents_that_did_not_come_is_refused(self) -> None:
        found = read(in_scifact(cited([0])))
        [(line, detail)] = refused(found)
        assert (line, "does not come before" in detail, len(new(found, NewClaim))) == (1, True, 1)

    def test_of_sentences_that_are_not_there_is_refused(self) -> None:
        assert refused(read(ABSTRACT, in_scifact(cited([4])))) == [
            (2, "The document '12' has no sentence 4: it has 4, counted from 0.")
        ]

    @pytest.mark.parametrize("wrong", [[{}], {}, [cited([-1])], [cited([True])], [cited([0], "PERHAPS")], "text"])
    def test_of_another_form_is_refused_with_its_claim(self, wrong: Any) -> None:
        found = read(ABSTRACT, {**in_scifact(), "evidence": {"12": wrong}})
        assert ([line for line, _ in refused(found)], new(found, NewClaim)) == ([2], [])


class TestFever:
    def test_cites_sentences_of_pages(self) -> None:
        found = read(PAGE, in_fever([("An_actor_-LRB-film-RRB-", 0)]))
        assert places(found) == [("An_actor_-LRB-film-RRB-", 0, 9, None)]

    def test_finds_pages_in_any_form_of_unicode(self) -> None:
        assert places(read(OTHER, in_fever([("Cafe\u0301", 0)]))) == [("Caf\u00e9", 0, 9, None)]

    def test_counts_a_set_once_however_many_pages_it_is_of(self) -> None:
        found = read(PAGE, OTHER, in_fever([("An_actor_-LRB-film-RRB-", 0), ("Caf\u00e9", 0)]))
        assert [group for *_, group in places(found)] == ["1", "1"]

    def test_takes_what_several_annotators_cite_once(self) -> None:
        found = read(OTHER, in_fever([("Caf\u00e9", 0)], [("Caf\u00e9", 0)]))
        assert len(places(found)) == 1

    def test_makes_one_group_of_sets_that_share_a_passage(self) -> None:
        first, second = [("An_actor_-LRB-film-RRB-", 0), ("Caf\u00e9", 0)], [("An_actor_-LRB-film-RRB-", 0), ("12", 3)]
        found = read(ABSTRACT, PAGE, OTHER, in_fever(first, second))
        assert [group for *_, group in places(found)] == ["1"] * 3

    def test_gives_all_evidence_the_stance_of_the_label(self) -> None:
        [link] = new(read(OTHER, in_fever([("Caf\u00e9", 0)], label="REFUTES")), NewEvidence)
        assert link.stance is Stance.CONTRADICTS

    def test_without_enough_information_cites_nothing(self) -> None:
        found = read(in_fever([(None, None)], label="NOT ENOUGH INFO"))
        assert [len(new(found, kind)) for kind in (NewClaim, NewEvidence, NewAssessment)] == [1, 0, 0]

    def test_keeps_no_label_that_follows_from_the_evidence(self) -> None:
        assert new(read(OTHER, in_fever([("Caf\u00e9", 0)])), NewAssessment) == []

    def test_keeps_a_label_that_its_evidence_does_not_tell(self) -> None:
        [label] = new(read(in_fever([("Nowhere", 0)], label="REFUTES")), NewAssessment)
        assert (label.verdict, label.reviewer) == (Verdict.REFUTED, "annotators")

    @pytest.mark.parametrize(
        "wrong", [[[1]], [[[1, 2, "Caf\u00e9"]]], [[[1, 2, "Caf\u00e9", "0"]]], [[[1, 2, 3, 0]]], 7]
    )
    def test_of_another_form_is_refused_with_its_claim(self, wrong: Any) -> None:
        found = read(OTHER, {**in_fever(), "evidence": wrong})
        assert ([line for line, _ in refused(found)], new(found, NewClaim)) == ([2], [])


class TestClimateFever:
    CLAIM = {  # noqa: RUF012  # it is only read
        "claim_id": "0",
        "claim": "It gets warmer.",
        "claim_label": "DISPUTED",
        "evidences": [
            {"evidence_id": "Ice:1", "evidence_label": "SUPPORTS", "article": "Ice", "evidence": "It melts."},
            {"evidence_id": "Ice:2", "evidence_label": "REFUTES", "article": "Ice", "evidence": "It grows."},
            {"evidence_id": "Snow:1", "evidence_label": "NOT_ENOUGH_INFO", "article": "Snow", "evidence": "It is."},
        ],
    }

    def test_quotes_articles_that_are_known_by_title(self) -> None:
        found = read(self.CLAIM)
        quotes = [(each.source_id, each.quote.exact, each.stance.value) for each in new(found, NewEvidence)]
        assert quotes == [
            ("Ice", "It melts.", "supports"),
            ("Ice", "It grows.", "contradicts"),
            ("Snow", "It is.", "mentions"),
        ]
        assert [(each.title, each.text) for each in new(found, NewSource)] == [("Ice", None), ("Snow", None)]

    def test_keeps_no_label_that_follows(self) -> None:
        assert new(read(self.CLAIM), NewAssessment) == []

    def test_keeps_a_label_that_does_not(self) -> None:
        [label] = new(read({**self.CLAIM, "claim_label": "SUPPORTS"}), NewAssessment)
        assert label.verdict is Verdict.SUPPORTED

    def test_may_number_its_labels(self) -> None:
        numbered = [{**each, "evidence_label": 1} for each in self.CLAIM["evidences"]]  # type: ignore[dict-item]
        found = read({**self.CLAIM, "claim_label": 1, "evidences": numbered})
        assert {each.stance for each in new(found, NewEvidence)} == {Stance.CONTRADICTS}
        assert new(found, NewAssessment) == []


class TestAveritec:
    CLAIM = {  # noqa: RUF012  # it is only read
        "claim": "No date was set.",
        "label": "Conflicting Evidence/Cherrypicking",
        "justification": "It depends.",
        "claim_date": "2020-10-31",
        "speaker": "Facebook posts",
        "fact_checking_article": "https://example.org/check",
        "claim_types": ["Numerical Claim", "Event/Property Claim"],
        "location_ISO_code": "US",
        "questions": [
            {
                "question": "Was one set?",
                "answers": [
                    {"answer": "There was none.", "answer_type": "Extractive", "source_url": "https://example.org/a"},
                    {"answer": "No", "answer_type": "Boolean", "source_url": "https://example.org/b"},
                ],
            }
        ],
    }

    def test_is_a_claim_of_its_speaker_and_date(self) -> None:
        [claim] = new(read(self.CLAIM), NewClaim)
        stated = (claim.speaker, claim.claim_date, claim.claim_type, claim.location)
        assert stated == (NewSpeaker("Facebook posts"), "2020-10-31", ClaimType.NUMERICAL, "US")

    def test_has_its_verdict_with_the_reason(self) -> None:
        [label] = new(read(self.CLAIM), NewAssessment)
        stated = (label.verdict, label.explanation, label.review_url)
        assert stated == (Verdict.CONFLICTING_EVIDENCE, "It depends.", "https://example.org/check")

    def test_has_quotes_as_mentions(self) -> None:
        [link] = new(read(self.CLAIM), NewEvidence)
        stated = (link.stance, link.source_id, link.quote.exact, link.note)
        assert stated == (Stance.MENTIONS, "https://example.org/a", "There was none.", "Was one set?")

    def test_with_the_day_before_the_month_is_refused(self) -> None:
        [(_, detail)] = refused(read({**self.CLAIM, "claim_date": "31-10-2020"}))
        assert "2025-10-21" in detail

    def test_whose_label_is_unknown_is_taken_without_it(self) -> None:
        found = read({**self.CLAIM, "label": "Satire"})
        assert (len(new(found, NewClaim)), left_out(found)) == (1, ["'Satire' tells no verdict that is known here."])


class TestLines:
    def test_may_have_very_many_sentences(self) -> None:
        document = {"doc_id": 4, "title": "T", "abstract": ["One."] * 20_000}
        assert refused(read(document)) == []

    def test_are_refused_as_a_whole(self) -> None:
        claim = {"id": 1, "claim": "c", "label": "REFUTES", "justification": "x" * 100_000}
        found = read(claim)
        assert (len(refused(found)), new(found, NewClaim)) == (1, [])
