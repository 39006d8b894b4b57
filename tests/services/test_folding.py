import sys
import unicodedata
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claims_api.services.texts.folding import fold
from tests.services.texts import spans, texts

DOUBLE_QUOTES = "“”„‟«»″‶〝〞〟＂״ʺ「」『』﹁﹂﹃﹄｢｣"
SINGLE_QUOTES = "‘’‚‛′‵‹›ʼ´`＇׳ʹʻʾʿ"
DASHES = "‐‑‒–—―−⸺⸻﹘﹣－\u05be֊"
SPACES = "\t\n\v\f\r\u0085\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
UNSEEN = (
    "\u00ad\u034f\u061c\u180b\u180c\u180d\u180e\u180f\ufe00\ufe0e\ufe0f"
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2064\u2066\u2069\u206f\ufeff"
)
# What has several forms that Unicode holds for the same: UAX 15.
DECOMPOSABLE = [each for each in map(chr, range(sys.maxunicode + 1)) if not unicodedata.is_normalized("NFD", each)]


def each(characters: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("variant", characters, ids=[f"U+{ord(it):04X}" for it in characters])


class TestFold:
    @each(DOUBLE_QUOTES)
    def test_makes_every_double_quotation_mark_straight(self, variant: str) -> None:
        assert fold(f"he said {variant}no").text == 'he said "no'

    @each(SINGLE_QUOTES)
    def test_makes_every_single_quotation_mark_and_apostrophe_straight(self, variant: str) -> None:
        assert fold(f"Putin{variant}s").text == "Putin's"

    @each(DASHES)
    def test_makes_every_dash_a_hyphen(self, variant: str) -> None:
        assert fold(f"a truce {variant} now").text == "a truce - now"

    @pytest.mark.parametrize("run", ["--", "---", "——", "–—", "-\u2011"])
    def test_makes_a_run_of_dashes_one(self, run: str) -> None:
        assert fold(f"no{run}never").text == "no-never"

    def test_writes_an_ellipsis_as_three_dots(self) -> None:
        assert fold("well… no").text == "well... no"

    @each(SPACES)
    def test_makes_every_kind_of_space_a_plain_one(self, variant: str) -> None:
        assert fold(f"10{variant}km").text == "10 km"

    @pytest.mark.parametrize("run", ["  ", "\r\n", "\n\n\t", " \u00a0 ", " \u200b", "\u200b ", " \u2060 \u2060"])
    def test_makes_a_run_of_white_space_one_space(self, run: str) -> None:
        assert fold(f"no{run}date").text == "no date"

    @each(UNSEEN)
    def test_drops_every_mark_that_no_reader_sees(self, variant: str) -> None:
        assert fold(f"cease{variant}fire").text == "ceasefire"

    @each(UNSEEN)
    def test_drops_unseen_marks_at_both_ends_of_a_text(self, variant: str) -> None:
        assert fold(f"{variant}fire{variant}{variant}").text == "fire"

    @pytest.mark.parametrize("word", ["café", "Ђорђевић", "Việt", "ὕστερον", "한국", "がぎぐ", "آب", "≠"])
    def test_takes_a_decomposed_word_for_the_composed_one(self, word: str) -> None:
        assert fold(unicodedata.normalize("NFD", word)).text == fold(unicodedata.normalize("NFC", word)).text

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_takes_every_character_for_what_unicode_holds_it_for(self, form: Literal["NFC", "NFD"]) -> None:
        others = [(each, unicodedata.normalize(form, each)) for each in DECOMPOSABLE]
        assert [each for each, other in others if fold(f"o{each}o").text != fold(f"o{other}o").text] == []

    def test_takes_the_halves_of_a_letter_for_the_whole(self) -> None:
        halves = {
            each: (unicodedata.normalize("NFD", each)[:-1], unicodedata.normalize("NFD", each)[-1])
            for each in DECOMPOSABLE
        }
        composed = {each: unicodedata.normalize("NFC", first) + last for each, (first, last) in halves.items()}
        assert [each for each, other in composed.items() if fold(f"o{each}o").text != fold(f"o{other}o").text] == []

    def test_leaves_texts_that_differ_for_unicode_apart(self) -> None:
        assert len({fold(letter).text for letter in "Åå한하ड़डΩω"}) == 8

    @pytest.mark.parametrize("word", ["naïve", "don't", "x-ray", "U.S.", "a b", "مرحبا", "שלום", "停火", "😀"])
    def test_leaves_what_is_plain_already(self, word: str) -> None:
        assert fold(word).text == word

    def test_keeps_different_letters_apart(self) -> None:
        assert len({fold(letter).text for letter in "eéèEÉßſsＡAα"}) == 11

    def test_makes_nothing_of_nothing(self) -> None:
        assert fold("").text == ""

    @given(texts)
    @example("e\u200b\u0301")
    @example("-\u200b-")
    @example("a\u034f\u0301")
    def test_changes_nothing_the_second_time(self, text: str) -> None:
        once = fold(text).text
        assert fold(once).text == once


class TestSourceSpan:
    def test_leads_from_three_dots_back_to_the_ellipsis(self) -> None:
        assert fold("well… no").source_span(4, 7) == (4, 5)

    def test_counts_on_behind_a_variant(self) -> None:
        assert fold("well… no").source_span(8, 10) == (6, 8)

    def test_leads_from_one_space_back_to_the_whole_run(self) -> None:
        assert fold("no \u00a0\n date").source_span(2, 3) == (2, 6)

    def test_leads_from_a_composed_letter_back_to_letter_and_mark(self) -> None:
        assert fold("the cafe\u0301s").source_span(7, 8) == (7, 9)

    def test_leads_from_two_characters_back_to_the_one_that_stands_for_them(self) -> None:
        assert fold("स\u095cक पर").source_span(1, 3) == (1, 2)

    @pytest.mark.parametrize("cut", [(1, 2), (2, 3), (0, 2), (2, 4)])
    def test_is_none_where_it_would_cut_a_letter_that_stands_for_two(self, cut: tuple[int, int]) -> None:
        assert fold("स\u095cक पर").source_span(*cut) is None

    def test_takes_in_what_is_unseen_within_a_word(self) -> None:
        assert fold("cease\u00ad\u200bfire").source_span(0, 9) == (0, 11)

    def test_leaves_out_what_is_unseen_around_a_word(self) -> None:
        assert fold("\u200bfire\ufeff").source_span(0, 4) == (1, 5)

    @pytest.mark.parametrize("cut", [(4, 5), (4, 6), (5, 7), (6, 7), (5, 6), (0, 5), (6, 10)])
    def test_is_none_where_it_would_cut_an_ellipsis_in_two(self, cut: tuple[int, int]) -> None:
        assert fold("well… no").source_span(*cut) is None

    @given(spans(st.text("abc é中😀", min_size=1).map(" ".join).map(str.split).map(" ".join)))
    def test_of_plain_text_is_the_span_itself(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assert fold(text).source_span(start, end) == (start, end)

    @given(texts.filter(lambda text: bool(fold(text).text)), st.data())
    @example("e\u200b\u0301 -\u200b-", None)
    def test_leads_back_to_what_folds_to_the_same(self, text: str, data: st.DataObject | None) -> None:
        folded = fold(text)
        first = data.draw(st.integers(0, len(folded.text) - 1)) if data else 0
        last = data.draw(st.integers(first + 1, len(folded.text))) if data else len(folded.text)
        span = folded.source_span(first, last)
        if span is not None:
            assert 0 <= span[0] < span[1] <= len(text)
            assert fold(text[slice(*span)]).text.strip() == folded.text[first:last].strip()

    @given(texts.filter(lambda text: bool(fold(text).text)))
    def test_of_the_whole_fold_is_never_none(self, text: str) -> None:
        folded = fold(text)
        assert folded.source_span(0, len(folded.text)) is not None


class TestCoveringSpan:
    @pytest.mark.parametrize("cut", [(4, 5), (4, 6), (5, 7), (6, 7), (5, 6)])
    def test_takes_an_ellipsis_whole(self, cut: tuple[int, int]) -> None:
        assert fold("well… no").covering_span(*cut) == (4, 5)

    def test_widens_each_end_that_cuts_a_variant(self) -> None:
        assert fold("a…b…c").covering_span(2, 6) == (1, 4)

    @given(texts.filter(lambda text: bool(fold(text).text)), st.data())
    def test_folds_to_something_that_holds_the_slice(self, text: str, data: st.DataObject) -> None:
        folded = fold(text)
        first = data.draw(st.integers(0, len(folded.text) - 1))
        last = data.draw(st.integers(first + 1, len(folded.text)))
        start, end = folded.covering_span(first, last)
        assert 0 <= start < end <= len(text)
        assert folded.text[first:last] in fold(text[start:end]).text
