"""Where the sentences of documents stand, for formats that cite sentences by number, counted from 0.

Spans are code points, half-open.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

Span = tuple[int, int]


class Spans(Sequence[Span]):
    """The spans of a document's sentences, as a sequence over the bytes in which ``Sentences`` keeps them."""

    def __init__(self, kept: bytes) -> None:
        self._edges = array("I", kept)

    def __len__(self) -> int:
        """Return how many sentences there are."""
        return len(self._edges) // 2

    def __getitem__(self, index: Any) -> Any:
        """Return the span of one sentence."""
        return self._edges[2 * index], self._edges[2 * index + 1]


class Sentences:
    """The spans of the sentences of any number of documents, by the document's name.

    They are kept in a temporary file, which goes with this object, so that memory does not grow with the documents.
    """

    def __init__(self) -> None:
        # An empty name is a temporary file, of which SQLite keeps a few pages in memory.
        self._kept = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute("CREATE TABLE documents (name TEXT PRIMARY KEY, spans BLOB) WITHOUT ROWID")
        self._kept.execute("CREATE TABLE edges (name, edge, is_bare, PRIMARY KEY (name, edge, is_bare)) WITHOUT ROWID")

    def keep(self, name: str, spans: Sequence[Span]) -> None:
        """Remember a document; the first of a name stays."""
        self._kept.execute(
            "INSERT OR IGNORE INTO documents VALUES (?, ?)", (name, array("I", chain.from_iterable(spans)).tobytes())
        )

    def of(self, name: str) -> Spans | None:
        """Return the spans of a document's sentences, or None where it was never kept."""
        found = self._kept.execute("SELECT spans FROM documents WHERE name = ?", (name,)).fetchone()
        return None if found is None else Spans(found[0])

    def cut(self, name: str, edges: Iterable[int], *, is_bare: bool) -> None:
        """Note that a document is to be cut at the ends of a quote; ``is_bare``: no white space is at its own ends."""
        self._kept.executemany(
            "INSERT OR IGNORE INTO edges VALUES (?, ?, ?)", [(name, edge, is_bare) for edge in edges]
        )

    def cuts(self) -> Iterator[tuple[str, list[int], bool]]:
        """Yield the documents that are to be cut, by name, with the offsets in order, and whether all cuts are bare."""
        following = "SELECT min(name) FROM edges WHERE name > ?"
        name = self._kept.execute(following, ("",)).fetchone()[0]
        while name is not None:
            edges = self._kept.execute(
                "SELECT edge, is_bare FROM edges WHERE name = ? ORDER BY edge", (name,)
            ).fetchall()
            yield name, [edge for edge, _ in edges], all(is_bare for _, is_bare in edges)
            name = self._kept.execute(following, (name,)).fetchone()[0]

    def close(self) -> None:
        """Close and delete the file."""
        self._kept.close()


def joined(sentences: Sequence[str]) -> tuple[str, list[Span]]:
    """Return the text that sentences make, with a space between them, and the span of each in it."""
    spans, start = [], 0
    for sentence in sentences:
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    return " ".join(sentences), spans


def found(sentences: Sequence[str], text: str) -> list[Span] | None:
    """Return the spans of sentences in a text, one behind the other; None where one of them is not found so."""
    spans, behind = [], 0
    for sentence in sentences:
        start = text.find(sentence, behind)
        if start < 0:
            return None
        behind = start + len(sentence)
        spans.append((start, behind))
    return spans


def runs(numbers: Sequence[int]) -> Iterator[Span]:
    """Yield the first and last of each run of neighbouring numbers, whatever their order."""
    rising = sorted(set(numbers))
    breaks = [index for index, (one, next_one) in enumerate(pairwise(rising), 1) if next_one > one + 1]
    for start, end in pairwise([0, *breaks, len(rising)]) if rising else ():
        yield rising[start], rising[end - 1]


def pieces(text: str, edges: Iterable[int], *, is_bare: bool) -> list[Span]:
    """Cut a text at these offsets, and return the spans between them; if ``is_bare``, without white space around them.

    Then spans of white space alone are left out.
    """
    whole = list(pairwise(sorted({0, len(text), *(edge for edge in edges if 0 < edge < len(text))})))
    return [_trimmed(text, *span) for span in whole if not text[slice(*span)].isspace()] if is_bare else whole


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
