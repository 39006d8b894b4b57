"""How tests read what a format makes."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from claims_api.services.imports.incoming import Incoming, LeftOut, Unreadable

Found = Incoming | LeftOut | Unreadable
Reader = Callable[[Iterable[tuple[int, bytes]]], Iterator[Found]]


def lines(*documents: Any) -> list[tuple[int, bytes]]:
    """Write documents as lines of JSON, as files have them."""
    return [(number, json.dumps(each).encode() + b"\n") for number, each in enumerate(documents, 1)]


def of_bytes(table: bytes) -> list[tuple[int, bytes]]:
    """Part what was written into lines, whose ends stay."""
    parts = [part + b"\n" for part in table.split(b"\n")]
    parts[-1] = parts[-1][:-1]
    return list(enumerate((part for part in parts if part), 1))


def new(found: Iterable[Found], kind: type) -> list[Any]:
    """Return what the records of one kind state."""
    return [each.new for each in found if isinstance(each, Incoming) and isinstance(each.new, kind)]


def refused(found: Iterable[Found]) -> list[tuple[int | None, str]]:
    """Return the lines and reasons of what could not be read."""
    return [(each.line, each.failure.detail) for each in found if isinstance(each, Unreadable)]


def left_out(found: Iterable[Found]) -> list[str]:
    """Return what there is no place for."""
    return [each.detail for each in found if isinstance(each, LeftOut)]
