"""Decode uploaded files: from bytes and a charset to text."""

import codecs
import re
from dataclasses import dataclass
from typing import NoReturn

from claims_api.errors import Invalid
from claims_api.models.sources import PLAIN

HTML = "text/html"
CONTENT_TYPES = (PLAIN, HTML)

# By Python's names. It knows others, which are no encodings of files (punycode), or can smuggle markup (utf-7).
_ENCODINGS = re.compile(
    "utf-8|utf-16(-le|-be)?|ascii|iso8859-[0-9]+|cp(125[0-8]|866|874|932|949)|koi8-[ru]|mac-(roman|cyrillic)|"
    "gb2312|gbk|gb18030|big5|big5hkscs|euc_jp|euc_kr|iso2022_jp|shift_jis|tis-620"
)
# As browsers read them, for which pages are written (the WHATWG's Encoding Standard).
_AS_BROWSERS_DO = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Bytes in which browsers look for it.
_HEAD = 1024
_META = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Upload:
    """A file: its text, the bytes that it was decoded from, and its media type."""

    text: str
    given: bytes
    content_type: str


def decoded(given: bytes, content_type: str, charset: str | None) -> Upload:
    """Decode a file by the charset that came with it, else by its byte order mark or HTML's declaration, else as UTF-8.

    Charsets mean what the WHATWG's Encoding Standard says. Raises ``Invalid`` for an unknown one, and for bytes that
    are not in it: nothing is guessed, and nothing replaced.
    """
    name = charset or _marked(given) or (_stated(given) if content_type == HTML else None) or "utf-8"
    encoding = _encoding(name)
    try:
        return Upload(given.decode(encoding), given, content_type)
    except UnicodeDecodeError as error:
        _refuse(f"The file is not in {name[:40]}: byte {error.start} cannot be read so.")


def _marked(given: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if given.startswith(mark)), None)


def _stated(given: bytes) -> str | None:
    found = _META.search(given[:_HEAD])
    if found is None:
        return None
    name = found[1].decode()
    # A declaration that reads as ASCII is not in UTF-16; browsers take UTF-8 then.
    return "utf-8" if _known(name) in _UTF_16 else name


def _encoding(name: str) -> str:
    known = _known(name)
    if known is None:
        _refuse(f"The charset {name[:40]!r} is not known here; send the file in UTF-8.")
    return _AS_BROWSERS_DO.get(known, known)


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if _ENCODINGS.fullmatch(found) else None


def _refuse(detail: str) -> NoReturn:
    raise Invalid(detail, path=("text",))
