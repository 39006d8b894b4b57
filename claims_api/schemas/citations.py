"""What checking a citation finds, in JSON."""

from typing import Any

from marshmallow import fields

from claims_api.models.words import AnchorState
from claims_api.schemas.base import Output
from claims_api.schemas.fields import Word
from claims_api.schemas.refs import ANCHOR_STATE
from claims_api.services.citations import Citation, Standing


class StandingOut(Output):
    """How a passage agrees with the text that it was quoted from."""

    version = fields.Integer(required=True, metadata={"description": "Number of that version."})
    sha256 = fields.String(required=True, metadata={"description": "The one that was stored when the text was given."})
    hash = fields.Boolean(required=True, metadata={"description": "Whether the stored text still has that SHA-256."})
    start = fields.Integer(required=True, allow_none=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, allow_none=True, metadata={"description": "The first one behind."})
    offsets = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether they lie inside, and name one place in code points, UTF-16 and UTF-8."},
    )
    exact = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Whether the quoted words stand there, byte for byte."}
    )


class NewestStandingOut(StandingOut):
    """How it agrees with the newest text; place and words are null where it stands nowhere there."""

    anchor_state = Word(AnchorState, required=True, description=ANCHOR_STATE)


class CitationCheckOut(Output):
    """Whether a citation still stands, and what was looked at."""

    stands = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether the newest text has the quoted words, byte for byte, and all that is stored agrees."
        },
    )
    intact = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether all that is stored of it agrees; where not, somebody has altered the database."
        },
    )
    quoted = fields.Nested(
        StandingOut,
        required=True,
        allow_none=True,
        metadata={"description": "The text that it was quoted from; null where the source had none."},
    )
    newest = fields.Nested(
        NewestStandingOut,
        required=True,
        allow_none=True,
        metadata={"description": "The newest text; null where it was quoted from that, or the source has none."},
    )
    findings = fields.List(
        fields.String(), required=True, metadata={"description": "Sentences for people: what is not as it was."}
    )


def citation(found: Citation) -> dict[str, Any]:
    """Return what checking a citation has found."""
    newest = None if found.newest is None else {**_standing(found.newest), "anchor_state": found.anchor_state}
    return {
        "stands": found.stands,
        "intact": not found.faults,
        "quoted": None if found.quoted is None else _standing(found.quoted),
        "newest": newest,
        "findings": [*found.faults, *found.remarks],
    }


def _standing(found: Standing) -> dict[str, Any]:
    return {name: getattr(found, name) for name in StandingOut._declared_fields}
