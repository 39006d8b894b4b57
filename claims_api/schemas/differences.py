"""What is different between two versions of a text, in JSON."""

from typing import Any

from marshmallow import fields

from claims_api.models.words import Edit
from claims_api.queries.rows import AnyRow
from claims_api.schemas.base import Output
from claims_api.schemas.fields import Word
from claims_api.services.texts.differences import differences
from claims_api.services.texts.unified import unified


class ComparedOut(Output):
    """A version that is compared."""

    number = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the UTF-8 encoded text, in hexadecimal."})
    length = fields.Integer(required=True, metadata={"description": "In Unicode code points."})


class StretchOut(Output):
    """A stretch of one of both texts; empty where the other alone has something."""

    start = fields.Integer(required=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, metadata={"description": "The first one behind."})
    text = fields.String(required=True)


class OperationOut(Output):
    """What became of a stretch of the text that is compared from."""

    op = Word(Edit, required=True)
    before = fields.Nested(StretchOut, required=True, data_key="from")
    after = fields.Nested(StretchOut, required=True, data_key="to")


class VersionDifferenceOut(Output):
    """What became of one version's text in another's."""

    before = fields.Nested(ComparedOut, required=True, data_key="from")
    after = fields.Nested(ComparedOut, required=True, data_key="to")
    operations = fields.List(
        fields.Nested(OperationOut),
        required=True,
        metadata={"description": "Word for word, in order: joined, the texts of each side are that side's whole text."},
    )
    unified = fields.String(
        required=True, metadata={"description": "The same line by line, as `patch` takes it; empty for equal texts."}
    )


def difference(before: AnyRow, after: AnyRow) -> dict[str, Any]:
    """Return what became of one version in another, each given as a row with its text."""
    found = [
        {
            "op": each.op,
            "from": _stretch(before.text, each.old_start, each.old_end),
            "to": _stretch(after.text, each.new_start, each.new_end),
        }
        for each in differences(before.text, after.text)
    ]
    names = f"version-{before.number}", f"version-{after.number}"
    return {
        "from": _compared(before),
        "to": _compared(after),
        "operations": found,
        "unified": unified(before.text, after.text, names=names),
    }


def _stretch(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end]}


def _compared(version: AnyRow) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ComparedOut._declared_fields}
