import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.services.texts import offsets
from claims_api.services.texts.offsets import Offsets, Ruler
from tests.services.texts import spans

TEXT = "a😀é中"


class TestInUtf16:
    def test_counts_a_character_beyond_the_first_plane_twice(self) -> None:
        assert offsets.in_utf16(TEXT, 1, 3) == Offsets(1, 4)

    @given(spans())
    def test_names_the_units_that_hold_the_words(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        units = offsets.in_utf16(text, start, end)
        assert text.encode("utf-16-le")[2 * units.start : 2 * units.end] == text[start:end].encode("utf-16-le")


class TestInUtf8:
    def test_counts_bytes(self) -> None:
        assert offsets.in_utf8(TEXT, 1, 3) == Offsets(1, 7)

    @given(spans())
    def test_names_the_bytes_that_hold_the_words(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        at = offsets.in_utf8(text, start, end)
        assert text.encode()[at.start : at.end] == text[start:end].encode()


class TestFromUtf16:
    def test_is_empty_where_a_character_is_cut_in_two(self) -> None:
        assert [offsets.from_utf16(TEXT, 0, 2), offsets.from_utf16(TEXT, 2, 4)] == ["", ""]

    @pytest.mark.parametrize("outside", [(3, 6), (4, 99), (5, 6), (98, 99)])
    def test_is_empty_outside_the_text(self, outside: tuple[int, int]) -> None:
        assert offsets.from_utf16(TEXT, *outside) == ""

    @given(spans())
    def test_reads_what_stands_there(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        before = len(text[:start].encode("utf-16-le")) // 2
        length = len(text[start:end].encode("utf-16-le")) // 2
        assert offsets.from_utf16(text, before, before + length) == text[start:end]


class TestFromUtf8:
    def test_is_empty_where_a_character_is_cut_in_two(self) -> None:
        assert [offsets.from_utf8(TEXT, 0, 3), offsets.from_utf8(TEXT, 2, 5)] == ["", ""]

    @pytest.mark.parametrize("outside", [(7, 11), (5, 99), (10, 11), (98, 99)])
    def test_is_empty_outside_the_text(self, outside: tuple[int, int]) -> None:
        assert offsets.from_utf8(TEXT, *outside) == ""

    @given(spans())
    def test_reads_what_stands_there(self, span: tuple[str, int, int]) -> None:
        text, start, end = span
        before = len(text[:start].encode())
        assert offsets.from_utf8(text, before, before + len(text[start:end].encode())) == text[start:end]


class TestARuler:
    @given(spans(), st.sampled_from([0, 1, 1023, 1024, 1025, 5000]))
    def test_measures_as_the_functions_do_wherever_the_place_is(self, span: tuple[str, int, int], before: int) -> None:
        text, start, end = "é" * before + span[0], before + span[1], before + span[2]
        ruler = Ruler(text)
        assert ruler.in_utf16(start, end) == offsets.in_utf16(text, start, end)
        assert ruler.in_utf8(start, end) == offsets.in_utf8(text, start, end)
