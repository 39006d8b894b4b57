"""Keys that were never issued."""

import string
import zlib

ALPHABET = string.digits + string.ascii_letters


def checked(unchecked: str) -> str:
    """Return a key with its last six digits made right: the CRC-32 of the rest in base 62."""
    value, digits = zlib.crc32(unchecked[:-6].encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = ALPHABET[digit] + digits
    return unchecked[:-6] + digits


UNKNOWN = checked(f"ct_{'a' * 8}_{'b' * 49}")
