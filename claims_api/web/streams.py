"""Bodies of any length go over the disk: an import before its transaction begins, an export before it is sent.

So a slow client keeps nobody waiting: on SQLite an import would hold the one writer meanwhile, an export its snapshot.
"""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from threading import BoundedSemaphore
from typing import BinaryIO

from flask import Flask, Request, Response, current_app, g, request

from claims_api.errors import Malformed, TooLarge, Unavailable, UnsupportedMediaType
from claims_api.schemas.formats.lines import is_gzip

GZIP = "application/gzip"
_PLACES = "claims_api.exports"
_IMPORTS = "claims_api.imports"
_RECEIVED = "claims_api_received"
_AT_ONCE = 256 * 1024
MOST_EXPORTS = 2
# One at work and one that waits for it; each holds a connection.
MOST_IMPORTS = 2
LARGEST_IMPORT = "CLAIMS_MAX_IMPORT_BYTES"


def install(app: Flask) -> None:
    """Let an application take and give long bodies."""
    app.extensions[_PLACES] = BoundedSemaphore(MOST_EXPORTS)
    app.extensions[_IMPORTS] = BoundedSemaphore(MOST_IMPORTS)
    app.teardown_request(_forget)


def received(media_types: Sequence[str], *, tells_its_end: bool = False) -> BinaryIO:
    """Return the body as a file on disk, at its beginning; it may be gzip.

    Raises ``UnsupportedMediaType`` for another type (none at all will do), ``TooLarge``, and ``Malformed`` for a body
    that broke off, or may have: one without Content-Length that neither is gzip nor ``tells_its_end``.
    """
    if _RECEIVED not in g:
        _refuse_other_types(request, media_types)
        setattr(g, _RECEIVED, tempfile.TemporaryFile())  # noqa: SIM115  # closed at the end of the request
        _receive(request, g.get(_RECEIVED))
    file: BinaryIO = g.get(_RECEIVED)
    file.seek(0)
    if request.content_length is None and not tells_its_end and not is_gzip(file):
        raise Malformed(
            "Of a stream that neither says its length nor is gzip nobody can tell whether all of it came.",
            remedy="Send the length of the body (Content-Length), or send it as gzip.",
        )
    return file


@contextmanager
def importing() -> Iterator[None]:
    """Hold one of the places for imports; ``Unavailable`` where none is free."""
    places: BoundedSemaphore = current_app.extensions[_IMPORTS]
    if not places.acquire(blocking=False):
        raise Unavailable("Others are importing at this moment.")
    try:
        yield
    finally:
        places.release()


def given(lines: Generator[bytes], media_type: str, headers: dict[str, str]) -> Response:
    """Answer with lines that are all written to disk first; ``Unavailable`` where two are being sent already.

    Failures of any line are raised, so that they become a problem: a client could not tell a stream that broke off
    from a whole one. While it is read only a thread is held, and no connection.
    """
    places: BoundedSemaphore = current_app.extensions[_PLACES]
    if not places.acquire(blocking=False):
        raise Unavailable("Others are exporting at this moment.")
    with closing(lines), ExitStack() as stack:
        stack.callback(places.release)
        file = stack.enter_context(tempfile.TemporaryFile())
        file.writelines(lines)
        length = file.tell()
        file.seek(0)
        held = stack.pop_all()
    response = Response(_read(file, held), headers={**headers, "Content-Length": str(length)}, content_type=media_type)
    # Also where not a byte of it is sent: after HEAD, or when the client is gone.
    response.call_on_close(held.close)
    return response


def _read(file: BinaryIO, held: ExitStack) -> Iterator[bytes]:
    with held:
        yield from iter(partial(file.read, _AT_ONCE), b"")


def _refuse_other_types(req: Request, media_types: Sequence[str]) -> None:
    # Uploads often have no type; the parameter `format` has said what it is.
    if req.mimetype not in {"", GZIP, *media_types}:
        raise UnsupportedMediaType(
            f"Send the body with Content-Type: {' or '.join(media_types)}.",
            accepted=[*media_types, GZIP],
            remedy=f"Send {' or '.join(f'`{each}`' for each in media_types)}, zipped or not, or say nothing of the "
            "type; what is sent is said by the parameter `format`.",
        )
    if req.headers.get("Content-Encoding", "identity").lower() not in {"identity", "gzip"}:
        raise UnsupportedMediaType("Send the body as it is, or with Content-Encoding: gzip.")


def _receive(req: Request, file: BinaryIO) -> None:
    most, length = current_app.config[LARGEST_IMPORT], 0
    # Past Werkzeug, which applies the limit of other bodies, and takes a body without a length for an empty one.
    stream = req.environ["wsgi.input"]
    while chunk := stream.read(_next(req.content_length, length)):
        length += len(chunk)
        if length > most:
            raise TooLarge(f"An import may have at most {most} bytes.", limit=most)
        file.write(chunk)
    if length != (req.content_length if req.content_length is not None else length):
        raise Malformed("The body broke off.", remedy="Send it again, as long as it is announced.")


def _next(announced: int | None, length: int) -> int:
    return _AT_ONCE if announced is None else min(_AT_ONCE, announced - length)


def _forget(_error: BaseException | None = None) -> None:
    file = g.pop(_RECEIVED, None)
    if file is not None:
        # After a full disk closing tries to write the rest again.
        with suppress(OSError):
            file.close()
