import pytest
from hypothesis import given

from claims_api.services.texts.nearest import Nearest, nearest
from tests.services.texts import texts

TEXT = "The talks ended late. The spokesman told reporters that “no date” was set… for now. Nobody answered."


class TestNearest:
    def test_finds_what_differs_in_a_letter(self) -> None:
        found = nearest(TEXT, "told reportars that")
        assert found is not None
        assert (found.exact, TEXT[found.start : found.end]) == ("told reporters that",) * 2
        assert 0.9 < found.score < 1

    def test_gives_full_score_to_words_that_are_there(self) -> None:
        assert nearest(TEXT, "told reporters") == Nearest(36, 50, "told reporters", 1.0)

    def test_does_not_mind_typography(self) -> None:
        found = nearest(TEXT, 'that "no date" was')
        assert found is not None
        assert (found.exact, found.score) == ("that “no date” was", 1.0)

    def test_is_widened_to_whole_words(self) -> None:
        found = nearest(TEXT, "pokesman told reporte")
        assert found is not None
        assert found.exact == "spokesman told reporters"

    def test_takes_an_ellipsis_whole(self) -> None:
        found = nearest("no date was set… for now", "date was set.")
        assert found is not None
        assert found.exact == "date was set…"

    def test_scores_lower_what_is_less_alike(self) -> None:
        close, far = nearest(TEXT, "Nobody responded"), nearest(TEXT, "qqq zzz xxx")
        assert close is not None
        assert far is not None
        assert close.score > far.score

    def test_looks_for_the_beginning_of_a_long_quote(self) -> None:
        said = "She said that the third round of the talks would begin on Monday in the old palace. " * 3
        found = nearest(f"Reports differ. {said} That is all.", said[:150] + "?" + said[151:] + "and more " * 1000)
        assert found is not None
        assert (found.start, found.exact[:8]) == (16, "She said")

    def test_looks_for_less_of_a_quote_in_a_very_long_text(self) -> None:
        said = "She said that the third round of the talks would begin on Monday in the old palace. "
        text = "no. " * 240_000 + said[:60] + "no. " * 100
        found = nearest(text, said * 3)
        assert found is not None
        assert (found.start, found.score > 0.9) == (960_000, True)

    def test_of_a_quote_longer_than_the_text_is_the_whole_text(self) -> None:
        found = nearest("No date.", "No date. None at all.")
        assert found is not None
        assert (found.start, found.end, found.exact) == (0, 8, "No date.")

    @pytest.mark.parametrize(
        ("text", "quote"), [("", "words"), ("\u200b", "words"), ("words", "\u200b"), ("words", " \n"), ("", "")]
    )
    def test_is_none_where_one_of_them_is_empty_to_a_reader(self, text: str, quote: str) -> None:
        assert nearest(text, quote) is None

    def test_is_at_hand_in_scripts_without_spaces(self) -> None:
        found = nearest("消息 " + "他们谈了很久。" * 20 + "双方没有确定会晤日期", "没有决定会晤日期")
        assert found is not None
        assert found.score > 0.8
        assert len(found.exact) < 50

    @given(texts, texts)
    def test_shows_the_sources_own_words_at_their_place(self, text: str, quote: str) -> None:
        found = nearest(text, quote)
        if found is not None:
            assert 0 <= found.start < found.end <= len(text)
            assert found.exact == text[found.start : found.end]
            assert 0 <= found.score <= 1
