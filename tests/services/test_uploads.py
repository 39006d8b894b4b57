import pytest

from claims_api.errors import Invalid
from claims_api.services.uploads import decoded

HTML, PLAIN = "text/html", "text/plain"


def meta(charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><p>“Żółć”</p>'


class TestDecoded:
    @pytest.mark.parametrize(
        ("given", "charset", "expected"),
        [
            ("“Née”\r\n\ufeff".encode(), None, "“Née”\r\n\ufeff"),
            ("\ufeffx".encode(), None, "\ufeffx"),
            ("Née".encode("utf-16"), None, "Née"),
            ("Née".encode("latin-1"), "ISO-8859-1", "Née"),
            ("“Née”".encode("cp1252"), "latin1", "“Née”"),
            ("ложь".encode("koi8-r"), "KOI8-R", "ложь"),
            ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
            ("中文".encode("gb18030"), "gb2312", "中文"),
        ],
    )
    def test_reads_a_text_by_its_charset_or_its_mark(self, given: bytes, charset: str | None, expected: str) -> None:
        assert decoded(given, PLAIN, charset).text == expected

    def test_reads_a_page_by_what_it_says_of_itself(self) -> None:
        assert "“Żółć”" in decoded(meta("windows-1250").encode("cp1250"), HTML, None).text

    def test_takes_the_charset_that_came_with_a_page_before_its_own(self) -> None:
        assert "“Żółć”" in decoded(meta("windows-1250").encode(), HTML, "utf-8").text

    def test_does_not_look_for_it_in_a_text(self) -> None:
        with pytest.raises(Invalid):
            decoded(meta("windows-1250").encode("cp1250"), PLAIN, None)

    def test_does_not_believe_a_page_that_says_it_in_ascii_to_be_in_utf_16(self) -> None:
        assert "“Żółć”" in decoded(meta("utf-16").encode(), HTML, None).text

    def test_refuses_bytes_that_are_not_in_it(self) -> None:
        with pytest.raises(Invalid, match="not in utf-8: byte 2"):
            decoded(b"ab\xff", PLAIN, None)

    @pytest.mark.parametrize(
        "charset", ["punycode", "unicode_escape", "zlib", "rot13", "utf-7", "idna", "nonsense", "a\0b"]
    )
    def test_refuses_a_charset_that_is_none_of_files(self, charset: str) -> None:
        with pytest.raises(Invalid, match="not known"):
            decoded(b"x", PLAIN, charset)
