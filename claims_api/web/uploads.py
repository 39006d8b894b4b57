"""File uploads: multipart/form-data (RFC 7578) with the parts ``file`` and, optionally, ``fields`` (JSON).

Both together are read as the JSON body would be that had the file as its ``text``.
"""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from claims_api.errors import LONGEST_NAME_SHOWN, Invalid, Malformed, UnsupportedMediaType
from claims_api.schemas.uploads import OF_FILES, beside_file
from claims_api.services.uploads import CONTENT_TYPES, Upload, decoded

MULTIPART = "multipart/form-data"
FILE = "file"
FIELDS = "fields"
_AS_THEY_ARE = {"7bit", "8bit", "binary"}
_JSON_TYPES = ("application/json", "text/plain")
_LONGEST_BOUNDARY = 70  # by RFC 2046


@dataclass
class Part:
    """One part of a body: what it says of itself, and its bytes."""

    headers: Headers
    data: bytes = b""

    def content_type(self, default: str) -> tuple[str, str | None]:
        """Return its media type, and its charset if it says one."""
        name, options = parse_options_header(self.headers.get("Content-Type", default))
        return name.lower(), options.get("charset")


def parts_of(body: bytes, content_type: str) -> dict[str, Part]:
    """Return the parts of a body by name; ``Malformed`` unless they are ``file`` and ``fields``, each at most once."""
    try:
        return _parts(body, boundary_of(content_type))
    except (ValueError, HTTPException):
        detail = f"The body is no {MULTIPART} of a part `{FILE}` and, if need be, a part `{FIELDS}`, each once."
        remedy = "Let your client make the form, and its Content-Type, which says what stands between the parts."
        raise Malformed(detail, remedy=remedy) from None


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a multipart Content-Type; ``ValueError`` where it has none."""
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise ValueError("A body of parts says what stands between them.")
    return boundary.encode("ascii")


def described(schema: type[Schema]) -> dict[str, Any]:
    """Return the OpenAPI description of such a body, for an operation that also takes the schema as JSON."""
    sent = {"type": "string", "format": "binary", "description": f"The text, as {' or '.join(CONTENT_TYPES)}."}
    return {
        "schema": {
            "type": "object",
            "properties": {FILE: sent, FIELDS: beside_file(schema)},
            "required": [FILE],
            "additionalProperties": False,
        },
        "encoding": {FILE: {"contentType": ", ".join(CONTENT_TYPES)}, FIELDS: {"contentType": _JSON_TYPES[0]}},
    }


def file_of(parts: dict[str, Part]) -> Upload:
    """Return the file among the parts, as text.

    Raises ``Invalid`` where there is none or its bytes are not in its charset, and ``UnsupportedMediaType`` for one
    that is neither plain text nor HTML.
    """
    if FILE not in parts:
        raise Invalid(f"Send the text as the part `{FILE}`.", path=("text",))
    content_type, charset = parts[FILE].content_type("application/octet-stream")
    if content_type not in CONTENT_TYPES:
        detail = f"The part `{FILE}` must have the Content-Type {' or '.join(CONTENT_TYPES)}."
        raise UnsupportedMediaType(detail, accepted=list(CONTENT_TYPES))
    return decoded(parts[FILE].data, content_type, charset)


def fields_of(parts: dict[str, Part]) -> bytes:
    """Return the bytes of the JSON beside the file, ``{}`` for none; ``UnsupportedMediaType`` for another type."""
    if FIELDS not in parts:
        return b"{}"
    if parts[FIELDS].content_type(_JSON_TYPES[0])[0] not in _JSON_TYPES:
        raise UnsupportedMediaType(f"The part `{FIELDS}` must be JSON.", accepted=list(_JSON_TYPES[:1]))
    return parts[FIELDS].data


def joined(fields: Any, upload: Upload) -> dict[str, Any]:
    """Return the fields with the file's text among them; ``Invalid`` where they say themselves what the file says."""
    if not isinstance(fields, dict):
        raise Invalid(f"The part `{FIELDS}` must be a JSON object.", path=())
    for name in OF_FILES:
        if name in fields:
            raise Invalid(f"This is said by the part `{FILE}`; leave it out.", path=(name,))
    return {**fields, "text": upload.text, "content_type": upload.content_type}


def _unexpected(name: str | None) -> Malformed:
    detail = (
        f"The part `{(name or '')[:LONGEST_NAME_SHOWN]}` is not taken, or not twice: send `{FILE}`, and `{FIELDS}`."
    )
    remedy = f'Say all that is no file in one part `{FIELDS}`, as JSON: `{FIELDS}={{"title": "..."}}`.'
    return Malformed(detail, remedy=remedy)


def _parts(body: bytes, boundary: bytes) -> dict[str, Part]:
    decoder = MultipartDecoder(boundary, max_parts=len((FILE, FIELDS)))
    decoder.receive_data(body)
    decoder.receive_data(None)
    found: dict[str, Part] = {}
    part = Part(Headers())
    while not isinstance(event := decoder.next_event(), Epilogue):
        if isinstance(event, Field | File):
            if event.name in found or event.name not in {FILE, FIELDS}:
                raise _unexpected(event.name)
            if event.headers.get("Content-Transfer-Encoding", "binary").lower() not in _AS_THEY_ARE:
                raise UnsupportedMediaType("Send each part as it is, without a Content-Transfer-Encoding (RFC 7578).")
            part = found[event.name] = Part(event.headers)
        elif isinstance(event, Data):
            part.data += event.data
    return found
