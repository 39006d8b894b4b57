"""How alike statements are, and which of their words say most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.db import Frequencies
from claims_api.services.likeness import likeness, telling
from claims_api.terms import words

WORDS = st.lists(st.text("abc", min_size=1, max_size=5), max_size=12)


class TestLikeness:
    @given(WORDS, WORDS)
    def test_is_between_0_and_1_and_the_same_both_ways(self, one: list[str], other: list[str]) -> None:
        assert 0 <= likeness(one, other) <= 1
        assert likeness(one, other) == likeness(other, one)

    @given(WORDS, WORDS, st.floats(0, 1))
    def test_is_what_it_is_where_it_makes_the_least(self, one: list[str], other: list[str], least: float) -> None:
        exactly = likeness(one, other)
        assert likeness(one, other, least=least) in ({exactly} if exactly >= least else {exactly, 0})

    @given(WORDS.filter(bool), st.randoms())
    def test_is_1_in_any_order_of_words(self, some: list[str], chance: object) -> None:
        assert likeness(some, sorted(some)) == 1

    @pytest.mark.parametrize(
        ("one", "other", "least", "most"),
        [
            ("No date was set.", "no date was SET", 1, 1),
            ("no date was set", "no date was ever set", 0.85, 0.99),
            ("no date was set", "no dat was set", 0.8, 0.99),
            ("no date was set", "the minister resigned today", 0, 0.4),
            ("", "no date", 0, 0),
        ],
    )
    def test_falls_with_what_differs(self, one: str, other: str, least: float, most: float) -> None:
        assert least <= likeness(words(one), words(other)) <= most


class TestTelling:
    def test_words_are_the_rare_ones_and_rare_ones_weigh_more(self) -> None:
        frequencies = Frequencies(10_000, {"the": 9_000, "summit": 50, "budapest": 2})
        chosen = telling(frequencies, ["the", "summit", "budapest", "unheard"], room=1000)
        assert list(chosen) == ["unheard", "budapest", "summit"]
        assert sorted(chosen.values(), reverse=True) == list(chosen.values())

    def test_words_are_at_least_three_however_common(self) -> None:
        assert len(telling(Frequencies(10_000, dict.fromkeys("abcd", 9_000)), "abcd", room=1000)) == 3

    def test_words_are_at_most_forty_and_each_once(self) -> None:
        assert len(telling(Frequencies(1, {}), [str(number % 60) for number in range(600)], room=1000)) == 40

    def test_nothing_tells_of_nothing(self) -> None:
        assert telling(Frequencies(1, {}), [], room=1000) == {}
