import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.text import name_key, plain
from tests.services.texts import texts


class TestNameKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Kremlin", "KREMLIN"),
            ("The Kremlin", "  the \n kremlin\t"),
            ("White House", "White\u00a0House"),
            ("Straße", "STRASSE"),
            ("José", "JOSE\u0301"),
            ("ＵＮ", "un"),
            ("Ѐ", "ѐ"),
            ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
            ("Ταΐς", "ΤΑΪ́Σ"),
        ],
        ids=["case", "spaces", "no-break space", "sharp s", "accent", "width", "Cyrillic", "sigma", "two accents"],
    )
    def test_is_the_same_for_spellings_of_one_name(self, one: str, other: str) -> None:
        assert name_key(one) == name_key(other)

    @pytest.mark.parametrize(
        ("one", "other"), [("Jose", "José"), ("Anna", "Ana"), ("UN", "U.N."), ("Whitehouse", "White House")]
    )
    def test_tells_other_names_apart(self, one: str, other: str) -> None:
        assert name_key(one) != name_key(other)

    @pytest.mark.parametrize("name", ["n" * 1001, "ﷺ" * 500, "中" * 334])
    def test_of_a_very_long_name_fits_into_an_index(self, name: str) -> None:
        assert len(name_key(name)) == 64

    def test_tells_very_long_names_apart(self) -> None:
        assert name_key("n" * 5000 + "a") != name_key("n" * 5000 + "b")

    def test_knows_a_very_long_name_in_another_case(self) -> None:
        assert name_key("Name" * 1000) == name_key("NAME" * 1000)

    def test_keeps_the_longest_that_fits_as_it_is(self) -> None:
        assert name_key("N" * 1000) == "n" * 1000

    @given(texts | st.text())
    def test_changes_nothing_the_second_time(self, name: str) -> None:
        assert name_key(name_key(name)) == name_key(name)

    @given(st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: text * 50))
    def test_is_never_longer_than_an_index_takes(self, name: str) -> None:
        assert len(name_key(name).encode()) <= 1000


class TestPlain:
    def test_makes_one_kind_of_space_of_all_that_there_are(self) -> None:
        spaces = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
        assert plain(spaces) == " " * len(spaces)


class TestTypographyOfNames:
    @pytest.mark.parametrize("spelling", ["O’Brien", "O'Brien", "O\u200b'Brien", "O`BRIEN"])
    def test_does_not_tell_names_apart(self, spelling: str) -> None:
        assert name_key(spelling) == name_key("O'Brien")

    def test_of_dashes_does_not_tell_names_apart(self) -> None:
        assert name_key("Jean–Luc") == name_key("Jean-Luc")
