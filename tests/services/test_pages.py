import resource
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from claims_api.errors import Invalid, UnsupportedMediaType
from claims_api.services import extraction, pages
from tests.services.pages import PARAGRAPHS, TEXT, page

MILLION = 1_000_000
# What costs most to read of all that was tried, a million characters each.
HOSTILE = {
    "nested elements": "<div>" * (MILLION // 5) + "text",
    "neighbours": "<p>ab</p>" * (MILLION // 9),
    "cells of one row": "<table><tr>" + "<td>x</td>" * (MILLION // 10),
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(MILLION // 9)) + ">text</p>",
    "half a script": '<script type="application/ld+json">' + '"author":"' * (MILLION // 10) + "</script><p>text</p>",
    "a doctype": "<!DOCTYPE " + "a/" * (MILLION // 2),
    "no elements": "<" * MILLION,
}
ENTITIES = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def time_of_others() -> float:
    """Return how much of the processor's time the processes have had that this one has run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class TestAPage:
    def test_is_the_text_of_its_article_alone(self) -> None:
        assert pages.read(page()).text == TEXT

    def test_suggests_what_it_says_of_itself(self) -> None:
        assert pages.read(page()).suggested == {
            "title": "Talks end without a date",
            "authors": ["Ann O’Hara", "Bo Berg"],
            "publisher": "Example Courier",
            "published_at": "2025-10-22",
            "language": "en-GB",
            "canonical_url": "https://www.courier.example/2025/talks/?utm_source=page",
        }

    def test_suggests_nothing_that_it_does_not_say(self) -> None:
        found = pages.read(
            page("On 3 March 2025 there were no talks, it was said, and none were planned.", head="", lang="")
        )
        assert found.suggested == {"title": "Talks end without a date"}

    @pytest.mark.parametrize(
        ("head", "expected"),
        [
            ('<link rel="canonical" href="https://a.example/1">', "https://a.example/1"),
            ('<meta property="og:url" content="https://a.example/1">', "https://a.example/1"),
            ('<link rel="CANONICAL nofollow" href="https://a.example/1">', "https://a.example/1"),
            ('<link rel="canonical" href="https://a.example/">', None),
            (
                '<link rel="canonical" href="https://a.example/1"><link rel="canonical" href="https://a.example/2">',
                None,
            ),
            ('<base href="https://a.example/1">', None),
            ('<link rel="alternate" hreflang="x-default" href="https://a.example/1">', None),
        ],
    )
    def test_suggests_one_url_of_an_article_or_none(self, head: str, expected: str | None) -> None:
        assert pages.read(page(head=head)).suggested.get("canonical_url") == expected

    @pytest.mark.parametrize(
        "said",
        ["“לא נקבע מועד,”\u200f אמר הדובר", "او نمی\u200cخواهد", "Cafe\u0301 and café", "👩\u200d🚀", "na\u00adme"],
    )
    def test_keeps_how_words_are_spelled(self, said: str) -> None:
        assert said in pages.read(page(*PARAGRAPHS, f"It was said on that night in town: {said}, and no more.")).text

    @pytest.mark.parametrize(
        "html", ["", " ", "<", "x", "<html></html>", page(" ")[:200], "<script>let x = 1</script>"]
    )
    def test_without_a_text_is_refused(self, html: str) -> None:
        with pytest.raises(Invalid, match="No text of an article"):
            pages.read(html)

    @pytest.mark.parametrize("around", ["{}", "<article>{}</article>", "<div>{}</div>", "<body>{}</body>", "<html>{}"])
    def test_may_be_a_part_of_one(self, around: str) -> None:
        assert pages.read(around.format("<p>The Kremlin said no date was set.</p>")).text == (
            "The Kremlin said no date was set."
        )

    @pytest.mark.parametrize(
        "html", ["<div>The <span>Kremlin</span> said no.</div>", "<ul><li>The Kremlin said no.</li></ul>"]
    )
    def test_may_be_any_element(self, html: str) -> None:
        assert "Kremlin said no." in pages.read(html).text

    @pytest.mark.parametrize(
        "text", ["The rate fell if x <y then z.", '{"said": "<b>no</b>"}', "Profit <b 5% and more."]
    )
    def test_is_no_text_that_has_a_bracket_in_it(self, text: str) -> None:
        with pytest.raises(Invalid, match="No text of an article"):
            pages.read(text)

    def test_that_is_short_has_its_lines_as_a_long_one(self) -> None:
        said = "The Kremlin said <b>“no date”</b>, H<sub>2</sub>O costs <i>5</i>% more."
        found = pages.read(page(said, head="")).text
        assert found.splitlines()[1:] == ["The Kremlin said “no date”, H2O costs 5% more."]

    def test_is_not_asked_for_what_it_refers_to(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        doctype = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
        found = pages.read(page(*PARAGRAPHS, "So it was said: &x;.").replace("<!DOCTYPE html>", doctype))
        assert "secret" not in found.text


class TestAHostilePage:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_is_read_or_refused_and_takes_no_more_than_its_time(self, name: str) -> None:
        before = time_of_others()
        with suppress(Invalid):
            pages.read(f"<html><body>{HOSTILE[name]}</body></html>")
        # It is looked at in whole seconds.
        assert time_of_others() - before < pages.SECONDS + 1

    def test_is_refused_with_a_reason(self) -> None:
        with pytest.raises(Invalid, match="takes more than 2 seconds"):
            pages.read(HOSTILE["attributes"])

    def test_of_entities_within_entities_stays_small(self) -> None:
        doctype = f'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>'
        assert len(pages.read(page(*PARAGRAPHS, "&i;&i;").replace("<!DOCTYPE html>", doctype)).text) < 1000


class TestTheProgram:
    def test_reads_as_it_does_by_itself(self) -> None:
        found = extraction.read(page(), "2026-01-01")
        assert found.pop("text") == TEXT
        assert found == pages.read(page()).suggested

    def test_takes_no_date_that_is_still_to_come(self) -> None:
        head = '<meta property="article:published_time" content="2025-10-22">'
        assert extraction.read(page(head=head), "2025-10-22")["published_at"] == "2025-10-22"
        assert extraction.read(page(head=head), "2025-10-21")["published_at"] != "2025-10-22"

    @pytest.mark.parametrize(
        ("written", "published_at"),
        [
            ("2025-10-22T13:38:00+02:00", "2025-10-22"),
            ("20251022", "2025-10-22"),
            ("2025/1/2", "2025-01-02"),
            ("22.10.2025", "2025-10-22"),
            ("2/2/2025", "2025-02-02"),
            ("January 2, 2025", "2025-01-02"),
            ("2. Januar 2025", "2025-01-02"),
            ("2&#160;January&#160;2025", "2025-01-02"),
            ("20250102133800", "2025-01-02"),
            ("3/4/2021", None),
            ("1.2.2020", None),
            ("2020-02-30", None),
        ],
    )
    def test_takes_a_date_that_can_be_read_in_one_way(self, written: str, published_at: str | None) -> None:
        head = f'<meta property="article:published_time" content="{written}">'
        assert extraction.read(page(head=head), "2026-01-01")["published_at"] == published_at

    @pytest.mark.parametrize(
        ("written", "beside"),
        [("3/4/2021", "Updated March 3, 2021"), ("3/4/2021", "Vol. 3, 2021"), ("2020-02-30", "Version 1, 2020")],
    )
    def test_takes_no_date_of_another_month_for_what_is_meant(self, written: str, beside: str) -> None:
        head = f'<meta property="article:published_time" content="{written}">'
        assert extraction.read(page(*PARAGRAPHS, beside, head=head), "2026-01-01")["published_at"] is None


class TestWithoutTheExtra:
    def test_says_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "path", [each for each in sys.path if not Path(each).is_relative_to(sys.prefix)])
        monkeypatch.delitem(sys.modules, "trafilatura", raising=False)
        with pytest.raises(UnsupportedMediaType, match=r"claims-api\[html\]"):
            pages.read(page())
