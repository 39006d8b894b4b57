"""Imports and exports in JSON: what they are asked, and what an import answers."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from claims_api.errors import pointer
from claims_api.schemas.base import Output, Query, flag
from claims_api.schemas.claims import ClaimFilters
from claims_api.schemas.fields import Instant, Text
from claims_api.schemas.formats.registry import FORMATS, IN_LINES
from claims_api.services.imports.incoming import ImportReport, LeftOut


class ImportQuery(Query):
    """How to import."""

    format = fields.String(
        load_default="bundle",
        validate=validate.OneOf(list(FORMATS)),
        metadata={"description": "What is sent."},
    )
    collection = Text(
        most=200,
        description="Whose keys the records bear; the name of the format when left out (of tables: `csv`). What comes "
        "again with the same key, in the same collection, is there already. Bundles have ids, and need none.",
    )
    columns = Text(
        most=2_000,
        description="Of tables: what columns are that bear other names, as `their name:our name,...`; `-` for one to "
        "be passed over.",
    )
    on_error = fields.String(
        load_default="stop",
        validate=validate.OneOf(["stop", "skip"]),
        metadata={"description": "`stop`: all or nothing; `skip`: all but what is refused."},
    )
    dry_run = flag("Do all of it, tell what came of it, and keep nothing.")


class RefusedOut(Output):
    """A record that was not taken."""

    line = fields.Integer(required=True, allow_none=True, metadata={"description": "Where it stood, from 1."})
    external_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The key that its file knows it by."}
    )
    code = fields.String(required=True, metadata={"description": "The type of problem, as `/problems` lists them."})
    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) into the record."})
    detail = fields.String(required=True, metadata={"description": "What is wrong with it."})


class LeftOutOut(Output):
    """Something that this service has no place for; what it belongs to is taken all the same."""

    line = fields.Integer(required=True, allow_none=True, metadata={"description": "Where it stood, from 1."})
    external_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The key that its file knows it by."}
    )
    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) into the record."})
    detail = fields.String(required=True, metadata={"description": "What it is, and why it is left out."})


def _counts(meaning: str) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": meaning})


class ImportOut(Output):
    """What came of an import."""

    created = _counts("How many of each kind were made.")
    unchanged = _counts("How many were there already, and stay as they are, whatever they say now.")
    refused = fields.List(
        fields.Nested(RefusedOut),
        required=True,
        metadata={"description": "Those not taken: the first 100, or 10,000 where they are skipped."},
    )
    refusals = fields.Integer(required=True, metadata={"description": "How many were not taken, all told."})
    left_out = fields.List(
        fields.Nested(LeftOutOut),
        required=True,
        metadata={"description": "What nothing here could hold: as many are told; they refuse nothing."},
    )
    omissions = fields.Integer(required=True, metadata={"description": "How many those are, all told."})
    dry_run = fields.Boolean(required=True, metadata={"description": "Whether nothing of it was kept."})


class ExportedQuery(ClaimFilters):
    """Which part of all to export."""

    updated_since = Instant(description="Only claims that were changed at or after this moment.")


class TableQuery(ExportedQuery):
    """Which part of all to export as a table, and for what program."""

    bom = flag("Begin with the mark by which Excel knows UTF-8.")


class ExportQuery(ExportedQuery):
    """Which part of all to export, and as what."""

    format = fields.String(
        load_default="bundle",
        validate=validate.OneOf(IN_LINES),
        metadata={"description": "As what; tables have paths of their own."},
    )
    include = fields.String(
        validate=validate.OneOf(["history"]),
        metadata={
            "description": "`history`: all that there ever was, deleted or not, with the whole ledger, to be restored "
            "into an empty database; only as a bundle, and not with filters. That takes a key with the scope `admin`."
        },
    )


def told(report: ImportReport, *, dry_run: bool) -> dict[str, Any]:
    """Return what came of an import."""
    return {
        "created": _named(report.created),
        "unchanged": _named(report.unchanged),
        "refused": [each.told() for each in report.refused],
        "refusals": report.refusals,
        "left_out": [_left_out(each) for each in report.left_out],
        "omissions": report.omissions,
        "dry_run": dry_run,
    }


def _named(counts: Mapping[str, int]) -> dict[str, int]:
    return {f"{name}": number for name, number in counts.items() if number}


def _left_out(each: LeftOut) -> dict[str, Any]:
    return {"line": each.line, "external_id": each.key, "pointer": pointer(each.path), "detail": each.detail}
