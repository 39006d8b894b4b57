"""Excerpts: the part of a text that answers a question, with what was asked for marked in it."""

from collections.abc import Sequence
from html import escape
from typing import Any

from marshmallow import fields

from claims_api.schemas.base import Output
from claims_api.schemas.refs import OffsetsOut
from claims_api.terms import Sought

# So many code points are shown, from a little before the first place.
_SHOWN = 300
_BEFORE = 60


class ExcerptOut(Output):
    """Part of a field, with the places that answer the question; all offsets are code points of the whole field."""

    field = fields.String(required=True, metadata={"description": "Which field this is a part of."})
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = fields.String(required=True, metadata={"description": "`field[start:end]`, as it stands there."})
    marked = fields.String(required=True, metadata={"description": "The same as HTML, escaped, with `<mark>`."})
    highlights = fields.List(fields.Nested(OffsetsOut), required=True)


def excerpt(field: str, text: str, sought: Sought, *, begins: int = 0) -> dict[str, Any] | None:
    """Return the excerpt of a field around the first phrase that is found in it; None where none is.

    ``text`` is the field, or a stretch of it that begins at the code point ``begins``.
    """
    places = sought.spans(text)
    if not places:
        return None
    start, end = _window(text, places[0])
    shown = [(max(first, start), min(last, end)) for first, last in places if first < end and last > start]
    return {
        "field": field,
        "start": begins + start,
        "end": begins + end,
        "text": text[start:end],
        "marked": _marked(text, start, end, shown),
        "highlights": [{"start": begins + first, "end": begins + last} for first, last in shown],
    }


def _window(text: str, place: tuple[int, int]) -> tuple[int, int]:
    if len(text) <= _SHOWN:
        return 0, len(text)
    start = _word_start(text, max(0, place[0] - _BEFORE))
    end = min(len(text), start + _SHOWN)
    space = text.rfind(" ", place[1], end)
    return start, end if end == len(text) or space < 0 else space


def _word_start(text: str, place: int) -> int:
    space = text.find(" ", place, place + _BEFORE // 2)
    return place if place == 0 or space < 0 else space + 1


def _marked(text: str, start: int, end: int, places: Sequence[tuple[int, int]]) -> str:
    shown = text[start:end]
    # Most texts have nothing to escape, which is quicker to see of the whole than of each part.
    write = escape if escape(shown) != shown else str
    parts, done = [], start
    for first, last in places:
        parts += [write(text[done:first]), "<mark>", write(text[first:last]), "</mark>"]
        done = last
    return "".join([*parts, write(text[done:end])])
