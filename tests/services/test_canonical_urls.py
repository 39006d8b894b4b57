import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.services.canonical_urls import (
    DEVICES,
    ROUTES,
    SOLD_BELOW,
    TRACKING,
    TRACKING_AT,
    TRACKING_BEGINNINGS,
    canonical_of,
    canonical_url,
)

ARTICLE = "https://example.com/2025/talks?id=5"
# What rules about URLs stumble over, more often than chance would have it.
PIECES = st.text("htp:/w.mexaorgAMP%25#?&=utm_s;@[]80 \t\n\u3002\uff0eß\u0130é!\\\ud800", max_size=30) | st.text(
    max_size=15
)
URLS = st.builds("{}://{}{}".format, st.sampled_from(["http", "HTTPS", "ftp"]), PIECES, PIECES)


class TestOneArticle:
    @pytest.mark.parametrize(
        "variant",
        [
            "http://example.com/2025/talks?id=5",
            "HTTPS://WWW.Example.COM/2025/talks?id=5",
            "https://example.com./2025/talks/?id=5",
            "https://example.com:443/2025/talks?id=5",
            "http://example.com:80/2025/talks?id=5",
            "https://m.example.com/2025/talks?id=5",
            "https://mobile.example.com/2025/talks?id=5",
            "https://amp.example.com/2025/talks?id=5",
            "https://www.m.example.com/2025/talks?id=5",
            "https://me:secret@example.com/2025/talks?id=5",
            "https://example.com/2025/talks?id=5#comments",
            "https://example.com/2025/talks?id=5#:~:text=no%20date",
            "https://example.com/2025/talks?utm_source=a&id=5&utm_medium=b",
            "https://example.com/2025/talks?fbclid=x&UTM_Campaign=y&id=5&gclid=",
            "https://example.com/2025/talks?&id=5&",
            "https://example.com/2025/talks?id=5&fbclid",
            "https://example.com/2025/talks?id=5&%66bclid=x",
            "https://example.com/2025/t%61lks?id=5",
        ],
    )
    def test_has_one_url(self, variant: str) -> None:
        assert canonical_url(variant) == ARTICLE

    @pytest.mark.parametrize("name", sorted(TRACKING))
    def test_is_the_same_with_each_tracking_parameter(self, name: str) -> None:
        assert canonical_url(f"https://example.com/2025/talks?{name.upper()}=x&id=5") == ARTICLE

    @pytest.mark.parametrize(("site", "name"), [(site, name) for site, names in TRACKING_AT.items() for name in names])
    def test_is_the_same_with_what_tracks_at_its_site_alone(self, site: str, name: str) -> None:
        assert canonical_url(f"https://www.{site}/a?{name}=x&id=5") == f"https://{site}/a?id=5"
        assert canonical_url(f"https://my{site}/a?{name}=x") == f"https://my{site}/a?{name}=x"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://a.org/x?b=2&a=1", "https://a.org/x?a=1&b=2"),
            ("https://a.org", "https://a.org/"),
            ("https://a.org/?", "https://a.org#"),
            ("https://faß.de/x", "https://xn--fa-hia.de/x"),
            ("https://bücher.example/ä", "https://XN--BCHER-KVA.example/%c3%a4"),
            ("https://en.m.wikipedia.org/wiki/X", "https://en.wikipedia.org/wiki/X"),
            ("https://m.bbc.co.uk/news", "https://www.bbc.co.uk/news"),
            ("https://he.example/דיון", "https://he.example/%D7%93%D7%99%D7%95%D7%9F"),
        ],
    )
    def test_has_two_urls(self, one: str, other: str) -> None:
        assert canonical_url(one) == canonical_url(other)


class TestTwoArticles:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://a.org/x?id=1", "https://a.org/x?id=2"),
            ("https://a.org/x?id=1", "https://a.org/x"),
            ("https://a.org/x?p=1&p=2", "https://a.org/x?p=2&p=1"),
            ("https://a.org/x?id=a", "https://a.org/x?id=A"),
            ("https://a.org/X", "https://a.org/x"),
            ("https://a.org/x/y", "https://a.org/x%2Fy"),
            ("https://a.org/x/index.html", "https://a.org/x"),
            ("https://a.org/tags/amp", "https://a.org/tags"),
            ("https://a.org/x?s=1", "https://a.org/x?s=2"),
            ("https://a.org/x?ref=1", "https://a.org/x?ref=2"),
            ("https://a.org/x?mutm_source=1", "https://a.org/x"),
            ("https://a.org/#!/x", "https://a.org/#!/y"),
            ("https://a.org/#/x", "https://a.org/#/y"),
            ("https://a.org:8080/x", "https://a.org/x"),
            ("https://news.a.org/x", "https://a.org/x"),
            ("https://faß.de/x", "https://fass.de/x"),
            ("https://amp.com.au/x", "https://m.com.au/x"),
            ("https://m.com/x", "https://www.com/x"),
            ("https://a.org/a+b", "https://a.org/a%2Bb"),
            ("https://a.org/%25", "https://a.org/%2525"),
        ],
    )
    def test_keep_two_urls(self, one: str, other: str) -> None:
        assert canonical_url(one) != canonical_url(other)


class TestAnyText:
    @given(URLS | st.text())
    def test_has_a_form_that_is_its_own_form(self, url: str) -> None:
        formed = canonical_url(url)
        assert canonical_url(formed) == formed

    @pytest.mark.parametrize(
        "url",
        ["", "x", "ftp://a.org/x/", "https://", "http://[", "http://a:b/", "http://a b/", "https://./", "//a.org/"],
    )
    def test_that_is_no_url_of_a_host_stays_as_it_is(self, url: str) -> None:
        assert canonical_url(url) == url


class TestASource:
    def test_has_what_is_stated_before_what_follows_from_its_url(self) -> None:
        assert canonical_of("http://a.org/x/", "http://a.org/y/") == "https://a.org/x"
        assert canonical_of(None, "http://a.org/y/") == "https://a.org/y"
        assert canonical_of(None, None) is None


class TestTheDocumentation:
    @pytest.fixture
    def page(self, repository: Path) -> str:
        return (repository / "docs" / "canonical-urls.md").read_text(encoding="utf-8")

    def test_names_each_entry_of_each_list_and_no_other(self, page: str) -> None:
        _, everywhere, at_sites = page.split("\n## Tracking parameters")
        assert set(re.findall("`(.+?)`", everywhere)) == TRACKING | {*TRACKING_BEGINNINGS}
        rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", at_sites, re.MULTILINE)
        assert {site: set(re.findall("`(.+?)`", names)) for site, names in rows} == TRACKING_AT

    def test_names_the_beginnings_of_hosts_and_fragments(self, page: str) -> None:
        named = set(re.findall("`(.+?)`", page.partition("\n## Tracking parameters")[0]))
        assert {*DEVICES, *SOLD_BELOW, *(f"#{each}" for each in ROUTES)} <= named

    def test_gives_examples_that_are_so(self, page: str) -> None:
        examples = re.findall(r"`([^`]+)` → `([^`]+)`", page)
        assert [canonical_url(before) for before, _ in examples] == [after for _, after in examples]
        assert len(examples) == 9
