import pytest

from claims_api.models.words import VERDICTS, Basis, Verdict
from claims_api.services.deriving import RULE, SIDES, Tally, derive

BASES = pytest.mark.parametrize(
    ("basis", "borne_on"), [(Basis.CONTENT, "what is claimed"), (Basis.ATTRIBUTION, "that it was said")]
)


class TestDerive:
    @pytest.mark.parametrize("basis", Basis)
    @pytest.mark.parametrize(
        ("supports", "contradicts", "verdict"),
        [
            (1, 0, Verdict.SUPPORTED),
            (7, 0, Verdict.SUPPORTED),
            (0, 1, Verdict.REFUTED),
            (0, 7, Verdict.REFUTED),
            (1, 1, Verdict.CONFLICTING_EVIDENCE),
            (9, 1, Verdict.CONFLICTING_EVIDENCE),
            (1, 9, Verdict.CONFLICTING_EVIDENCE),
            (0, 0, Verdict.NOT_ENOUGH_EVIDENCE),
        ],
    )
    def test_goes_by_the_sides_that_are_there_and_not_by_majority(
        self, basis: Basis, supports: int, contradicts: int, verdict: Verdict
    ) -> None:
        assert derive(Tally(supports=supports, contradicts=contradicts), basis).verdict is verdict

    @pytest.mark.parametrize("basis", Basis)
    def test_does_not_let_mentions_decide(self, basis: Basis) -> None:
        tally = Tally(mentions=5, passages=5, sources=4, origins=3)
        assert derive(tally, basis).verdict is Verdict.NOT_ENOUGH_EVIDENCE

    def test_names_its_rule_and_hands_the_counts_on(self) -> None:
        tally = Tally(supports=1, mentions=2, passages=3, sources=2, origins=1)
        derived = derive(tally, Basis.CONTENT)
        assert (derived.rule, derived.tally) == (RULE, tally)

    @BASES
    def test_explains_support_with_every_count(self, basis: Basis, borne_on: str) -> None:
        explanation = derive(Tally(supports=3, passages=3, sources=3, origins=2), basis).explanation
        assert explanation == (
            f"supported: 3 links support {borne_on} and none contradicts it; the links "
            "rest on 3 passages in 3 sources from 2 distinct origins."
        )

    @BASES
    def test_explains_refutation_with_every_count(self, basis: Basis, borne_on: str) -> None:
        explanation = derive(Tally(contradicts=2, passages=2, sources=2, origins=2), basis).explanation
        assert explanation == (
            f"refuted: none supports {borne_on} and 2 links contradict it; the links "
            "rest on 2 passages in 2 sources from 2 distinct origins."
        )

    @BASES
    def test_explains_a_conflict_with_both_sides(self, basis: Basis, borne_on: str) -> None:
        explanation = derive(Tally(2, 3, 0, 5, 4, 2), basis).explanation
        assert explanation == (
            f"conflicting_evidence: 2 links support {borne_on} and 3 links contradict it; the links "
            "rest on 5 passages in 4 sources from 2 distinct origins."
        )

    @BASES
    def test_explains_that_there_is_not_enough(self, basis: Basis, borne_on: str) -> None:
        explanation = derive(Tally(mentions=1, passages=1, sources=1, origins=1), basis).explanation
        assert explanation == f"not_enough_evidence: no link supports or contradicts {borne_on}."

    def test_says_that_a_group_counts_as_one_where_there_is_one(self) -> None:
        explanation = derive(Tally(supports=1, passages=2, sources=1, origins=1), Basis.CONTENT).explanation
        assert "the links (a group counts as one) rest on 2 passages" in explanation

    def test_tells_of_mentions_among_what_it_rests_on(self) -> None:
        explanation = derive(Tally(supports=1, mentions=1, passages=2, sources=1, origins=1), Basis.CONTENT).explanation
        assert "with 1 mention, the links rest on 2 passages" in explanation

    def test_speaks_of_one_in_the_singular(self) -> None:
        explanation = derive(Tally(1, 1, 0, 1, 1, 1), Basis.CONTENT).explanation
        assert explanation == (
            "conflicting_evidence: 1 link supports what is claimed and 1 link contradicts it; the links "
            "rest on 1 passage in 1 source from 1 distinct origin."
        )


class TestSides:
    @pytest.mark.parametrize("verdict", Verdict)
    def test_of_every_verdict_lead_back_to_it(self, verdict: Verdict) -> None:
        assert VERDICTS[SIDES[verdict]] is verdict

    @pytest.mark.parametrize("verdict", Verdict)
    def test_are_what_the_rule_sees(self, verdict: Verdict) -> None:
        supporting, contradicting = SIDES[verdict]
        tally = Tally(supports=int(supporting), contradicts=int(contradicting))
        assert derive(tally, Basis.CONTENT).verdict is verdict
