"""Read a file of any length line by line, gzipped or not, with no more than one line in memory."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from claims_api.errors import Malformed, TooLarge

# Room for the longest text of a source, each code point written as two escapes, and for the other members.
LONGEST_LINE = 13 * 1024 * 1024
# More empty lines are refused: a small gzip file may hold billions.
MOST_EMPTY = 1_000_000
_AT_ONCE = 64 * 1024
# gzip's own header and checksum around what is deflated.
_GZIP = 16 + zlib.MAX_WBITS
_REMEDY = "Send the whole file as gzip wrote it (`gzip -t` tells whether it is whole), or send it unzipped."
_MAGIC = b"\x1f\x8b"
# The byte order mark that some programs write before UTF-8.
MARK = b"\xef\xbb\xbf"


def numbered(file: BinaryIO, *, most: int, longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their ends, each with its number, from 1; a gzip file is decompressed on the way.

    Raises ``TooLarge`` for more bytes than ``most``, decompressed, and for a line of more bytes than ``longest``, and
    ``Malformed`` for bad gzip, and for more than a million empty lines.
    """
    return enumerate(_not_empty(_unmarked(_lines(_bounded(chunks(file), most), longest))), start=1)


def _unmarked(lines: Iterator[bytes]) -> Iterator[bytes]:
    first = next(lines, None)
    if first is not None:
        yield first.removeprefix(MARK)
    yield from lines


def _not_empty(lines: Iterator[bytes]) -> Iterator[bytes]:
    empty = 0
    for line in lines:
        if line.isspace():
            empty += 1
            if empty > MOST_EMPTY:
                raise Malformed(
                    f"There may be {MOST_EMPTY} empty lines.", remedy="Leave out lines without anything in them."
                )
        yield line


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks, decompressed where they are gzip (RFC 1952); ``Malformed`` for bad gzip."""
    first = file.read(_AT_ONCE)
    given = _rest(first, file)
    return _unzipped(given) if first.startswith(_MAGIC) else given


def is_gzip(file: BinaryIO) -> bool:
    """Tell whether a file is gzip, by its first two bytes; it is left at its beginning."""
    first = file.read(len(_MAGIC))
    file.seek(0)
    return first == _MAGIC


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
                # In bounded pieces: a small gzip file may hold any number of bytes.
                yield unzipping.decompress(rest, _AT_ONCE)
                rest = unzipping.unconsumed_tail or unzipping.unused_data
        yield unzipping.flush()
    except zlib.error:
        raise Malformed("This is no gzip, or it is damaged.", remedy=_REMEDY) from None
    if not unzipping.eof:
        raise Malformed("The gzip breaks off.", remedy=_REMEDY)


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise TooLarge(f"An import may have at most {most} bytes, unzipped.", limit=most)
        yield chunk


def _lines(chunks: Iterator[bytes], longest: int) -> Iterator[bytes]:
    begun: list[bytes] = []
    length = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            yield b"".join((*begun, line, b"\n"))
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
        if length > longest:
            raise TooLarge(f"A line may have at most {longest} bytes.", limit=longest)
    last = b"".join(begun)
    if last:
        yield last
