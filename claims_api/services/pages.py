"""HTML pages: run the extraction (``services.extraction``) and read off the article's text and metadata."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from claims_api import clock, cores
from claims_api.errors import Invalid, UnsupportedMediaType
from claims_api.logs import log

_PROGRAM = Path(__file__).with_name("extraction.py")
_EXTRA = "trafilatura"
_FRONT_PAGE = re.compile("[a-z]+://[^/?#]*/?", re.IGNORECASE)
# CPU seconds for each million characters, and at least so many in all. Newspapers' pages take a fifth of that.
SECONDS = 2
_MILLION = 1_000_000
# Wall-clock seconds for each CPU second, where many compete for the processor.
PATIENCE = 10


@dataclass(frozen=True)
class Page:
    """The text of a page's article, and what the page suggests for the fields of a source, by their names."""

    text: str
    suggested: Mapping[str, Any]


def read(html: str) -> Page:
    """Extract the article's text from a page, and the metadata that the page states.

    Nothing is fetched. Raises ``Invalid`` for a page without a text, and for one that takes too long to read;
    ``UnsupportedMediaType`` where the extra that reads HTML is not installed.
    """
    if find_spec(_EXTRA) is None:
        raise UnsupportedMediaType("This service reads no HTML: it needs the extra, pip install 'claims-api[html]'.")
    found = _run(html)
    text = found.pop("text")
    if not text:
        raise Invalid("No text of an article was found in this page.", path=("text",))
    if _FRONT_PAGE.fullmatch(found.get("canonical_url") or ""):
        # Many sites name their front page as the canonical URL of every article.
        del found["canonical_url"]
    return Page(text, {name: value for name, value in found.items() if value})


def _run(html: str) -> dict[str, Any]:
    seconds = max(SECONDS, round(SECONDS * len(html) / _MILLION))
    # -P, or modules of this folder would shadow others of their names.
    command = [sys.executable, "-P", str(_PROGRAM), str(seconds), clock.utcnow().date().isoformat()]
    command.extend(map(str, cores.had()))
    try:
        given = html.encode()
        done = subprocess.run(command, input=given, capture_output=True, timeout=seconds * PATIENCE, check=True)  # noqa: S603  # no shell
    except subprocess.CalledProcessError as ended:
        log.warning("a page was not read", status=ended.returncode, error=_error(ended.stderr))
        raise _unreadable(seconds) from None
    except subprocess.TimeoutExpired:
        raise _unreadable(seconds) from None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _error(told: bytes) -> str:
    # The exception's name alone: its message may quote the page.
    return told.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]


def _unreadable(seconds: int) -> Invalid:
    detail = (
        f"To read this page takes more than {seconds} seconds, or more memory than pages do: send its text instead."
    )
    return Invalid(detail, path=("text",))
