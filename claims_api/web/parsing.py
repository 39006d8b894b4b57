"""From bytes to what views take: strict JSON, strict parameters, errors that name their place.

Refused on the way: bodies that are no JSON object in UTF-8, members given twice, NaN and Infinity, NUL
characters and lone surrogates anywhere, members and parameters that are not declared.
"""

from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from claims_api.errors import LONGEST_NAME_SHOWN, Invalid, TooLarge, UnsupportedMediaType, pointer
from claims_api.schemas.strict import invalid, leaves, parse_json, refuse_broken_text, refuse_many_values
from claims_api.web import uploads

JSON_TYPES = ("application/json",)
MERGE_PATCH_TYPES = ("application/merge-patch+json", "application/json")


class StrictParser(FlaskParser):
    """Webargs, as strict as this API promises to be."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012  # webargs' own way

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read the body as JSON."""
        if getattr(schema, "optional", False) and not body_of(req):
            return {}
        if getattr(schema, "takes_files", False) and req.mimetype == uploads.MULTIPART:
            return _with_file(req)
        types = MERGE_PATCH_TYPES if req.method == "PATCH" else JSON_TYPES
        _refuse_other_types(req, types)
        return _document(body_of(req))

    def load_querystring(self, req: Request, _schema: Schema) -> dict[str, str]:
        """Read the parameters, each of them once."""
        for name, values in req.args.lists():
            if len(values) > 1:
                raise Invalid("Invalid parameters.", errors=[_about(name, "Given more than once.")])
            if "\x00" in name + values[0]:
                raise Invalid("Invalid parameters.", errors=[_about(name, "NUL is no text.")])
        return req.args.to_dict()

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Turn marshmallow's messages into one error for each place."""
        location, messages = next(iter(error.messages_dict.items()))
        found = sorted(leaves(messages), key=lambda leaf: (len(leaf[0]), list(map(str, leaf[0]))))
        if location == "query":
            errors = [_about("/".join(map(str, path)), text) for path, text in found]
        else:
            errors = [{"pointer": pointer(path), "detail": text} for path, text in found]
        raise invalid(errors)


def _document(body: bytes) -> Any:
    refuse_many_values(body)
    document = parse_json(body)
    refuse_broken_text(document)
    return document


def _with_file(req: Request) -> dict[str, Any]:
    _refuse_encoded(req)
    parts = uploads.parts_of(body_of(req), req.content_type or "")
    upload = uploads.file_of(parts)
    document = uploads.joined(_document(uploads.fields_of(parts)), upload)
    refuse_broken_text(document["text"], "text")
    return {**document, "text": upload}


def _refuse_encoded(req: Request) -> None:
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")


def _refuse_other_types(req: Request, types: tuple[str, ...]) -> None:
    _refuse_encoded(req)
    if req.mimetype not in types:
        raise UnsupportedMediaType(f"Send the body with Content-Type: {' or '.join(types)}.", accepted=list(types))


def body_of(req: Request) -> bytes:
    """Read the whole body, or raise ``TooLarge``."""
    limit = req.max_content_length or 0
    try:
        body = req.get_data()
        # A body without a length is cut at the limit in silence: look whether anything follows.
        rest = b"" if req.content_length is not None else req.environ["wsgi.input"].read(1)
    except RequestEntityTooLarge:
        rest, body = b"?", b""
    if rest or len(body) > limit:
        raise TooLarge(f"A body may have {limit} bytes.", limit=limit)
    return body


def _about(parameter: str, text: str) -> dict[str, str]:
    return {"parameter": parameter[:LONGEST_NAME_SHOWN], "detail": text}
