# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""HTTP/1.1 on a socket: reads requests strictly, writes responses, and can break off anywhere."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

MAX_HEAD = 128 * 1024
MAX_BODY = 64 * 1024 * 1024


class Gone(Exception):
    """The peer has left, or the stand-in is closing: the end of this connection's thread."""


class Malformed(Exception):
    """What came is not HTTP/1.1 as a careful server takes it."""


@dataclass
class Response:
    """A response, before it is encoded for the wire."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, document: Any, **headers: str) -> "Response":
        body = json.dumps(document, separators=(",", ":")).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, body, {"Content-Type": "application/json", **named})

    def compressed(self) -> "Response":
        headers = {**self.headers, "Content-Encoding": "gzip"}
        return Response(self.status, gzip.compress(self.body, 1), headers)

    def head(self, now: float, length: int | None = None, chunked: bool = False) -> bytes:
        """Status line and headers; `length` may lie."""
        lines = {"Date": formatdate(now, usegmt=True), "Server": "api-gateway", **self.headers}
        if chunked:
            lines["Transfer-Encoding"] = "chunked"
        else:
            lines["Content-Length"] = str(len(self.body) if length is None else length)
        return head(self.status, lines)


def head(status: int, headers: dict[str, str]) -> bytes:
    """A status line and header lines, with the empty line that ends them."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    text = f"HTTP/1.1 {status} {phrase}\r\n"
    text += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (text + "\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body; of no data it is the end."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class RawRequest:
    """The parts of a request as they stood on the wire."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes
    problems: list[str]

    @property
    def last(self) -> bool:
        """True where the client wants the connection closed after the response."""
        return self.version == "HTTP/1.0" or self.headers.get("connection", "").lower() == "close"


class Link:
    """One connection. Every wait ends at once when the peer leaves or the stand-in closes."""

    def __init__(self, sock: socket.socket, number: int, stopping: threading.Event):
        self.sock = sock
        self.number = number
        self._stopping = stopping
        self._rest = b""

    def handshake(self, context: ssl.SSLContext) -> bool:
        """Turns TLS on; the result is whether the session was resumed."""
        try:
            # In two steps, so that interrupt() reaches a handshake that hangs.
            self.sock = context.wrap_socket(
                self.sock, server_side=True, do_handshake_on_connect=False
            )
            self.wait(0)  # it may have come before there was anything to interrupt
            self.sock.do_handshake()
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from error
        return bool(self.sock.session_reused)

    def receive(self) -> bytes:
        """The next bytes, whatever they are."""
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from error
        if not data or self._stopping.is_set():
            raise Gone
        return data

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from error

    def wait(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Gone

    def hold(self) -> None:
        """Swallows what comes and sends nothing until the peer leaves."""
        while True:
            self.receive()

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()
        raise Gone

    def close(self) -> None:
        try:
            self.sock.close()
        except OSError:
            pass

    def interrupt(self) -> None:
        """From another thread: whoever waits on this connection wakes and finds it ended."""
        try:
            # Not SSLSocket's own shutdown, which drops the TLS state under the other thread's feet.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            pass

    def read_request(self) -> RawRequest:
        """The next request; Gone when the peer has no more, Malformed when it is not one."""
        block = self._until(b"\r\n\r\n")
        first, *lines = block.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise Malformed(f"request line {first[:100]!r}")
        headers, problems = parse_headers(lines)
        if parts[2] == "HTTP/1.1" and "host" not in headers:
            problems.append("no Host header")
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return RawRequest(*parts, headers, self._body(headers), problems)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            if len(self._rest) > MAX_HEAD:
                raise Malformed(f"more than {MAX_HEAD} bytes of header")
            self._rest += self.receive()
        block, self._rest = self._rest.split(mark, 1)
        return block

    def _exactly(self, length: int) -> bytes:
        if length > MAX_BODY:
            raise Malformed(f"a body of {length} bytes")
        parts, have = [self._rest], len(self._rest)
        while have < length:
            parts.append(self.receive())
            have += len(parts[-1])
        data = b"".join(parts)
        self._rest = data[length:]
        return data[:length]

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked" or "content-length" in headers:
                raise Malformed("Transfer-Encoding other than chunked, or beside Content-Length")
            return self._chunks()
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise Malformed(f"Content-Length {length!r}")
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = self._until(b"\r\n").split(b";")[0]
            try:
                length = int(size, 16)
            except ValueError:
                raise Malformed(f"chunk size {size[:20]!r}") from None
            data = self._exactly(length)
            if self._until(b"\r\n"):
                raise Malformed("no end of line after a chunk")
            if not length:
                return body
            body += data
            if len(body) > MAX_BODY:
                raise Malformed("a chunked body that does not end")


def parse_headers(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """Header lines by lower-case name; a repeated name is a problem, not a choice."""
    headers: dict[str, str] = {}
    problems = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"header line {line[:100]!r}")
        if name.lower() in headers:
            problems.append(f"header {name} twice")
        headers[name.lower()] = value.strip(" \t")
    return headers, problems
