"""Turn texts and search questions into words, folded so that case, accents and width make no difference.

Both databases index these words and no others, so that they find the same. Where a script sets no spaces between words
(Chinese, Japanese, Thai ...), each pair of neighbours counts as a word, and the last letter of a run by itself: any
stretch of such a text can be found. Offsets are Unicode code points, half-open.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from claims_api.text import ACCENTS, LETTER_LIKE, UNSEEN

# Separates parts of a text that no phrase may cross; no question can contain it.
BREAK = "\u2063"
LONGEST_WORD = 40
# Longer words are folded only so far: a text may be one single word, and folded words are cached.
_LONGEST_READ = 400
# Further phrases of a question are ignored.
MOST_PHRASES = 32

_WORD = re.compile(rf"[^\W_]+(?:[{ACCENTS}{UNSEEN}]+[^\W_]*)*")
# Without digits: numbers are words in every script.
_UNSPACED = re.compile(
    "[\u0e00-\u0e4f\u0e5a-\u0ecf\u0eda-\u0eff\u1000-\u103f\u104a-\u108f\u109a-\u109f\u1780-\u17df\u17ea-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
    rf"[{ACCENTS}{UNSEEN}]*"
)
_ASCII_WORD = re.compile("[a-z0-9]+")
# The indexed beginning of a long word.
_BEGINNING = re.compile(f"([a-z0-9]{{1,{LONGEST_WORD}}})[a-z0-9]*")
_TATWEEL = "\u0640"
# Turkish writes it as I in capitals, as others write their i.
_DOTLESS = "\u0131"
# Letters that Unicode does not take apart, into one and a stroke; digits of all scripts; and what no word has.
_ALIKE = (
    str.maketrans(f"łøđħŧ{_DOTLESS}", "lodhti", LETTER_LIKE + _TATWEEL)
    | {code: str(unicodedata.decimal(chr(code))) for code in range(0x80, 0x20000) if chr(code).isdecimal()}
    | dict.fromkeys(map(ord, re.findall(f"[{UNSEEN}]", "".join(map(chr, range(0x10000))))))
)


class Term(NamedTuple):
    """A word as the index has it, and its span; ``is_tail`` marks the single last letter of a run without spaces."""

    word: str
    start: int
    end: int
    is_tail: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must follow each other; with ``is_prefix`` the last one is only the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed query: texts match that have ``all_of`` (with ``any_will_do``: any of) and ``none_of`` these phrases."""

    all_of: tuple[Phrase, ...]
    none_of: tuple[Phrase, ...] = ()
    any_will_do: bool = False


def terms(text: str) -> list[Term]:
    """Return the words of a text in its order, each cut to 40 characters, with the span of the whole word."""
    if text.isascii():  # as most are, and far quicker to read
        return [Term(match[0][:LONGEST_WORD], *match.span()) for match in _ASCII_WORD.finditer(text.lower())]
    found: list[Term] = []
    for mark in LETTER_LIKE:
        text = text.replace(mark, "'")
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii() or not _UNSPACED.search(word):
            found += _spaced(word, match.start())
        else:
            found += _mixed(word, match.start())
    return found


def words(text: str) -> list[str]:
    """Return the words of a text in its order, as ``terms`` does, without their spans."""
    if text.isascii():
        return _BEGINNING.findall(text.lower())
    return [term.word for term in terms(text)]


def folded(word: str) -> str:
    """Return a word without case, accents, vowel points, strokes, width and invisible marks; may be "".

    Digits are those of ASCII. It is cut to 40 characters.
    """
    return _folded(word[:_LONGEST_READ])


@lru_cache(maxsize=65_536)
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()[:LONGEST_WORD]
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold()).translate(_ALIKE)
    return unicodedata.normalize("NFC", "".join(filter(_is_kept, plain)))[:LONGEST_WORD]


def asked(question: str) -> Asked:
    """Parse a search query: words, "phrases", beginnings* and -exclusions; any text is valid.

    Words that are written as one (``line-of-contact``) must follow each other. Of the phrases that are asked for, and
    of those that are excluded, the first 32 count.
    """
    all_of: list[Phrase] = []
    none_of: list[Phrase] = []
    for sign, quoted, bare in _PARTS.findall(question):
        phrase = _phrase(quoted or bare)
        if phrase is not None:
            (none_of if sign else all_of).append(phrase)
    return Asked(tuple(dict.fromkeys(all_of))[:MOST_PHRASES], tuple(dict.fromkeys(none_of))[:MOST_PHRASES])


class Sought:
    """The phrases of a query, to be found again in the texts that an answer shows."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = phrases
        # In an ASCII text only ASCII phrases can be found.
        plain = [phrase for phrase in phrases if all(map(str.isascii, phrase.words))]
        self._are_words = all(len(phrase.words) == 1 for phrase in plain)
        # A word of this length may have been cut off.
        self._words = [(each.words[0], each.is_prefix or len(each.words[0]) == LONGEST_WORD) for each in plain]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of the phrases in a text, in its order; those that touch or overlap are joined."""
        if not (self._are_words and text.isascii()):
            return _spans(text, self._phrases)
        lower = text.lower()
        # Only the sought words are searched; the text is not split into words.
        places = [place for word, is_open in self._words if word in lower for place in _standing(lower, word, is_open)]
        return list(_joined(sorted(places))) if len(places) > 1 else places


def _standing(text: str, word: str, is_open: bool) -> Iterator[tuple[int, int]]:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if start == 0 or not text[start - 1].isalnum():
            while is_open and end < len(text) and text[end].isalnum():
                end += 1
            if end == len(text) or not text[end].isalnum():
                yield start, end
        start = text.find(word, end)


def _spans(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    beginnings = tuple(phrase.words[0] for phrase in phrases if phrase.is_prefix and len(phrase.words) == 1)
    by_first: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        by_first[phrase.words[0]].append(phrase)
    found = terms(text)
    places: list[tuple[int, int]] = []
    for at, term in enumerate(found):
        lengths = [len(phrase.words) for phrase in by_first.get(term.word, ()) if _stands(phrase, found, at)]
        if lengths or term.word.startswith(beginnings):
            places.append((term.start, found[at + max(lengths, default=1) - 1].end))
    return list(_joined(places))


# A minus excludes where it begins a word of its own; a quotation mark that is never closed closes at the end. The typed
# one opens no phrase behind a letter of Hebrew, where it marks an acronym, or a digit, where it means inches; between
# two letters of Hebrew it closes none.
_QUOTE = '["\u201c\u201d\u201e]'
_HEBREW = "\u0591-\u05ea"
_INNER = rf'(?<=[{_HEBREW}])"(?=[{_HEBREW}])'
_NO_MARK = rf'(?:(?<=[{_HEBREW}\d])"|(?!{_QUOTE})\S)'
_PARTS = re.compile(
    rf'(?:(?<!\S)(-))?(?:(?!(?<=[{_HEBREW}\d])"){_QUOTE}(.*?)(?:(?!{_INNER}){_QUOTE}|$)|({_NO_MARK}+))', re.DOTALL
)


def _phrase(text: str) -> Phrase | None:
    found = terms(text)
    if not found:
        return None
    if found[-1].is_tail:
        # A single last letter may begin a pair; after a pair it adds nothing, so it is dropped.
        is_pair = len(found) > 1 and found[-2].end == found[-1].end
        return Phrase(tuple(term.word for term in found[: -1 if is_pair else None]), is_prefix=not is_pair)
    return Phrase(tuple(term.word for term in found), is_prefix=text.rstrip().endswith("*"))


def _stands(phrase: Phrase, found: Sequence[Term], at: int) -> bool:
    *before, last = phrase.words
    if at + len(before) >= len(found):
        return False
    if any(found[at + place].word != word for place, word in enumerate(before)):
        return False
    there = found[at + len(before)].word
    return there.startswith(last) if phrase.is_prefix else there == last


def _joined(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not places:
        return
    start, end = places[0]
    for further, stop in places[1:]:
        if further > end:
            yield start, end
            start, end = further, stop
        end = max(end, stop)
    yield start, end


def _spaced(word: str, start: int) -> list[Term]:
    plain = folded(word)
    return [Term(plain, start, start + len(word))] if plain else []


def _mixed(word: str, start: int) -> Iterator[Term]:
    run: list[Term] = []
    done = 0
    for letter in _UNSPACED.finditer(word):
        if letter.start() > done:
            yield from _pairs(run)
            yield from _spaced(word[done : letter.start()], start + done)
            run = []
        run.append(Term(folded(letter[0]), start + letter.start(), start + letter.end()))
        done = letter.end()
    yield from _pairs(run)
    yield from _spaced(word[done:], start + done)


def _pairs(run: Sequence[Term]) -> Iterator[Term]:
    letters = [letter for letter in run if letter.word]
    for first, second in pairwise(letters):
        yield Term(first.word + second.word, first.start, second.end)
    if letters:
        yield Term(letters[-1].word, letters[-1].start, letters[-1].end, is_tail=True)


def _is_kept(letter: str) -> bool:
    # Marks that change a letter go; those that are letters of their own (the vowels of India) stay.
    if unicodedata.combining(letter):
        return False
    return letter.isalnum() or unicodedata.category(letter).startswith("M")
