"""Where sentences end, and sections."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.services.texts.sections import sections, sentences
from claims_api.terms import terms

TEXTS = st.text(st.sampled_from('ab .!?…。\n"”)北🙂\u0301A1') | st.characters(exclude_categories=["Cs"]), max_size=300)


class TestSentences:
    @pytest.mark.parametrize(
        "expected",
        [
            ["No date was set.", "The talks ended."],
            ["“No.”", "He left."],
            ["Really?!", "Yes."],
            ["It rose by 1.5 percent.", "Then it fell."],
            ["Mr. Smith met J. Doe.", "They spoke."],
            ["They chose plan A...", "Then they left."],
            ["See www.example.org now."],
            ["a heading", "a line"],
            ["今天没有会议。", "明天也没有！", "真的？"],
            ["هل انتهى؟", "نعم."],
            ["🙂 Well.", "Good."],
        ],
    )
    def test_end_at_their_marks(self, expected: list[str]) -> None:
        joint = "\n" if "heading" in expected[0] else "" if "。" in expected[0] else "  "
        text = joint.join(expected)
        assert [text[start:end] for start, end in sentences(text)] == expected

    @given(TEXTS)
    def test_hold_all_that_is_no_space_in_its_order(self, text: str) -> None:
        found = sentences(text)
        assert all(one[1] <= other[0] for one, other in pairwise(found))
        assert "".join("".join(text[start:end].split()) for start, end in found) == "".join(text.split())

    def test_are_cut_where_they_have_no_end(self) -> None:
        assert max(end - start for start, end in sentences("word " * 1_000)) <= 600
        assert max(end - start for start, end in sentences("x" * 2_000)) == 600

    @pytest.mark.parametrize("letters", ["!", ".'", "? ", "!\u201d", "。", "\u2026)", " ", "A."])
    def test_of_a_million_signs_are_cut_all_the_same(self, letters: str) -> None:
        found = sentences(letters * (1_000_000 // len(letters)) + "a")
        assert max(end - start for start, end in found) <= 600


class TestSections:
    @given(TEXTS)
    def test_have_each_word_once_in_order(self, text: str) -> None:
        found = terms(text)
        assert [word for each in sections(text, found) for word in each.words] == [term.word for term in found]

    @given(st.lists(TEXTS, max_size=40))
    def test_begin_and_end_apart(self, texts: list[str]) -> None:
        text = " ".join(texts)
        found = list(sections(text, terms(text)))
        assert all(one.end <= other.start for one, other in pairwise(found))
        assert all(0 <= each.start < each.end <= len(text) for each in found)

    def test_are_as_long_as_a_few_sentences(self) -> None:
        text = "No date was set for the talks. " * 500
        found = list(sections(text, terms(text)))
        assert {len(each.words) for each in found[:-1]} == {126}  # the eighteenth sentence fills it

    @pytest.mark.parametrize("letters", ["x", "!? ", "🙂"])
    def test_are_never_long_however_few_their_words(self, letters: str) -> None:
        text = "word " + letters * 100_000 + " word"
        found = list(sections(text, terms(text)))
        assert max(each.end - each.start for each in found) <= 3_600
