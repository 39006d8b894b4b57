"""Small rules about text that more than one floor needs."""

import hashlib
import re
import unicodedata
from itertools import chain

_DOUBLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u2036\u301d\u301e\u301f\uff02"
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02bc\u00b4`\uff07"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
# Those of Hebrew and Armenian, corner brackets, and the letter-like ones: not in names, whose keys are stored
# (docs/adr/0048).
_DOUBLE_TOO = "\u05f4\u02ba\u300c\u300d\u300e\u300f\ufe41\ufe42\ufe43\ufe44\uff62\uff63"
_SINGLE_TOO = "\u05f3\u02b9\u02bb\u02be\u02bf"
_DASHES_TOO = "\u05be\u058a"
# All white space is among the first 65,536 characters.
_FIRST_PLANE = range(0x10000)
_SPACES = "".join(filter(str.isspace, map(chr, _FIRST_PLANE)))
_IN_NAMES = str.maketrans(
    {**dict.fromkeys(_DOUBLE, '"'), **dict.fromkeys(_SINGLE, "'")}
    | {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SPACES, " ")}
)
_TYPED = _IN_NAMES | str.maketrans(
    {**dict.fromkeys(_DOUBLE_TOO, '"'), **dict.fromkeys(_SINGLE_TOO, "'"), **dict.fromkeys(_DASHES_TOO, "-")}
)
# Characters that Unicode holds for one other (UAX 15's singletons): the ohm, Greek with oxia, and the compatibility
# ideographs, which have a block beyond the first plane.
_SINGLETONS = {
    each: unicodedata.normalize("NFC", each)
    for each in map(chr, chain(_FIRST_PLANE, range(0x2F800, 0x2FA20)))
    if not unicodedata.is_normalized("NFC", each) and len(unicodedata.normalize("NFC", each)) == 1
}
_PLAIN = _TYPED | {ord(each): other.translate(_TYPED) for each, other in _SINGLETONS.items()}

# Letters to Unicode, apostrophes and quotation marks to readers.
LETTER_LIKE = "".join(
    chr(code) for code, sign in _PLAIN.items() if sign in "'\"" and unicodedata.category(chr(code)) == "Lm"
)

# Zero width marks, joiners, the soft hyphen, the byte order mark, the directional marks and the selectors of variants:
# seen by no reader. The inside of a character class of a regular expression.
UNSEEN = "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_UNSEEN = re.compile(f"[{UNSEEN}]")
_UNSEEN_IN_NAMES = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
# Of these alone no reader sees anything either: white space, controls, fillers; and tags, which lie beyond what every
# engine of regular expressions takes in a class.
BLANK = rf"\s\x00-\x1f\x7f-\x9f{UNSEEN}\u115f\u1160\u2800\u3164\uffa0"
_BLANK = re.compile(f"[{BLANK}\U000e0000-\U000e0fff]*")

# Marks that belong to the letter before them. Of the first plane only: ``re`` is slow with classes that hold
# characters beyond it.
ACCENTS = "".join(mark for mark in map(chr, _FIRST_PLANE) if unicodedata.category(mark).startswith("M"))

# Folding can turn one character into eighteen, and Postgres's indexes hold values of some 2,700 bytes at most.
_LONGEST_KEY = 1_000


def plain(text: str) -> str:
    """Replace typographic quotation marks, dashes and spaces by ASCII ones, and signs by the letter they stand for.

    One code point for one: no offset moves.
    """
    return text.translate(_PLAIN)


def is_seen(text: str) -> bool:
    """Tell whether a reader sees anything of a text: more than white space, controls, fillers and invisible marks."""
    return _BLANK.fullmatch(text) is None


def without_unseen(text: str) -> str:
    """Remove the invisible marks of ``UNSEEN`` from a text; white space stays."""
    return _UNSEEN.sub("", text)


def name_key(name: str) -> str:
    """Return the key that all spellings of a name share: it ignores case, width, typography and runs of white space.

    Folded by Unicode's NFKC (UAX 15) and full case folding. A key of more than 1,000 bytes in UTF-8, which an index of
    Postgres might not hold, is replaced by its SHA-256 in hexadecimal. Keys are stored, so these rules stay.
    """
    seen = _UNSEEN_IN_NAMES.sub("", name.translate(_IN_NAMES)) or name
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    key = " ".join(folded.split())
    return key if len(key.encode()) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def is_storable(text: str) -> bool:
    """Tell whether both databases can keep a text: no NUL characters, and no lone surrogates."""
    return "\x00" not in text and encodes(text)


def encodes(text: str) -> bool:
    """Tell whether a text can be encoded in UTF-8, that is, holds no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
