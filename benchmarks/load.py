"""A client that costs little: prepared requests over a few connections that are kept, and how long each answer took."""

import re
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import orjson

CONNECTIONS = 8
_SECONDS = 30
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BODILESS = (b"204", b"304")


@dataclass(frozen=True)
class Ask:
    """A request, and the status that its answer must have."""

    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200

    def encoded(self, *more: tuple[str, str]) -> bytes:
        """Return its bytes, with further headers."""
        content = b"" if self.body is None else self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        headers = [("Host", "127.0.0.1"), *more, *self.headers]
        if self.body is not None:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in dict(headers).items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Ran:
    """How a load went; ``taken`` is the seconds of each request, ``wrong`` the answers that were no good."""

    seconds: float = 0
    taken: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)

    def percentile(self, part: float) -> float:
        """Return the milliseconds within which this part of the answers was there."""
        return sorted(self.taken)[min(len(self.taken) - 1, int(len(self.taken) * part))] * 1000


class _Connection:
    """A connection with one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data, self.sent_at = b"", 0.0

    def send(self, request: bytes) -> None:
        self._data, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def received(self) -> bytes | None:
        """Return the answer if all of it is there."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("The server closed a connection.")
        self._data += part
        return self._data if is_whole(self._data) else None


def is_whole(data: bytes) -> bool:
    """Tell whether all of an answer is there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(data, 0, end + 4)
    if length is None and data[9:12] not in _BODILESS:
        raise ConnectionError(f"An answer without a length: {data[:end]!r}")
    return data[9:12] in _BODILESS or len(data) >= end + 4 + int(length[1] if length else 0)


def drive(port: int, requests: Iterable[bytes], status: int, *, seconds: float, connections: int = CONNECTIONS) -> Ran:
    """Send requests for so many seconds, or until there are no more."""
    ran, rest, wanted = Ran(), iter(requests), str(status).encode()
    begun = time.perf_counter()
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(connections):
            connection = _Connection(port)
            stack.callback(connection.socket.close)
            if _goes_on(connection, rest):
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            for connection in _ready(selector):
                answer = connection.received()
                if answer is not None:
                    _note(ran, connection, answer, wanted)
                    if time.perf_counter() - begun > seconds or not _goes_on(connection, rest):
                        selector.unregister(connection.socket)
    ran.seconds = time.perf_counter() - begun
    return ran


def _goes_on(connection: _Connection, rest: Iterator[bytes]) -> bool:
    request = next(rest, None)
    if request is not None:
        connection.send(request)
    return request is not None


def _ready(selector: selectors.BaseSelector) -> list[_Connection]:
    found = selector.select(_SECONDS)
    if not found:
        raise TimeoutError(f"No answer within {_SECONDS} seconds.")
    return [key.data for key, _ in found]


def _note(ran: Ran, connection: _Connection, answer: bytes, wanted: bytes) -> None:
    ran.taken.append(time.perf_counter() - connection.sent_at)
    if answer[9:12] != wanted:
        ran.wrong.append(answer)
