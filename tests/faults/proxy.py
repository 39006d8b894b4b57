"""A network between the service and Postgres that tests can break: from TCP to Postgres's unix socket."""

import ctypes
import selectors
import socket
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ON_LINUX = sys.platform == "linux"
_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # of Linux's SOL_SOCKET; Python does not name them
_INSERT, _COMMIT = b"INSERT INTO claims ", b"COMMIT"


class Proxy:
    """Passes everything on, until it is told otherwise; a context manager."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._passing, self._cut = threading.Event(), threading.Event()
        self._passing.set()
        self._clients: list[socket.socket] = []
        self.cut = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pass_on()
        _close(self._listening, *self._clients)

    def go_silent(self) -> None:
        """Lose all packets: nothing is passed on, and nothing acknowledged either, as when a cable is out."""
        self._passing.clear()
        for each in (self._listening, *self._clients):
            _lose_packets(each)

    def pass_on(self) -> None:
        """Let everything through again."""
        for each in (self._listening, *self._clients):
            with suppress(OSError):  # it was closed meanwhile
                each.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
        self._passing.set()

    def swallow_commit(self) -> None:
        """Pass on the next commit of a new claim, and break the connection off instead of its answer."""
        self.cut.clear()
        self._cut.set()

    def _accept(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                client, _ = self._listening.accept()
                self._clients.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with suppress(OSError), selectors.DefaultSelector() as ready:
            server.connect(str(self._target))
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            self._pump(client, ready)
        _close(client, server)

    def _pump(self, client: socket.socket, ready: selectors.BaseSelector) -> None:
        has_written = is_lost = False
        while True:
            for key, _ in ready.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                data = source.recv(65536)
                self._passing.wait()
                if not data or (is_lost and source is not client):
                    return
                target.sendall(data)
                has_written |= _INSERT in data
                if has_written and _COMMIT in data and self._cut.is_set():
                    self._cut.clear()
                    self.cut.set()
                    is_lost = True


class _Program(ctypes.Structure):
    """Linux's ``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _lose_packets(connection: socket.socket) -> None:
    # The one instruction "return 0": keep nothing of a packet. TCP then knows of none.
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = bytes(_Program(1, ctypes.addressof(instruction)))
    with suppress(OSError):  # it was closed meanwhile
        connection.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def _close(*connections: socket.socket) -> None:
    for each in connections:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
