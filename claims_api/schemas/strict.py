"""JSON read strictly: what two readers could understand differently is refused, and so is what is no text.

Refused are members given twice, NaN and Infinity, NUL characters and lone surrogates anywhere.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

import orjson

from claims_api.errors import Invalid, Malformed, Path, pointer
from claims_api.text import encodes

# The largest that anybody needs, a claim with all its links, has a third of them.
MOST_VALUES = 10_000
_DEEPEST = 20
_MOST_ERRORS_SHOWN = 20
_TOO_DEEP, _FLATTER = "This JSON is nested too deeply.", f"Nest it no more than {_DEEPEST} levels deep."
# A string, which may lack its end, or what comes before a value. Nothing is looked at twice.
_STRING_OR_NEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)


# What may be a name with a space behind it.
_SPACED = re.compile(rb'"[ \t\r\n]+:')


def parse_json(body: bytes) -> Any:
    """Read JSON text (RFC 8259), UTF-8 only; ``Malformed`` for what two readers could understand differently."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise Malformed("This is not UTF-8.") from None
    except RecursionError:
        raise Malformed(_TOO_DEEP, remedy=_FLATTER) from None
    except json.JSONDecodeError as error:
        raise Malformed(f"This is not valid JSON{_place(error)}.") from None
    except ValueError:
        # All that Python itself refuses: turning digits into a number takes the longer the more there are, squared.
        raise Malformed(
            "This JSON holds a whole number that is too long: "
            f"it may have at most {sys.get_int_max_str_digits()} digits.",
            remedy="Send numbers as they are meant, and what only looks like one, such as a long code, as a string.",
        ) from None


def _place(error: json.JSONDecodeError) -> str:
    if error.doc.startswith("\ufeff"):
        return ": it begins with a byte order mark"
    # Of a single line, which may be any of a file, the column says it all.
    line = f"line {error.lineno}, " if "\n" in error.doc.strip() else ""
    return f" ({line}column {error.colno})"


def refuse_many_values(body: bytes, *, most: int = MOST_VALUES) -> None:
    """Raise ``Malformed`` for more than ``most`` values, before any is made: each costs many times its bytes."""
    if not _may_hold_many(body, most):
        return
    found = (match for match in _STRING_OR_NEXT.finditer(body) if not match[0].startswith(b'"'))
    if next(islice(found, most, None), None):
        raise Malformed(
            f"The body holds too many values: it may have at most {most}.", remedy="Send less at once, or import it."
        )


def _may_hold_many(body: bytes, most: int) -> bool:
    # Those within strings are counted, too: most bodies need no closer look, and short ones none.
    return len(body) > most and sum(body.count(mark) for mark in (b",", b"[", b"{")) > most


def parse_line(line: bytes, *, most: int = MOST_VALUES) -> Any:
    """Read one of many lines of JSON, as strictly as one body, and most of them far quicker.

    Raises what ``parse_json``, ``refuse_many_values`` and ``refuse_broken_text`` raise: ``Malformed`` and ``Invalid``.
    """
    refuse_many_values(line, most=most)
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _strictly(line)  # says better what is wrong
    # Written without a space behind any name, as most programs do: then a member given twice shows.
    try:
        has_all = line.count(b'":') == _members_of(value)
    except RecursionError:
        raise Malformed(_TOO_DEEP, remedy=_FLATTER) from None
    is_certain = has_all and b"\\u0000" not in line and not _SPACED.search(line)
    return value if is_certain else _strictly(line)


def glimpse(line: bytes) -> dict[str, Any]:
    """Return the members that can be read of a line that was refused, to tell which record it is; {} for none."""
    try:
        refuse_many_values(line)
        value = json.loads(line)
    except (Malformed, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def shown(key: object, *, most: int) -> str | None:
    """Return the first ``most`` characters of a key that was refused, as they can be shown; None for what is no key."""
    if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
        return None
    return str(key)[:most].encode(errors="replace").decode().replace("\x00", "?")


def _strictly(line: bytes) -> Any:
    value = parse_json(line)
    _refuse_broken_line(value)
    return value


def _members_of(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + _members_within(value.values())
    return _members_within(value) if isinstance(value, list) else 0


def _members_within(values: Iterable[Any]) -> int:
    # Most values have none, and need not be asked.
    return sum(_members_of(each) for each in values if isinstance(each, dict | list))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("This JSON gives a member of one object more than once.")
    return members


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed("This JSON holds a number too large to be kept.", remedy="Send no number beyond 1.7e308.")
    return number


def refuse_broken_text(document: Any, *place: str) -> None:
    """Raise ``Invalid`` for NUL characters and lone surrogates, ``Malformed`` for values nested too deeply."""
    errors = [{"pointer": pointer(path), "detail": text} for path, text in _broken(document, place)]
    if errors:
        raise invalid(errors)


def _refuse_broken_line(value: Any) -> None:
    found = next(_broken(value, ()), None)
    if found is not None:
        raise Invalid(found[1], path=found[0])


def _broken(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > _DEEPEST:
        raise Malformed(_TOO_DEEP, remedy=_FLATTER)
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
    elif not encodes(value):
        yield path, "Half of a surrogate pair is no text; send whole characters."


def leaves(messages: Any) -> list[tuple[Path, str]]:
    """Return the places that marshmallow's messages name, the outermost first, and what is wrong with each."""
    return sorted(_leaves(messages, ()), key=lambda leaf: (len(leaf[0]), list(map(str, leaf[0]))))


def _leaves(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _leaves(inner, path if name == "_schema" else (*path, name))
    else:
        for text in messages:
            yield path, str(text)


def invalid(errors: list[dict[str, str]]) -> Invalid:
    """Return, not raise, the failure that tells of these errors: of the first in words, and of 20 at most by member."""
    return Invalid(_summary(errors), errors=errors[:_MOST_ERRORS_SHOWN])


def _summary(errors: list[dict[str, str]]) -> str:
    first = errors[0]
    where = first.get("parameter") or first.get("pointer") or "the body"
    more = f" (and {len(errors) - 1} more, see `errors`)" if len(errors) > 1 else ""
    return f"{where}: {first['detail']}{more}"
