"""The formats that can be imported: what each is called, how it is sent, and what reads its records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from claims_api.schemas import bundles
from claims_api.schemas.lines import numbered
from claims_api.services.incoming import Records

NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Opened:
    """What a file holds; whether the whole ledger comes with it."""

    records: Records
    has_history: bool = False


@dataclass(frozen=True)
class Format:
    """A format: the media type that it is sent as, and what opens a file of it, of so many bytes at most."""

    media_type: str
    opened: Callable[[BinaryIO, int], Opened]


def _bundle(file: BinaryIO, most: int) -> Opened:
    has_history, records = bundles.opened(numbered(file, most=most))
    return Opened(records, has_history)


FORMATS: Mapping[str, Format] = {"bundle": Format(NDJSON, _bundle)}
