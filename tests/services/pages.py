"""Pages of HTML of our own, as newspapers write them."""

PARAGRAPHS = (
    "The talks ended on Tuesday without a date for the next round, the spokesman said in the evening.",
    "“Nobody has told us to cancel the hall,” said the caretaker, who has kept it ready for a week.",
    "A second meeting was promised for spring, though none of the delegations would name a place.",
)
TEXT = "\n".join(("Talks end without a date", *PARAGRAPHS))
HEAD = """
<title>Talks end without a date - Example Courier</title>
<meta property="og:title" content="Talks end without a date">
<meta property="og:site_name" content="Example Courier">
<meta name="author" content="Ann O’Hara; Bo Berg">
<meta property="article:published_time" content="2025-10-22T13:38:00+02:00">
<link rel="canonical" href="https://www.courier.example/2025/talks/?utm_source=page">
"""


def page(*paragraphs: str, head: str = HEAD, lang: str = "en-GB") -> str:
    """Return a page with an article in it, and what stands around articles."""
    body = "".join(f"<p>{each}</p>" for each in paragraphs or PARAGRAPHS)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head>{head}</head><body>'
        '<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>'
        f"<article><h1>Talks end without a date</h1>{body}</article>"
        "<footer>© Example Courier. All rights reserved.</footer></body></html>"
    )
