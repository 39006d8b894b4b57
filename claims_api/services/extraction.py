"""Take the text of an article out of HTML, as a program of its own: a page can be made to take hours or to crash it.

Run by ``services.pages``: the page comes in as UTF-8 on stdin, its content goes out as one JSON object. It imports
nothing of ours, so that it starts at once; only here is trafilatura imported, since it is an extra.
"""

import html
import json
import logging
import os
import re
import resource
import sys
import unicodedata
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any, NoReturn

from htmldate.extractors import MONTHS
from lxml.html import HtmlElement
from trafilatura import core, extract, utils
from trafilatura.metadata import extract_metadata
from trafilatura.utils import load_html

# Address space; pages of newspapers need a tenth of it.
_MOST_BYTES = 1024**3
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")


_TAG = re.compile("<[a-z]", re.IGNORECASE)


@lru_cache(maxsize=2**14)
def _kept(character: str) -> str:
    return character if character.isprintable() or character.isspace() or _is_mark(character) else ""


def _is_mark(character: str) -> bool:
    # Joiners, which Persian and emoji are spelled with, and marks of direction.
    return unicodedata.category(character) == "Cf"


def _as_it_is(text: str, _form: str = "") -> str:
    return text


# Keep the text's own Unicode: trafilatura has no setting to turn its normalization off.
utils.return_printables_and_spaces = _kept
core.normalize_unicode = _as_it_is  # type: ignore[assignment,attr-defined]  # it imports that itself
# An article may be as short as it is: of a page of few letters trafilatura would set each element on a line of its own.
# By its name, since the package has a function called so.
import_module("trafilatura.baseline")._MIN_CONTENT_LENGTH = 0  # type: ignore[attr-defined]


def read(page: str, today: str) -> dict[str, Any]:
    """Return the ``text`` of a page, or None, and what the page says of itself, by the names of a source's fields.

    ``today`` is a date, YYYY-MM-DD: no later one is taken for that of the article.
    """
    tree = load_html(page)
    # An element that stands alone is refused, or taken for the root.
    if (tree is None or tree.tag != "html") and _TAG.match(page.lstrip()):
        tree = load_html(f"<html><body>{page}</body></html>")
    if tree is None:
        return {"text": None}
    known = extract_metadata(tree, date_config=_dates(today))
    return {
        "title": known.title,
        "authors": [each.strip() for each in (known.author or "").split(";") if each.strip()],
        "publisher": known.sitename,
        "published_at": known.date if known.date and _is_stated(known.date, html.unescape(page)) else None,
        "language": _language(tree),
        "canonical_url": _canonical_url(tree),
        # Last, since it may alter the tree.
        "text": extract(tree, include_comments=False),
    }


def _dates(today: str) -> dict[str, Any]:
    # A date somewhere in the text need not be the article's.
    return {"original_date": True, "extensive_search": False, "max_date": today}


def _is_stated(date: str, page: str) -> bool:
    """Tell whether a day stands in a page in a way that can be read in one way only.

    In 3/4/2021 the day or the month may come first; and of a day that there is not, trafilatura makes the first of its
    month.
    """
    year, month, day = date.split("-")
    dd, mm, word = f"0?{int(day)}", f"0?{int(month)}", f"(?:{'|'.join(MONTHS[int(month) - 1])})"
    forms = [
        rf"{year}{month}{day}(?:\d{{4}}|\d{{6}})?",  # the time may follow
        rf"{year}\D{{1,3}}{mm}\D{{1,3}}{dd}",
        rf"{dd}\D{{1,6}}{word}\D{{1,6}}{year}",
        rf"{word}\W{{1,3}}{dd}\D{{1,4}}{year}",
    ]
    if day == month or int(day) > 12:  # noqa: PLR2004  # which is no month
        forms.append(f"{dd}[/.-]{mm}[/.-]{year}")
    return re.search(rf"(?<![^\W_])(?:{'|'.join(forms)})(?!\d)", page, re.IGNORECASE) is not None


def _language(tree: HtmlElement) -> str | None:
    stated = tree.xpath("string(/html/@lang)") or _property(tree, "og:locale")
    return stated.strip().replace("_", "-") or None


def _canonical_url(tree: HtmlElement) -> str | None:
    links = ((each.get("rel", "").lower().split(), each.get("href", "").strip()) for each in tree.iter("link"))
    stated = {href for relations, href in links if "canonical" in relations and href}
    if not stated:
        return _property(tree, "og:url") or None
    # Where a page names several, none is certain.
    return stated.pop() if len(stated) == 1 else None


def _property(tree: HtmlElement, name: str) -> str:
    found: str = tree.xpath("string(//meta[@property=$name]/@content)", name=name)
    return found.strip()


def _refuse_network(event: str, _arguments: Any) -> None:
    if event in _NETWORK:
        raise PermissionError("Nothing is fetched.")


def _main(seconds: int, today: str, *cores: str) -> NoReturn:
    if cores:
        # Not on the core of the server process, whose threads would wait for it.
        with suppress(OSError):
            os.sched_setaffinity(0, map(int, cores))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse_network)
    # Its warnings about a page do not belong in our log.
    logging.disable()
    page = read(sys.stdin.buffer.read().decode(), today)
    sys.stdout.write(json.dumps(page))
    sys.exit()


if __name__ == "__main__":
    _main(int(sys.argv[1]), *sys.argv[2:])
