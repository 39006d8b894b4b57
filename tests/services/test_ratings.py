import pytest

from claims_api.models.words import Verdict
from claims_api.services.ratings import Rating, verdict_of

SUPPORTED, REFUTED = Verdict.SUPPORTED, Verdict.REFUTED
CONFLICTING, NOT_ENOUGH = Verdict.CONFLICTING_EVIDENCE, Verdict.NOT_ENOUGH_EVIDENCE


class TestWords:
    @pytest.mark.parametrize(
        ("label", "verdict"),
        [
            ("True", SUPPORTED),
            ("Verdadero", SUPPORTED),
            ("属实", SUPPORTED),
            ("Pants on Fire!", REFUTED),
            ("Mostly-False", REFUTED),
            ("❌ FALSO.", REFUTED),
            ("C’est faux", REFUTED),
            ("زائف", REFUTED),
            ("गलत", REFUTED),
            ("Half True", CONFLICTING),
            ("Misleading", CONFLICTING),
            ("Engañoso", CONFLICTING),
            ("Unproven", NOT_ENOUGH),
            ("證據不足", NOT_ENOUGH),
        ],
    )
    def test_that_are_well_known_tell_a_verdict(self, label: str, verdict: Verdict) -> None:
        assert verdict_of(Rating(label)) is verdict

    @pytest.mark.parametrize(
        "label",
        [
            "Satire",
            "Explainer",
            "True, but",
            "False. Not all of it",
            "",
            "!!!",
            "5",
            "True?",
            "True\uff1f",
            "\u00bfFalso?",
        ],
    )
    def test_that_are_not_tell_none(self, label: str) -> None:
        assert verdict_of(Rating(label)) is None

    def test_weigh_more_than_the_number(self) -> None:
        assert verdict_of(Rating("False", value=5, best=5, worst=1)) is REFUTED


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "verdict"), [(1, REFUTED), (2, REFUTED), (3, None), (4, SUPPORTED), (5, SUPPORTED)]
    )
    def test_tell_a_verdict_near_the_ends_of_the_scale(self, value: float, verdict: Verdict | None) -> None:
        assert verdict_of(Rating("Nobody knows this word", value=value, best=5, worst=1)) is verdict

    def test_stand_on_the_scale_of_schema_org_where_none_is_given(self) -> None:
        assert verdict_of(Rating(value=1)) is REFUTED

    @pytest.mark.parametrize(
        ("value", "best", "worst"), [(0, 5, 1), (6, 5, 1), (1, 1, 1), (1, 1, 5), (-1, None, None), (100, None, 1)]
    )
    def test_outside_of_a_scale_that_makes_sense_tell_none(
        self, value: float, best: float | None, worst: float | None
    ) -> None:
        assert verdict_of(Rating(value=value, best=best, worst=worst)) is None

    def test_are_not_needed(self) -> None:
        assert verdict_of(Rating()) is None
