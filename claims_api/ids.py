"""Identifiers: UUIDv7 (RFC 9562) as canonical lower-case text."""

import datetime as dt
import hashlib
import re

import uuid_utils

CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a fresh UUIDv7; ids of one process sort in the order they were made."""
    return str(uuid_utils.uuid7())


def derived_id(moment: dt.datetime, *names: str) -> str:
    """Return the same UUIDv7 for the same moment (aware, to the millisecond) and names, on whatever machine.

    The 74 bits that RFC 9562 leaves to chance are taken from a SHA-256 of the names, so that a
    file loaded twice, or into two databases, gives each of its records one identity.
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    bits = int.from_bytes(digest[:10], "big")
    milliseconds = int(moment.timestamp() * 1000)
    # The 48 bits of a moment before 1970 are those of its two's complement.
    value = (milliseconds & (1 << 48) - 1) << 80 | bits
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid_utils.UUID(int=value))
