from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.errors import Invalid
from claims_api.schemas.formats.lines import MARK
from claims_api.schemas.formats.tables import Row, mapping, rows, written
from claims_api.services.imports.incoming import LeftOut, Unreadable
from tests.schemas.records import of_bytes

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("'=+-@\t\r\n ;,\"a"), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    )
)
COLUMNS = {"text": ("claim",), "speaker": ("said by",), "date": ()}


def read(table: bytes, **columns: str) -> list[Row | LeftOut | Unreadable]:
    return list(rows(of_bytes(table), COLUMNS, columns, needed="text"))


def cells(table: bytes, **columns: str) -> list[dict[str, str]]:
    return [dict(each.cells) for each in read(table, **columns) if isinstance(each, Row)]


def refused(table: bytes) -> list[tuple[int | None, str]]:
    return [(each.line, each.failure.detail) for each in read(table) if isinstance(each, Unreadable)]


class TestWriting:
    @given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
    def test_any_text_comes_back_as_it_was(self, texts: Sequence[tuple[str, str]]) -> None:
        table = b"".join(written(texts, ["text", "speaker"]))
        said = [
            {name: text for name, text in zip(("text", "speaker"), each, strict=True) if text.strip()} for each in texts
        ]
        assert cells(table) == [each for each in said if each]

    def test_makes_formulas_harmless(self) -> None:
        assert b"".join(written([("=1+1", 5, None)], ["a", "b", "c"])) == b"a,b,c\r\n'=1+1,5,\r\n"

    def test_gives_long_tables_by_parts(self) -> None:
        assert len(list(written([("a" * 5000,)] * 10, ["text"]))) > 2


class TestReading:
    @pytest.mark.parametrize("separator", [b",", b";", b"\t"])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_finds_out_how_cells_are_parted(self, separator: bytes, end: bytes) -> None:
        table = separator.join([b"date", b"text"]) + end + separator.join([b"2020", b'"a,b;c\td"']) + end
        assert cells(table) == [{"date": "2020", "text": "a,b;c\td"}]

    def test_believes_a_line_that_says_how(self) -> None:
        assert cells(b"sep=|\r\ntext|date\r\na,b|2020\r\n") == [{"text": "a,b", "date": "2020"}]

    def test_passes_over_the_mark_of_utf8(self) -> None:
        assert cells(MARK + b"text\r\na\r\n") == [{"text": "a"}]

    def test_knows_columns_in_any_case_and_spacing_and_by_other_names(self) -> None:
        assert cells(b" CLAIM ,Said_by\na,b\n") == [{"text": "a", "speaker": "b"}]

    def test_is_told_what_columns_are(self) -> None:
        assert cells(b"Aussage,Datum\na,b\n", Aussage="text", Datum="speaker") == [{"text": "a", "speaker": "b"}]

    def test_is_told_what_to_pass_over(self) -> None:
        assert [type(each) for each in read(b"text,date,no\na,2020,1\n", date="-", no="-")] == [Row]

    def test_leaves_out_columns_that_are_not_known_and_tells_so(self) -> None:
        first, row = read(b"text,extra\na,b\n")
        assert isinstance(first, LeftOut)
        assert isinstance(row, Row)
        assert (first.line, first.path, dict(row.cells)) == (1, ("extra",), {"text": "a"})

    def test_takes_the_column_of_that_very_name_where_several_would_do(self) -> None:
        assert cells(b"claim,text\na,b\n") == [{"text": "b"}]

    def test_keeps_line_ends_within_cells(self) -> None:
        assert cells(b'text\r\n"a\r\nb\nc\rd"\r\n') == [{"text": "a\r\nb\nc\rd"}]

    def test_counts_lines_by_the_first_of_each_row(self) -> None:
        assert [each.line for each in read(b'text\n"a\nb"\nc\n')] == [2, 4]

    def test_passes_over_rows_without_anything(self) -> None:
        assert cells(b"text,date\n,\n\n  ,\na,\n") == [{"text": "a"}]

    def test_takes_rows_that_end_early(self) -> None:
        assert cells(b"text,date\na\n") == [{"text": "a"}]

    def test_needs_a_column_of_what_it_is_about(self) -> None:
        [(line, detail)] = refused(b"date\n2020\n")
        assert (line, detail.startswith("No column of the first line is 'text'")) == (1, True)

    @pytest.mark.parametrize("table", [b"", b"\n", "text\na\n".encode("utf-16")])
    def test_refuses_what_is_no_table(self, table: bytes) -> None:
        assert [line for line, _ in refused(table)] == [1]

    @pytest.mark.parametrize("more", [b"", b"sep=,\r\n"])
    def test_refuses_names_that_are_not_utf8_as_one_thing(self, more: bytes) -> None:
        [(line, detail)] = refused(more + "text,Gr\u00f6\u00dfe\na,b\n".encode("latin-1"))
        assert (line, "not UTF-8" in detail) == (1, True)

    @pytest.mark.parametrize("table", [b"text,date\ra,2020\r", b"text,date\na,2020\rb,2021\n"])
    def test_of_lines_that_end_with_cr_alone_is_told_how_they_are_to_end(self, table: bytes) -> None:
        ((_, detail),) = refused(table)
        assert detail.endswith("a line ends with CR alone; let lines end with LF, or with CR and LF.")

    @pytest.mark.parametrize("table", [b"text,date\ra,2020\r", b"text," + b"a" * 1_000_001 + b"\nb,c\n"])
    def test_refuses_names_that_are_no_row(self, table: bytes) -> None:
        [(line, detail)] = refused(table)
        assert (line, "no row of CSV" in detail) == (1, True)

    def test_tells_a_long_name_of_a_column_in_part(self) -> None:
        [told, _] = read(b"text," + b"x" * 5000 + b"\na,b\n")
        assert isinstance(told, LeftOut)
        assert len(told.detail) < 250

    def test_tells_which_lines_a_quote_takes_with_it_that_does_not_close(self) -> None:
        [(line, detail)] = refused(b'text\n"a\n' + b"b\n" * 50)
        assert (line, "to line 52" in detail) == (2, True)

    def test_refuses_rows_with_more_cells_than_columns(self) -> None:
        assert refused(b"text,date\na,b,c\nd\n") == [(2, "This row has 3 cells, and 2 columns have names.")]

    def test_refuses_rows_that_are_not_utf8_and_goes_on(self) -> None:
        table = "text\ncaf\u00e9\n".encode("latin-1") + b"b\n"
        assert ([line for line, _ in refused(table)], cells(table)) == ([2], [{"text": "b"}])

    def test_refuses_nul(self) -> None:
        assert refused(b"text\na\x00b\n") == [(2, "NUL is no text.")]

    @pytest.mark.parametrize("broken", [b'"a"b\n', b'"a\n'])
    def test_refuses_quotes_that_do_not_close(self, broken: bytes) -> None:
        assert [line for line, _ in refused(b"text\n" + broken)] == [2]

    def test_leaves_out_whole_articles_of_a_column_that_is_not_known(self) -> None:
        assert cells(b"text,article\na," + b"x" * 900_000 + b"\n") == [{"text": "a"}]

    def test_takes_no_row_out_of_a_cell_without_end(self) -> None:
        table = b'text\n"' + b"a\n" * 1_000_000 + b"b\n"
        [(line, detail)] = refused(table)
        assert (line, "to line 1000002" in detail, cells(table)) == (2, True, [])

    @pytest.mark.parametrize(
        "broken",
        [
            b'"He said "no" to it\nthe earth is flat\nguilty,Minister\nend",K\n',
            b'"He said "no" and "yes\nthe earth is flat\nof course" to all",K\n',
            b'"He said ""no"" to "it\n""the"", earth\nis flat""",K\n',
            b'"' + b"the earth is flat\n" * 60_000 + b'",K\n',
        ],
        ids=["quotation marks within", "in pairs on a line", "and doubled ones", "too long"],
    )
    def test_takes_no_row_out_of_a_cell_that_it_cannot_read_and_goes_on_behind_it(self, broken: bytes) -> None:
        table = b"text,speaker\n" + broken + b"real,K\n"
        assert ([line for line, _ in refused(table)], cells(table)) == ([2], [{"text": "real", "speaker": "K"}])

    @pytest.mark.parametrize("open_", [b'"open,K\n', b'the 5",K\n"x"x,K\n'])
    def test_goes_on_behind_the_next_mark_that_closes(self, open_: bytes) -> None:
        table = b"text,speaker\n" + open_ + b'"good 1",K\n"good 2",K\n'
        assert cells(table)[-1] == {"text": "good 2", "speaker": "K"}
        assert len(refused(table)) == 1

    def test_refuses_to_take_a_column_for_what_there_is_not(self) -> None:
        with pytest.raises(Invalid, match="no column 'cat'"):
            read(b"text\na\n", text="cat")


class TestMapping:
    def test_is_a_row_of_pairs(self) -> None:
        assert mapping('Aussage:text, "Sprecher, falls da:speaker",a:b:date,Nr:-') == {
            "Aussage": "text",
            "Sprecher, falls da": "speaker",
            "a:b": "date",
            "Nr": "-",
        }

    @pytest.mark.parametrize("stated", ["text", "a:", ":text", "a:b,c"])
    def test_of_another_form_is_refused(self, stated: str) -> None:
        with pytest.raises(Invalid):
            mapping(stated)

    def test_that_is_no_row_is_refused(self) -> None:
        with pytest.raises(Invalid) as refusal:
            mapping("a\rb:text")
        assert refusal.value.path == ("columns",)
