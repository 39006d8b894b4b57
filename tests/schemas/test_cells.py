import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.schemas.formats.cells import harmless, listed, literal, parted

SIGNS = st.sampled_from("'=+-@\t\r\n ;\\\"a,\u00a0\u200b\uff1d")
TEXTS = st.text(alphabet=st.one_of(SIGNS, st.characters(exclude_categories=["Cs"])))


class TestHarmless:
    @pytest.mark.parametrize(
        "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\u200b=1"]
    )
    def test_sets_an_apostrophe_before_what_a_program_would_run(self, formula: str) -> None:
        assert harmless(formula) == f"'{formula}"

    @pytest.mark.parametrize("text", ["", "no date", "'tis so", "1 + 1 = 2", "a\n=1"])
    def test_leaves_everything_else_as_it_is(self, text: str) -> None:
        assert harmless(text) == text

    @given(TEXTS)
    def test_is_undone_by_reading_whatever_the_text(self, text: str) -> None:
        assert literal(harmless(text)) == text

    @given(TEXTS)
    def test_never_leaves_a_formula(self, text: str) -> None:
        assert not harmless(text).lstrip().startswith(("=", "+", "-", "@"))


class TestLiteral:
    def test_takes_off_the_apostrophe_that_makes_a_formula_a_text(self) -> None:
        assert literal("'=1+1") == "=1+1"

    def test_leaves_an_apostrophe_that_belongs_to_the_text(self) -> None:
        assert literal("'tis so") == "'tis so"


class TestListed:
    def test_parts_texts_by_semicolons(self) -> None:
        assert listed(["summit", "trade"]) == "summit; trade"

    @given(st.lists(TEXTS.filter(str.strip)))
    def test_is_undone_by_parting_whatever_the_texts(self, texts: list[str]) -> None:
        assert parted(listed(texts)) == texts

    def test_is_read_as_people_write_it(self) -> None:
        assert parted(" summit ;trade;; AC\\DC ;") == ["summit", "trade", "AC\\DC"]
