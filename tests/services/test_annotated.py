import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.errors import Invalid
from claims_api.services.annotated import Mark, Segment, segments

LENGTH = 30


@st.composite
def marks(draw: st.DrawFn) -> list[Mark]:
    """Passages upon a text of the length above, so many that they overlap."""
    spans = draw(st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH)), max_size=12))
    return [Mark(f"p{number}", start, max(end, start + 1)) for number, (start, end) in enumerate(spans)]


def cut(*spans: tuple[str, int, int], length: int = LENGTH) -> list[Segment]:
    return list(segments(length, [Mark(*span) for span in spans]))


class TestSegments:
    @given(marks())
    def test_follow_each_other_from_the_beginning_to_the_end(self, upon: list[Mark]) -> None:
        found = list(segments(LENGTH, upon))
        assert [0, *(each.end for each in found)] == [*(each.start for each in found), LENGTH]
        assert all(each.start < each.end for each in found)

    @given(marks())
    def test_are_cut_only_where_a_passage_begins_or_ends(self, upon: list[Mark]) -> None:
        edges = {0, LENGTH, *(each.start for each in upon), *(each.end for each in upon)}
        assert {each.start for each in segments(LENGTH, upon)} == edges - {LENGTH}

    @given(marks())
    def test_name_each_passage_on_all_its_segments_and_no_other(self, upon: list[Mark]) -> None:
        for found in segments(LENGTH, upon):
            expected = {each.passage_id for each in upon if each.start <= found.start and found.end <= each.end}
            assert sorted(found.passage_ids) == sorted(expected)

    def test_name_the_outer_passage_before_those_that_it_holds(self) -> None:
        found = cut(("inner", 5, 10), ("outer", 5, 20), ("before", 2, 7))
        assert found[2] == Segment(5, 7, ["before", "outer", "inner"])

    def test_of_a_text_without_passages_are_one(self) -> None:
        assert cut() == [Segment(0, LENGTH, [])]

    def test_of_nothing_are_none(self) -> None:
        assert cut(length=0) == []

    def test_take_no_notice_of_what_lies_outside(self) -> None:
        assert cut(("p", 5, LENGTH + 1), ("q", -1, 3)) == [Segment(0, LENGTH, [])]

    def test_are_refused_where_there_would_be_too_much_to_tell(self) -> None:
        nested = [Mark(f"p{number}", number, 2000 - number) for number in range(1000)]
        assert sum(len(each.passage_ids) for each in segments(2000, nested, most=10**9)) == 1000**2
        with pytest.raises(Invalid):
            list(segments(2000, nested))
