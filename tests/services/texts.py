"""Strategies for texts: any Unicode at all, with the variants of typography mixed in on purpose."""

import unicodedata

from hypothesis import strategies as st

VARIANTS = [
    *"“”„«»‘’‚‹›`´'\"",
    *"-–—―−\u2010\u2011",
    *("--", "---", "—–", "…", "...", "……"),
    *" \n\t\r\u00a0\u2009\u202f\u3000\u2028",
    *("  ", " \n ", "\r\n"),
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f",
    *"\u200e\u200f\u202a\u202c\u2066\u2069\u061c",
    *"\u0301\u0308\u0323\u0338",
    *("e\u0301", "é", "n\u0303", "E\u0323\u0302"),
    *(unicodedata.normalize("NFD", each) for each in ("が", "한", "آ", "é", "≠")),
    *("😀", "👩\u200d👩\u200d👧", "🇺🇦", "𝔘"),
]

# Whatever can be stored: a lone surrogate is no text in UTF-8, and is refused before any rule sees it.
any_character = st.characters(exclude_categories=["Cs"])
texts = st.lists(st.sampled_from(VARIANTS) | any_character | st.sampled_from("ab"), max_size=40).map("".join)
# So few different characters that quotes stand in several places.
monotonous = st.lists(st.sampled_from(["a", "b", " ", "—", "-", "“", '"', "…", "\u200b"]), max_size=30).map("".join)


@st.composite
def spans(draw: st.DrawFn, of: st.SearchStrategy[str] = texts) -> tuple[str, int, int]:
    """A text with the offsets of a slice of it that holds at least one character."""
    text = draw(of.filter(bool))
    start = draw(st.integers(0, len(text) - 1))
    return text, start, draw(st.integers(start + 1, len(text)))
