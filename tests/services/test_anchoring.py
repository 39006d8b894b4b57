from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from claims_api.errors import Failure, Invalid, QuoteAmbiguous, QuoteMismatch, QuoteNotFound
from claims_api.models.words import Match
from claims_api.services.anchoring import PLACES_SHOWN, Quote, anchor
from claims_api.services.texts.contexts import context
from claims_api.services.texts.finding import MOST_PLACES, Place, find
from claims_api.services.texts.folding import fold
from tests.services.texts import monotonous, spans, texts

TEXT = "“No date was set” — so the Kremlin’s spokesman… Nothing\u00a0more. He said: no date was set."
TWICE = "First: no date was set, he said. Second: no date was set, she said."
FIRST, SECOND = Place(7, 22, Match.EXACT), Place(41, 56, Match.EXACT)


def refusal(text: str, quote: Quote, kind: type[Failure]) -> Failure:
    with pytest.raises(kind) as caught:
        anchor(text, quote)
    return caught.value


def words_at(text: str, place: Place) -> str:
    return text[place.start : place.end]


class TestAnchorByWords:
    def test_finds_the_exact_words(self) -> None:
        place = anchor(TEXT, Quote("He said"))
        assert (words_at(TEXT, place), place.match) == ("He said", Match.EXACT)

    @pytest.mark.parametrize(
        ("typed", "stands"),
        [
            ('"No date was set"', "“No date was set”"),
            ("Kremlin's spokesman", "Kremlin’s spokesman"),
            ("set\" - so", "set” — so"),
            ("set\" -- so", "set” — so"),
            ("spokesman... Nothing", "spokesman… Nothing"),
            ("Nothing more.", "Nothing\u00a0more."),
            ("  Nothing\n more.\t", "Nothing\u00a0more."),
            ("Noth\u00ading \u200bmore.", "Nothing\u00a0more."),
        ],
        ids=["quotes", "apostrophe", "dash", "two hyphens", "ellipsis", "no-break", "line break", "soft hyphen"],
    )  # fmt: skip
    def test_finds_plain_typing_of_typographic_words(self, typed: str, stands: str) -> None:
        place = anchor(TEXT, Quote(typed))
        assert (words_at(TEXT, place), place.match) == (stands, Match.FOLDED)

    def test_finds_typographic_words_in_a_plain_text(self) -> None:
        text = 'He said: "no -- never..." and left.'
        place = anchor(text, Quote("“no — never…”"))
        assert (words_at(text, place), place.match) == ('"no -- never..."', Match.FOLDED)

    def test_prefers_the_one_exact_place_to_folded_ones(self) -> None:
        assert anchor("It’s on. It's on. It`s on.", Quote("It's on")) == Place(9, 16, Match.EXACT)

    def test_does_not_let_case_pass_for_typography(self) -> None:
        refusal(TEXT, Quote("he said:"), QuoteNotFound)

    def test_does_not_stop_within_an_ellipsis(self) -> None:
        refusal("Well… no.", Quote("Well.."), QuoteNotFound)

    def test_does_not_tear_a_letter_from_its_accent(self) -> None:
        refusal("the cafe\u0301 closed", Quote("the\u00a0cafe"), QuoteNotFound)

    def test_goes_without_the_prefix_where_there_is_one_place_only(self) -> None:
        assert words_at(TEXT, anchor(TEXT, Quote("He said", prefix="elsewhere"))) == "He said"

    def test_takes_the_whole_text(self) -> None:
        assert anchor(TEXT, Quote(TEXT)) == Place(0, len(TEXT), Match.EXACT)

    def test_takes_a_text_of_one_character(self) -> None:
        assert anchor("…", Quote("...")) == Place(0, 1, Match.FOLDED)

    def test_takes_a_very_long_quote(self) -> None:
        words = " ".join(f"word{number} — “quoted”" for number in range(20_000))
        plain = words.replace("—", "--").replace("“", '"').replace("”", '"')
        assert anchor(f"Before. {words} After.", Quote(plain)) == Place(8, 8 + len(words), Match.FOLDED)

    @pytest.mark.parametrize(
        ("text", "quote", "stands"),
        [
            ("双方“没有”确定会晤日期。", '"没有"确定', "“没有”确定"),
            ("قال المتحدث\u200f: «لم يحدد موعد»", 'المتحدث: "لم', "المتحدث\u200f: «لم"),
            ("הדובר אמר: ״לא נקבע מועד״ – אתמול", "מועד״ - אתמול", "מועד״ – אתמול"),
            ("👩‍👩‍👧 said “no” 🇺🇦 today", '"no" 🇺🇦 today', "“no” 🇺🇦 today"),
        ],
        ids=["Chinese", "Arabic", "Hebrew", "emoji"],
    )
    def test_works_in_every_script(self, text: str, quote: str, stands: str) -> None:
        place = anchor(text, Quote(quote))
        assert (words_at(text, place), place.match) == (stands, Match.FOLDED)

    @pytest.mark.parametrize(
        "forms",
        [
            ("स\u095cक पर", "सड\u093cक पर"),
            ("যা\u09df", "যায\u09bc"),
            ("β\u03adβαια", "β\u1f73βαια"),
            ("ব\u09cbমা", "ব\u09c7\u09beমা"),
            ("க\u0bcaடி", "க\u0bc6\u0bbeடி"),
            ("\u00c5ngström", "\u212bngstro\u0308m"),
            ("ש\u05c1לום", "\ufb2aלום"),
            ("\u8c48不是", "\uf900不是"),
            ("\U0001d157\U0001d165 played", "\U0001d15e played"),
        ],
        ids=["Hindi", "Bengali", "Greek", "two-part vowel", "Tamil", "unit", "Hebrew", "Chinese", "music"],
    )  # fmt: skip
    @pytest.mark.parametrize("order", [1, -1])
    def test_finds_each_form_of_a_letter_by_the_others(self, forms: tuple[str, str], order: int) -> None:
        stands, typed = forms[::order]
        text = f"First {stands}\u2014and so on"
        place = anchor(text, Quote(f"{typed}-and"))
        assert (words_at(text, place), place.match) == (f"{stands}\u2014and", Match.FOLDED)


class TestAnchorWordsOfTwoTypographies:
    TEXT = 'He said "no deal" on Monday. She said “no deal” on Friday.'

    @pytest.mark.parametrize(
        "around", [{"prefix": "She said "}, {"suffix": " on Friday"}, {"prefix": "She said ", "suffix": " on Friday"}]
    )
    def test_is_decided_by_what_stands_around_the_folded_one(self, around: dict[str, Any]) -> None:
        assert anchor(self.TEXT, Quote('"no deal"', **around)) == Place(38, 47, Match.FOLDED)

    @pytest.mark.parametrize(
        "around", [{}, {"prefix": "He said "}, {"prefix": "elsewhere"}, {"prefix": "She said ", "occurrence": 1}]
    )
    def test_is_the_exact_one_where_nothing_else_decides(self, around: dict[str, Any]) -> None:
        assert anchor(self.TEXT, Quote('"no deal"', **around)) == Place(8, 17, Match.EXACT)


class TestAnchorWordsThatStandVeryOften:
    TEXT = "Alpha the. " + "the. " * MOST_PLACES + "Beta the. Alpha the. "

    def test_is_decided_by_what_stands_around_the_last(self) -> None:
        place = anchor(self.TEXT, Quote("the", prefix="Beta "))
        assert (place.start, self.TEXT[place.start - 5 : place.end]) == (len(self.TEXT) - 16, "Beta the")

    @pytest.mark.parametrize("prefix", ["Alpha ", "Gamma ", ""])
    def test_is_ambiguous_where_two_fit_or_none(self, prefix: str) -> None:
        refused = refusal(self.TEXT, Quote("the", prefix=prefix), QuoteAmbiguous)
        assert f"at least {MOST_PLACES} times" in refused.detail

    def test_is_one_that_can_be_counted(self) -> None:
        assert anchor(self.TEXT, Quote("the", occurrence=1)) == Place(6, 9, Match.EXACT)


class TestAnchorWordsThatStandVeryOftenInOtherTypography:
    @pytest.mark.parametrize("number", [MOST_PLACES - 1, MOST_PLACES + 200])
    def test_is_decided_by_what_stands_around_the_first(self, number: int) -> None:
        text = "Zed “a b” c. " + "He “a b” c. " * number
        assert anchor(text, Quote('"a b"', prefix="Zed ")).start == 4

    def test_is_decided_by_what_stands_around_the_last(self) -> None:
        text = "He “a b” c. " * MOST_PLACES + "Zed “a b” c."
        assert anchor(text, Quote('"a b"', prefix="Zed ")).start == len(text) - 8

    @pytest.mark.parametrize("number", [PLACES_SHOWN - 2, PLACES_SHOWN, MOST_PLACES])
    def test_is_not_the_exact_one_where_something_else_stands_around_that(self, number: int) -> None:
        text = "Zed “a b” c. " + "He “a b” c. " * number + 'It "a b" c.'
        assert anchor(text, Quote('"a b"', prefix="Zed ")) == Place(4, 9, Match.FOLDED)

    @pytest.mark.parametrize("number", [PLACES_SHOWN - 2, PLACES_SHOWN, MOST_PLACES])
    @pytest.mark.parametrize("around", [{"prefix": '"Odd" '}, {"prefix": '"Odd"'}, {"suffix": ' - "so"'}])
    def test_is_decided_by_what_stands_around_in_other_typography(self, number: int, around: dict[str, Any]) -> None:
        text = "the Kremlin said. " * number + "“Odd” the Kremlin said – “so”. "
        place = anchor(text, Quote("the Kremlin said", **around))
        assert (place.start, place.match) == (len(text) - 31 + 6, Match.EXACT)

    def test_may_be_a_part_of_a_run_of_dashes(self) -> None:
        text = "Zed \u2013\u2013 b ’e’ and \u2013 c."
        assert anchor(text, Quote("\u2013", suffix=" b 'e'")).start == 5

    def test_is_ambiguous_where_they_stand_too_often_to_look_at_all(self) -> None:
        text = "the. " * 200_100 + "Beta the. "
        refused = refusal(text, Quote("the", prefix="Beta "), QuoteAmbiguous)
        assert (refused.extra["count"], len(refused.extra["places"])) == (MOST_PLACES, PLACES_SHOWN)
        assert "by `start` and `end`" in refused.detail

    def test_is_ambiguous_where_what_stands_around_does_twice(self) -> None:
        text = "“Odd” the Kremlin said. " * 2 + "the Kremlin said. " * MOST_PLACES
        refusal(text, Quote("the Kremlin said", prefix='"Odd" '), QuoteAmbiguous)


class TestAnchorAmbiguousWords:
    def test_lists_every_place(self) -> None:
        refused = refusal(TWICE, Quote("no date was set"), QuoteAmbiguous)
        first, second = refused.extra["places"]
        assert (refused.path, refused.extra["count"]) == (("exact",), 2)
        assert first == {
            "occurrence": 1,
            "start": 7,
            "end": 22,
            "exact": "no date was set",
            "prefix": "First: ",
            "suffix": ", he said. Second: no date was s",
        }
        assert (second["occurrence"], second["start"], second["suffix"]) == (2, 41, ", she said.")

    def test_says_how_often_and_what_decides(self) -> None:
        detail = refusal(TWICE, Quote("no date was set"), QuoteAmbiguous).detail
        assert detail == (
            "The quote stands in this source 2 times: say which place is meant by `prefix`, `suffix` or `occurrence`."
        )

    def test_lists_folded_places_in_the_sources_own_words(self) -> None:
        refused = refusal("It’s so. It`s so.", Quote("It's so"), QuoteAmbiguous)
        assert [place["exact"] for place in refused.extra["places"]] == ["It’s so", "It`s so"]

    @pytest.mark.parametrize(
        ("quote", "place"),
        [
            (Quote("no date was set", prefix="First: "), FIRST),
            (Quote("no date was set", prefix="Second:"), SECOND),
            (Quote("no date was set", suffix=", he"), FIRST),
            (Quote("no date was set", suffix=", she said"), SECOND),
            (Quote("no date was set,", suffix="she said"), Place(41, 57, Match.EXACT)),
            (Quote("no date was set", prefix="Second: ", suffix=","), SECOND),
            (Quote("no date was set", occurrence=1), FIRST),
            (Quote("no date was set", occurrence=2), SECOND),
            (Quote("no date was set", occurrence=2, suffix=","), SECOND),
        ],
        ids=[
            "prefix",
            "prefix 2",
            "suffix",
            "suffix 2",
            "suffix without its space",
            "both",
            "occurrence",
            "occurrence 2",
            "with suffix",
        ],
    )
    def test_are_decided(self, quote: Quote, place: Place) -> None:
        assert anchor(TWICE, quote) == place

    def test_are_decided_by_both_sides_where_neither_does_alone(self) -> None:
        text = "a no b. a no c. d no b."
        refusal(text, Quote("no", prefix="a "), QuoteAmbiguous)
        refusal(text, Quote("no", suffix=" b"), QuoteAmbiguous)
        assert anchor(text, Quote("no", prefix="a ", suffix=" b")) == Place(2, 4, Match.EXACT)

    @pytest.mark.parametrize(
        "quote",
        [Quote("no", prefix='He said: "'), Quote("no", suffix='" - he'), Quote("no", suffix='"\n-- he')],
        ids=["prefix", "suffix", "line break"],
    )
    def test_are_decided_by_context_in_other_typography(self, quote: Quote) -> None:
        assert anchor("no. He said:\u00a0“no” — he left. no", quote) == Place(14, 16, Match.EXACT)

    @pytest.mark.parametrize(
        ("text", "quote", "start"),
        [
            ('“no” or "no"', Quote("no", prefix="“"), 1),
            ('“no” or "no"', Quote("no", suffix='"'), 9),
            ("(no no", Quote("no", prefix=" "), 4),
            ("xa no. xano.", Quote("no", prefix="xa "), 3),
        ],
        ids=["opening", "closing", "white space", "white space at the edge"],
    )
    def test_are_decided_by_exact_context_before_folded(self, text: str, quote: Quote, start: int) -> None:
        assert anchor(text, quote).start == start

    @pytest.mark.parametrize(
        "quote",
        [
            Quote("no date was set", prefix="Third: "),
            Quote("no date was set", suffix=", they"),
            Quote("no date was set", prefix="First: ", suffix=", she"),
            Quote("no date was set", prefix="First: ", occurrence=2),
        ],
        ids=["prefix", "suffix", "both", "occurrence"],
    )
    def test_stay_ambiguous_where_what_is_said_fits_no_place(self, quote: Quote) -> None:
        assert refusal(TWICE, quote, QuoteAmbiguous).extra["count"] == 2

    def test_have_no_occurrence_beyond_the_last(self) -> None:
        refused = refusal(TWICE, Quote("no date was set", occurrence=3), QuoteNotFound)
        assert refused.path == ("occurrence",)
        assert refused.detail == "There is no occurrence 3: the quote stands here 2 times."
        assert [refused.extra["nearest"][name] for name in ("occurrence", "start", "score")] == [2, 41, 1]

    def test_have_no_second_occurrence_of_a_single_place(self) -> None:
        assert "once" in refusal(TWICE, Quote("First", occurrence=2), QuoteNotFound).detail

    def test_count_occurrences_that_overlap(self) -> None:
        assert [place.start for place in find("banana", "ana")] == [1, 3]
        assert anchor("banana", Quote("ana", occurrence=2)) == Place(3, 6, Match.EXACT)

    def test_are_told_apart_by_wide_context_in_other_typography(self) -> None:
        wide = f" “{'x' * 1900}” "
        text, typed = f"one{wide}no{wide}one two{wide}no{wide}two", wide.replace("“", '"').replace("”", '"')
        assert anchor(text, Quote("no", prefix=f"two{typed}")).start == text.rindex("no")
        assert anchor(text, Quote("no", suffix=f"{typed}one")).start == text.index("no")

    def test_show_no_more_places_than_a_person_reads(self) -> None:
        refused = refusal("no " * (MOST_PLACES + 5), Quote("no"), QuoteAmbiguous)
        assert (refused.extra["count"], len(refused.extra["places"])) == (MOST_PLACES, PLACES_SHOWN)
        assert f"at least {MOST_PLACES} times" in refused.detail

    def test_does_not_claim_to_have_counted_all_of_very_many(self) -> None:
        refused = refusal("no " * (MOST_PLACES + 5), Quote("no", occurrence=MOST_PLACES + 1), QuoteNotFound)
        assert f"at least {MOST_PLACES} times" in refused.detail


class TestAnchorMissingWords:
    def test_names_the_nearest_place_and_its_score(self) -> None:
        refused = refusal(TWICE, Quote("no dates were set, he said"), QuoteNotFound)
        nearest = refused.extra["nearest"]
        assert refused.path == ("exact",)
        assert refused.detail == (
            "The quote stands nowhere in the text of this source, not even with other typography."
        )
        assert TWICE[nearest["start"] : nearest["end"]] == nearest["exact"]
        assert nearest["exact"].startswith("no date was set")
        assert 0.8 < nearest["score"] < 1

    def test_refuses_a_quote_longer_than_the_text(self) -> None:
        refused = refusal("No date.", Quote("No date. " * 50), QuoteNotFound)
        assert refused.extra["nearest"]["exact"] == "No date."

    def test_knows_of_nothing_near_in_an_empty_text(self) -> None:
        assert refusal("", Quote("words"), QuoteNotFound).extra["nearest"] is None

    @pytest.mark.parametrize("nothing", ["\u200b", " \u2060\n", "\ufeff"])
    def test_refuses_words_that_no_reader_sees(self, nothing: str) -> None:
        refusal("No date.", Quote(nothing), Invalid)

    @pytest.mark.parametrize("quote", [Quote(), Quote(""), Quote(prefix="First: ", occurrence=1)])
    def test_asks_for_words_or_offsets_where_there_are_neither(self, quote: Quote) -> None:
        refused = refusal(TWICE, quote, Invalid)
        assert refused.path == ("exact",)
        assert refused.detail == "Give the quote in `exact`, or its place in `start` and `end`."


class TestAnchorByOffsets:
    def test_takes_offsets_alone(self) -> None:
        assert anchor(TWICE, Quote(start=7, end=22)) == FIRST

    def test_takes_offsets_with_the_exact_words(self) -> None:
        assert anchor(TWICE, Quote("no date was set", start=41, end=56)) == SECOND

    def test_takes_offsets_with_the_words_in_other_typography(self) -> None:
        assert anchor(TEXT, Quote('"No date was set"', start=0, end=17)) == Place(0, 17, Match.FOLDED)

    def test_lets_offsets_decide_and_not_the_context(self) -> None:
        assert anchor(TWICE, Quote("no date was set", prefix="First: ", occurrence=1, start=41, end=56)) == SECOND

    def test_takes_the_last_character(self) -> None:
        assert anchor("No.", Quote(start=2, end=3)) == Place(2, 3, Match.EXACT)

    def test_shows_what_stands_there_and_where_the_words_stand(self) -> None:
        refused = refusal(TWICE, Quote("no date was set", start=8, end=22), QuoteMismatch)
        assert (refused.path, refused.extra["found"]) == (("start",), "o date was set")
        assert [(it["occurrence"], it["start"]) for it in refused.extra["places"]] == [(1, 7), (2, 41)]
        assert refused.detail == (
            "The text at these offsets is not the quote. Offsets count Unicode code points, from 0, end excluded."
        )

    def test_does_not_say_outside_of_what_ends_with_the_text(self) -> None:
        assert "outside" not in refusal("No date.", Quote("None", start=3, end=8), QuoteMismatch).detail

    def test_shows_no_place_of_words_that_stand_nowhere(self) -> None:
        assert refusal(TWICE, Quote("never", start=0, end=5), QuoteMismatch).extra["places"] == []

    def test_shows_no_more_places_than_a_person_reads(self) -> None:
        refused = refusal("no " * 100, Quote("no", start=1, end=3), QuoteMismatch)
        assert len(refused.extra["places"]) == PLACES_SHOWN

    @pytest.mark.parametrize(
        ("encoding", "unit", "name"), [("utf-16-le", 2, "UTF-16 units"), ("utf-8", 1, "UTF-8 bytes")]
    )
    @pytest.mark.parametrize("after", ["", " and left the room, without another word."], ids=["last", "inner"])
    def test_recognises_offsets_in_other_units(self, encoding: str, unit: int, name: str, after: str) -> None:
        before, words = "😀 Он сказал: ", "даты нет 🇺🇦"
        start = len(before.encode(encoding)) // unit
        end = start + len(words.encode(encoding)) // unit
        refused = refusal(before + words + after, Quote(words, start=start, end=end), QuoteMismatch)
        assert refused.detail == f"These offsets count {name}; this service counts Unicode code points."

    @pytest.mark.parametrize(("start", "end"), [(0, 68), (60, 200), (67, 68), (500, 600)])
    def test_refuses_offsets_outside_the_text(self, start: int, end: int) -> None:
        refused = refusal(TWICE, Quote(start=start, end=end), QuoteMismatch)
        assert (refused.path, refused.extra["found"]) == (("end",), TWICE[start:])
        assert refused.detail == "The offsets lie outside the text, which has 67 code points."

    def test_shows_where_the_words_stand_when_the_offsets_lie_outside(self) -> None:
        refused = refusal(TWICE, Quote("she said", start=70, end=78), QuoteMismatch)
        assert [place["start"] for place in refused.extra["places"]] == [58]

    @pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 4), (0, 0)])
    def test_refuses_an_end_that_is_not_behind_the_start(self, start: int, end: int) -> None:
        assert refusal(TWICE, Quote(start=start, end=end), Invalid).path == ("end",)

    @pytest.mark.parametrize(
        ("quote", "field", "detail"),
        [
            (Quote(start=1), "end", "Give both `start` and `end`, or neither."),
            (
                Quote(start=5, end=5),
                "end",
                "`end` must be greater than `start`: a passage holds at least one character.",
            ),
            (Quote(start=-1, end=5), "start", "`start` must not be negative."),
            (Quote(start=0, end=20_001), "end", "A passage may have at most 20000 code points."),
            (Quote(start=6, end=7), "start", "At these offsets nothing stands that a reader sees."),
        ],
        ids=["half", "empty", "negative", "too long", "blank"],
    )
    def test_says_what_is_wrong_with_offsets(self, quote: Quote, field: str, detail: str) -> None:
        refused = refusal(TWICE, quote, Invalid)
        assert (refused.path, refused.detail) == ((field,), detail)

    def test_takes_a_short_passage_far_inside_a_long_text(self) -> None:
        assert anchor("word " * 5_000, Quote(start=15_000, end=15_004)) == Place(15_000, 15_004, Match.EXACT)

    @pytest.mark.parametrize(("half", "missing"), [(Quote(start=1), "end"), (Quote(end=9), "start")])
    def test_refuses_half_of_the_offsets_naming_the_other(self, half: Quote, missing: str) -> None:
        assert refusal(TWICE, half, Invalid).path == (missing,)

    @pytest.mark.parametrize(("start", "end"), [(-9, -5), (-9, 5)])
    def test_refuses_offsets_before_the_text(self, start: int, end: int) -> None:
        refusal(TWICE, Quote(start=start, end=end), Failure)


class TestAnchorByOffsetsOfACopy:
    """Offsets that were counted in another copy of the text: here they show the first place, and nobody knows."""

    WORDS = "no date was set"

    @pytest.mark.parametrize("around", [{"prefix": "Second: "}, {"suffix": ", she said"}])
    def test_obeys_what_stands_around_the_words(self, around: dict[str, Any]) -> None:
        quote = Quote(self.WORDS, start=FIRST.start, end=FIRST.end, hints=True, **around)
        assert anchor(TWICE, quote) == SECOND

    @pytest.mark.parametrize("around", [{}, {"prefix": "First:\n"}])
    def test_takes_the_place_where_nothing_speaks_against_it(self, around: dict[str, Any]) -> None:
        quote = Quote(self.WORDS, start=FIRST.start, end=FIRST.end, hints=True, **around)
        assert anchor(TWICE, quote) == FIRST

    def test_takes_none_of_several_places_where_other_words_stand_around_each(self) -> None:
        quote = Quote(self.WORDS, "Third: ", start=FIRST.start, end=FIRST.end, hints=True)
        assert refusal(TWICE, quote, QuoteAmbiguous).extra["count"] == 2


class TestContext:
    def test_is_up_to_32_code_points_on_either_side(self) -> None:
        text = f"{'b' * 40}😀quote😀{'a' * 40}"
        assert context(text, 41, 46) == ("b" * 31 + "😀", "😀" + "a" * 31)

    def test_ends_with_the_text(self) -> None:
        assert context("No date.", 0, 8) == ("", "")

    @given(spans())
    def test_is_the_texts_own(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assume(is_seen(text[start:end]))
        prefix, suffix = context(text, start, end)
        assert (prefix + text[start:end] + suffix) in text
        assert (len(prefix), len(suffix)) == (min(start, 32), min(len(text) - end, 32))


def is_seen(words: str) -> bool:
    return bool(fold(words).text.strip())


class TestAnyText:
    @given(spans())
    def test_gives_back_a_slice_by_its_offsets(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assume(is_seen(text[start:end]))
        expected = Place(start, end, Match.EXACT)
        assert anchor(text, Quote(start=start, end=end)) == expected
        assert anchor(text, Quote(text[start:end], start=start, end=end)) == expected

    @given(spans() | spans(monotonous))
    def test_gives_back_a_slice_by_its_words_and_occurrence(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assume(is_seen(text[start:end]))
        occurrence = sum(text.startswith(text[start:end], place) for place in range(start + 1))
        assert anchor(text, Quote(text[start:end], occurrence=occurrence)) == Place(start, end, Match.EXACT)

    @given(spans() | spans(monotonous))
    def test_takes_a_slice_for_no_other_by_its_own_context(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assume(is_seen(text[start:end]))
        prefix, suffix = context(text, start, end)
        with suppress(QuoteAmbiguous):
            place = anchor(text, Quote(text[start:end], prefix=prefix, suffix=suffix))
            assert place == Place(start, end, Match.EXACT)

    @given(spans())
    @example(("e\u200b\u0301 -\u200b- \u034f", 0, 8))
    def test_finds_a_slice_again_in_its_folded_form(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        assume(is_seen(text[start:end]))
        plain = fold(text[start:end]).text.strip()
        assert anchor(text, Quote(plain, start=start, end=end)).start == start

    @given(texts | monotonous, texts | monotonous, st.integers(1, 5) | st.none(), texts, texts)
    def test_finds_the_words_or_refuses(
        self, text: str, exact: str, occurrence: int | None, prefix: str, suffix: str
    ) -> None:
        try:
            place = anchor(text, Quote(exact, prefix, suffix, occurrence))
        except (QuoteNotFound, QuoteAmbiguous, Invalid):
            return
        self._assert_is_there(text, exact, place)

    @given(texts, st.none() | texts, st.integers(-3, 50), st.integers(-3, 50))
    def test_finds_the_words_at_the_offsets_or_refuses(
        self, text: str, exact: str | None, start: int, end: int
    ) -> None:
        try:
            place = anchor(text, Quote(exact, start=start, end=end))
        except (QuoteMismatch, Invalid):
            return
        assert (place.start, place.end) == (start, end)
        self._assert_is_there(text, text[start:end] if exact is None else exact, place)

    @staticmethod
    def _assert_is_there(text: str, exact: str, place: Place) -> None:
        assert 0 <= place.start < place.end <= len(text)
        found = words_at(text, place)
        if place.match is Match.EXACT:
            assert found == exact
        else:
            assert found != exact
            assert fold(found).text.strip() == fold(exact).text.strip()


class TestBlankPlaces:
    @pytest.mark.parametrize("words", [" ", "\n", "\u200b", "\u00a0\u2009"])
    def test_at_offsets_are_refused(self, words: str) -> None:
        with pytest.raises(Invalid):
            anchor(f"a{words}b", Quote(start=1, end=1 + len(words)))


class TestLargePlaces:
    def test_at_offsets_are_refused_beyond_what_a_quote_may_have(self) -> None:
        with pytest.raises(Invalid, match="20000"):
            anchor("a" * 30_000, Quote(start=0, end=20_001))

    def test_show_only_the_beginning_of_what_stands_there(self) -> None:
        with pytest.raises(QuoteMismatch) as refusal:
            anchor("a" * 30_000, Quote("b", start=0, end=20_000))
        assert len(refusal.value.extra["found"]) == 1000
