# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A server that sends any bytes: no HTTP library would."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class RawServer:
    """Reads a request on each connection, sends what `respond` gives, and closes it.

    `respond` may give bytes for ever. `sent` counts the bytes that the client took.
    """

    def __init__(self, respond: Callable[[], Iterable[bytes]]) -> None:
        self.respond = respond
        self.requests = 0
        self.sent = 0
        self.most_sent = 0  # in one response
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.endpoint = f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        sent = 0
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                more = connection.recv(65536)
                if not more:
                    return
                request += more
            with self._lock:
                self.requests += 1
            for piece in self.respond():
                connection.sendall(piece)
                sent += len(piece)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self.sent += sent
                self.most_sent = max(self.most_sent, sent)
                self._connections.discard(connection)
            connection.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client has closed it
                    connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def full_port():
    """A port that acknowledges no SYN: its queue is full, and nobody takes from it."""
    with socket.socket() as door, socket.socket() as first, socket.socket() as second:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for guest in (first, second):
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
        yield door.getsockname()[1]
