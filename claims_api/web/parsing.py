"""Parse and validate request bodies and query parameters; errors name the place by JSON pointer or parameter.

Refused are bodies that are no JSON object in UTF-8, members given twice, NaN and Infinity, NUL characters and lone
surrogates anywhere, members and parameters that are not declared.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from claims_api.errors import LONGEST_NAME_SHOWN, Invalid, Malformed, Path, TooLarge, UnsupportedMediaType, pointer
from claims_api.schemas.base import Input
from claims_api.schemas.strict import invalid, leaves, parse_json, refuse_broken_text, refuse_many_values
from claims_api.web import uploads

JSON_TYPES = ("application/json",)
MERGE_PATCH_TYPES = ("application/merge-patch+json", "application/json")
# For each operation the results of so many query strings are cached, none of which is longer.
_REMEMBERED, _LONGEST_REMEMBERED = 256, 120
# Parameters that differ nearly each time, and are left out of the cache's key.
_OTHERS = re.compile(rb"(?:\A|&)(cursor|q)=[^&]*")


def body_as(schema: Input) -> Callable[[Request], Any]:
    """Return a function that loads a request's body by a schema.

    It raises ``UnsupportedMediaType``, ``TooLarge``, ``Malformed`` for what is no JSON or broke off, and ``Invalid``
    for what the schema refuses.
    """
    return lambda req: _loaded(schema, _sent(req, schema), _about_member)


def query_as(schema: Schema) -> Callable[[Request], dict[str, Any]]:
    """Return a function that loads a request's query parameters by a schema; it raises ``Invalid``.

    It caches by the query string without cursor and search text, since most clients send few others.
    """
    known: dict[tuple[bytes, tuple[str, ...]], dict[str, Any]] = {}

    def load(req: Request) -> dict[str, Any]:
        rest, names = what = _apart(req.query_string)
        found = known.get(what)
        others = None if found is None else _taken(schema, req, names)
        if found is not None and others is not None:
            return {**found, **others}  # views take out of it what they need
        loaded: dict[str, Any] = _loaded(schema, _parameters(req), _about_parameter)
        if len(rest) <= _LONGEST_REMEMBERED and b"after=" not in rest:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[what] = {name: value for name, value in loaded.items() if name not in names}
        return loaded

    return load


def _apart(spelt: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the query string without the parameters that differ each time, and the names of those."""
    names = tuple(name.decode() for name in _OTHERS.findall(spelt))
    return (_OTHERS.sub(b"", spelt), names) if names else (spelt, names)


def _taken(schema: Schema, req: Request, names: Iterable[str]) -> dict[str, Any] | None:
    """Load some parameters, each by its own field; None where one of them is invalid."""
    given = {name: req.args[name] for name in names}
    if any("\x00" in value for value in given.values()):
        return None
    with suppress(ValidationError):
        return {name: schema.fields[name].deserialize(value) for name, value in given.items()}
    return None


def _loaded(schema: Schema, given: Any, about: Callable[[Path, str], dict[str, str]]) -> Any:
    """Load by a schema; raise ``Invalid`` with one of marshmallow's messages for each place."""
    try:
        return schema.load(given, unknown=RAISE)
    except ValidationError as error:
        raise invalid([about(*leaf) for leaf in leaves(error.messages)]) from None


def _sent(req: Request, schema: Input) -> Any:
    if schema.optional and not body_of(req):
        return _nothing(req, schema)
    if schema.takes_files and req.mimetype == uploads.MULTIPART:
        return _with_file(req)
    _refuse_other_types(req, MERGE_PATCH_TYPES if req.method == "PATCH" else JSON_TYPES)
    return _document(body_of(req))


def _nothing(req: Request, schema: Input) -> dict[str, Any]:
    # A chunked body that broke off looks empty, too.
    if "HTTP_TRANSFER_ENCODING" in req.environ and schema.fields:
        raise Malformed("A body was announced, and none came.", remedy="Send none, or `{}`.")
    return {}


def _parameters(req: Request) -> dict[str, str]:
    for name, values in req.args.lists():
        if len(values) > 1:
            raise _misused(name, "Given more than once.")
        if "\x00" in name + values[0]:
            raise _misused(name, "NUL is no text.")
    return req.args.to_dict()


def _misused(parameter: str, text: str) -> Invalid:
    return Invalid("Invalid parameters.", errors=[_about_parameter((parameter,), text)])


def _about_parameter(path: Path, text: str) -> dict[str, str]:
    return {"parameter": "/".join(map(str, path))[:LONGEST_NAME_SHOWN], "detail": text}


def _about_member(path: Path, text: str) -> dict[str, str]:
    return {"pointer": pointer(path), "detail": text}


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
    """Return the whole body; ``TooLarge`` beyond the application's limit, ``Malformed`` where it broke off."""
    limit = req.max_content_length or 0
    try:
        body = req.get_data()
        # Werkzeug cuts a body without a length at the limit in silence: look whether anything follows.
        rest = b"" if req.content_length is not None else req.environ["wsgi.input"].read(1)
    except RequestEntityTooLarge:
        rest, body = b"?", b""
    if rest or len(body) > limit:
        raise TooLarge(f"A body may have at most {limit} bytes.", limit=limit)
    if len(body) < (req.content_length or 0):
        raise Malformed("The body broke off.", remedy="Send it again, as long as it is announced.")
    return body
