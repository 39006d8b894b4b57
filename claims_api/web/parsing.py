"""From bytes to what views take: strict JSON, strict parameters, errors that name their place.

Refused on the way: bodies that are no JSON object in UTF-8, members given twice, NaN and Infinity, NUL
characters and lone surrogates anywhere, members and parameters that are not declared.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from claims_api.errors import LONGEST_NAME_SHOWN, Invalid, Malformed, Path, TooLarge, UnsupportedMediaType, pointer

JSON_TYPES = ("application/json",)
MERGE_PATCH_TYPES = ("application/merge-patch+json", "application/json")
_DEEPEST = 20
_MOST_ERRORS_SHOWN = 20
# The largest that anybody needs, a claim with all its links, has a third of them.
MOST_VALUES = 10_000
# A string, which may lack its end, or what comes before a value. Nothing is looked at twice.
_STRING_OR_NEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)


class StrictParser(FlaskParser):
    """Webargs, as strict as this API promises to be."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012  # webargs' own way

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read the body as JSON."""
        if getattr(schema, "optional", False) and not body_of(req):
            return {}
        types = MERGE_PATCH_TYPES if req.method == "PATCH" else JSON_TYPES
        _refuse_other_types(req, types)
        body = body_of(req)
        _refuse_many_values(body)
        document = parse_json(body)
        refuse_broken_text(document)
        return document

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
        leaves = sorted(_leaves(messages), key=lambda leaf: (len(leaf[0]), list(map(str, leaf[0]))))
        if location == "query":
            errors = [_about("/".join(map(str, path)), text) for path, text in leaves]
        else:
            errors = [{"pointer": pointer(path), "detail": text} for path, text in leaves]
        raise _invalid(errors)


def _invalid(errors: list[dict[str, str]]) -> Invalid:
    return Invalid(_summary(errors), errors=errors[:_MOST_ERRORS_SHOWN])


def parse_json(body: bytes) -> Any:
    """Read JSON text (RFC 8259), UTF-8 only, refusing what two readers could understand differently."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed(f"The body is not valid JSON{place}.") from None


def _refuse_other_types(req: Request, types: tuple[str, ...]) -> None:
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if req.mimetype not in types:
        raise UnsupportedMediaType(f"Send the body with Content-Type: {' or '.join(types)}.", accepted=list(types))


def _refuse_many_values(body: bytes) -> None:
    # Before any of them is made: what each costs later, in messages above all, is a thousand times its bytes.
    found = (match for match in _STRING_OR_NEXT.finditer(body) if not match[0].startswith(b'"'))
    if next(islice(found, MOST_VALUES, None), None):
        raise Malformed(f"The body holds too many values: it may have {MOST_VALUES}.")


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


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("The body gives a member of one object more than once.")
    return members


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed("The body holds a number too large to be kept.")
    return number


def refuse_broken_text(document: Any) -> None:
    """Raise ``Invalid`` for text that cannot be kept: NUL characters and lone surrogates."""
    errors = [{"pointer": pointer(path), "detail": text} for path, text in _broken(document, ())]
    if errors:
        raise _invalid(errors)


def _broken(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > _DEEPEST:
        raise Malformed("The body is nested too deeply.")
    match value:
        case str():
            yield from _broken_string(value, path)
        case list():
            for index, item in enumerate(value):
                yield from _broken(item, (*path, index))
        case dict():
            for name, item in value.items():
                shown = name.encode(errors="replace").decode().replace("\x00", "?")
                if shown != name:
                    yield (*path, shown), "The name of this member is no text."
                yield from _broken(item, (*path, shown))


def _broken_string(value: str, path: Path) -> Iterator[tuple[Path, str]]:
    if "\x00" in value:
        yield path, "U+0000 (NUL) is no text; leave it out."
    elif not _encodes(value):
        yield path, "Half of a surrogate pair is no text; send whole characters."


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leaves(messages: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _leaves(inner, path if name == "_schema" else (*path, name))
    else:
        for text in messages:
            yield path, str(text)


def _about(parameter: str, text: str) -> dict[str, str]:
    return {"parameter": parameter[:LONGEST_NAME_SHOWN], "detail": text}


def _summary(errors: list[dict[str, str]]) -> str:
    first = errors[0]
    where = first.get("parameter") or first.get("pointer") or "the body"
    more = f" (and {len(errors) - 1} more, see `errors`)" if len(errors) > 1 else ""
    return f"{where}: {first['detail']}{more}"
