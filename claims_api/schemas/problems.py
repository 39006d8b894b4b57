"""Problems in JSON (RFC 9457)."""

from marshmallow import fields

from claims_api.schemas.base import Output
from claims_api.schemas.refs import SpeakerRefOut


class InputErrorOut(Output):
    """One place of the input that cannot be taken: in the body, or a parameter."""

    pointer = fields.String(metadata={"description": "JSON pointer (RFC 6901) into the body."})
    parameter = fields.String(metadata={"description": "Name of the parameter."})
    detail = fields.String(required=True)
    line = fields.Integer(allow_none=True, metadata={"description": "Of an import: where the record stood, from 1."})
    external_id = fields.String(allow_none=True, metadata={"description": "Of an import: the record's key."})
    code = fields.String(metadata={"description": "Of an import: the type of problem of this record."})


class ExistingOut(Output):
    """What is there already."""

    id = fields.String(required=True)


class CitationOut(Output):
    """What cites."""

    entity = fields.String(required=True)
    id = fields.String(required=True)


class PlaceFoundOut(Output):
    """A place in the text of a source."""

    occurrence = fields.Integer()
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    exact = fields.String(required=True)
    prefix = fields.String()
    suffix = fields.String()
    score = fields.Float(metadata={"description": "Likeness to the quote, from 0 to 1."})


class ProblemOut(Output):
    """What went wrong, and what to do about it."""

    type = fields.String(required=True, metadata={"description": "Path of a page that explains this type."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What went wrong this time."})
    remedy = fields.String(required=True, metadata={"description": "What to do about it."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(InputErrorOut), metadata={"description": "Each place of bad input."})
    existing = fields.Nested(ExistingOut, metadata={"description": "With `duplicate`: the one there is."})
    cited_by = fields.List(fields.Nested(CitationOut), metadata={"description": "With `in-use`: who cites it."})
    cites = fields.List(
        fields.Nested(CitationOut), metadata={"description": "With `cites-deleted`: what to restore first."}
    )
    places = fields.List(
        fields.Nested(PlaceFoundOut),
        metadata={"description": "With `quote-ambiguous`, `quote-mismatch`: where it stands, the first 50 places."},
    )
    count = fields.Integer(
        metadata={"description": "With `quote-ambiguous`: how many places there are; 1000 for 1000 and more."}
    )
    nearest = fields.Nested(
        PlaceFoundOut,
        allow_none=True,
        metadata={"description": "With `quote-not-found`: what comes closest."},
    )
    found = fields.String(metadata={"description": "With `quote-mismatch`: what stands at the offsets."})
    etag = fields.String(metadata={"description": "With `stale`: the ETag of `current`."})
    current = fields.Dict(metadata={"description": "With `stale`: the present state of the entity."})
    candidates = fields.List(
        fields.Nested(SpeakerRefOut), metadata={"description": "With `invalid`: the speakers who go by a name."}
    )
    accepted = fields.List(fields.String(), metadata={"description": "With `unsupported-media-type`: what is taken."})
    circle = fields.List(
        fields.String(), metadata={"description": "With `invalid`: the claims that would supersede each other, by id."}
    )
    scope = fields.String(metadata={"description": "With `forbidden`: the scope that the key lacks."})
    limit = fields.Integer(metadata={"description": "With `too-large`: how many bytes a body may have at most."})
    retry_after = fields.Integer(metadata={"description": "With `rate-limited`: in how many seconds to go on."})
