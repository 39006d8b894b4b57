"""Files of any length, line by line, zipped or not: no more than one line of them is kept in memory."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from claims_api.errors import Malformed, TooLarge

# The longest text of a source, each of its code points written as two escapes, and what stands beside it.
LONGEST_LINE = 13 * 1024 * 1024
_AT_ONCE = 64 * 1024
# gzip's own header and checksum around what is deflated.
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


def numbered(file: BinaryIO, *, most: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not empty, each with its number; a zipped file is unzipped on the way.

    Raises ``TooLarge`` for more bytes than ``most``, unzipped, and ``Malformed`` for too long a line and a bad zip.
    """
    number = 0
    for number, line in enumerate(_lines(_bounded(chunks(file), most)), start=1):
        if line.strip():
            yield number, line


def whole(file: BinaryIO, *, most: int) -> bytes:
    """Return all of a file, unzipped, or raise ``TooLarge``: for a format that is one document."""
    return b"".join(_bounded(chunks(file), most))


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file, unzipped where they are gzip."""
    first = file.read(_AT_ONCE)
    given = _rest(first, file)
    return _unzipped(given) if first.startswith(_MAGIC) else given


def _rest(first: bytes, file: BinaryIO) -> Iterator[bytes]:
    while first:
        yield first
        first = file.read(_AT_ONCE)


def _unzipped(zipped: Iterator[bytes]) -> Iterator[bytes]:
    unzipping = zlib.decompressobj(_GZIP)
    try:
        for chunk in zipped:
            rest = chunk
            while rest:
                if unzipping.eof:  # one zip may follow another
                    unzipping = zlib.decompressobj(_GZIP)
                # Never more at once: a zip of little may hold any number of bytes.
                yield unzipping.decompress(rest, _AT_ONCE)
                rest = unzipping.unconsumed_tail or unzipping.unused_data
        yield unzipping.flush()
    except zlib.error:
        raise Malformed("This is no gzip, or it is damaged.") from None
    if not unzipping.eof:
        raise Malformed("The gzip breaks off.")


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise TooLarge(f"An import may have {most} bytes, unzipped.", limit=most)
        yield chunk


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    length = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            yield b"".join((*begun, line))
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
        if length > LONGEST_LINE:
            raise Malformed(f"A line may have {LONGEST_LINE} bytes.")
    yield b"".join(begun)
