"""How common words are, as it is remembered."""

from collections.abc import Mapping

import pytest

from claims_api.db.frequency_cache import Known, Numbers, Told


class Counting:
    """An index in which every word stands as often as it has letters, and which notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, words: list[str]) -> Mapping[str, float]:
        self.asked.append(words)
        return {word: len(word) for word in words if word != "unknown"}


class TestNumbers:
    def test_are_counted_once(self) -> None:
        numbers, count = Numbers(), Counting()
        first, second = numbers.of(["one", "unknown"], 100, count), numbers.of(["one", "unknown", "three"], 100, count)
        assert (first, second) == ({"one": 3, "unknown": 0}, {"one": 3, "unknown": 0, "three": 5})
        assert count.asked == [["one", "unknown"], ["three"]]

    def test_are_counted_anew_where_there_are_many_more_entries_or_fewer(self) -> None:
        numbers, count = Numbers(), Counting()
        for total in (100, 109, 91, 111, 99):
            numbers.of(["one"], total, count)
        assert len(count.asked) == 3

    def test_are_counted_anew_after_a_while(self) -> None:
        moments = iter([0.0, 299.0, 301.0])
        numbers, count = Numbers(clock=lambda: next(moments)), Counting()
        for _ in range(3):
            numbers.of(["one"], 100, count)
        assert len(count.asked) == 2


class TestTold:
    @pytest.mark.parametrize(("total", "seconds", "read"), [(1000, 299.0, 1), (1000, 300.0, 2), (999, 1.0, 2)])
    def test_is_read_anew_after_a_while_or_where_there_is_little(self, total: int, seconds: float, read: int) -> None:
        moments, answers = iter([0.0, seconds]), iter([Known(total, {}, [])] * 2)
        told = Told(clock=lambda: next(moments))
        for _ in range(2):
            told.of(lambda: next(answers))
        assert len(list(answers)) == 2 - read
