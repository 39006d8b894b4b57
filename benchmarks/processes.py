"""Server processes: started, waited for, ended."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Ask

_START_SECONDS = 60
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A server that answers on a port; ``headers`` are sent with every request."""

    port: int
    pid: int
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, ask: Ask) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request, and return the status, the headers by their names in lower case, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_SECONDS)
        connection.connect()
        connection.sock.sendall(ask.encoded(*self.headers))
        response = http.client.HTTPResponse(connection.sock, method=ask.method)
        response.begin()
        body = response.read()
        connection.close()
        return response.status, {name.lower(): each for name, each in response.getheaders()}, body

    def must(self, ask: Ask) -> tuple[Mapping[str, str], bytes]:
        """Send one request, and return its headers and body if it has the status that it must have."""
        status, headers, body = self.answer(ask)
        if status != ask.status:
            raise AssertionError(f"{ask.method} {ask.path} was answered with {status}: {body[:500]!r}")
        return headers, body


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], settings: Mapping[str, str], port: int, log: Path, ready: str) -> Iterator[int]:
    """Run a Python program until the block ends, and give its process once it answers at a path."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Ctrl-C is ours
        )
    try:
        _wait(process, Server(port, process.pid), ready, log)
        yield process.pid
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], server: Server, ready: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while not _answers(server, ready):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"A server did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def _answers(server: Server, ready: str) -> bool:
    try:
        status, _, _ = server.answer(Ask("GET", ready))
    except (OSError, http.client.HTTPException):
        return False
    return status < http.client.INTERNAL_SERVER_ERROR


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
