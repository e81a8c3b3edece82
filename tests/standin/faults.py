# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Faults that can be switched on: the table, the switches, and those that corrupt the wire.

A fault has one of four stages: DOOR (the port refuses), ACCEPT (the connection fails before a
request), RESPONSE (another response is sent instead) and WIRE (the response's bytes go wrong). Faults of
the last two see the response that the service would have sent. Those of the stage RESPONSE are in
hostile.py.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .clock import HANG
from .wire import Link, Response, chunk, head

DOOR, ACCEPT, RESPONSE, WIRE = "door", "accept", "response", "wire"


@dataclass(frozen=True)
class Fault:
    name: str
    stage: str
    play: Callable
    purpose: str


FAULTS: dict[str, Fault] = {}


def fault(name: str, stage: str) -> Callable:
    """Puts a function into the table, under the name that tests use."""

    def enter(play: Callable) -> Callable:
        FAULTS[name] = Fault(name, stage, play, inspect.getdoc(play) or "")
        return play

    return enter


class Switch:
    """A fault that is switched on: for `times` requests or connections, or until stop()."""

    def __init__(
        self, board: "FaultBoard", kind: Fault, times: int | None, path: str, options: dict
    ):
        self.name = kind.name
        self.stage = kind.stage
        self.times = times
        self.path = path
        self.hits = 0  # how often it was played; the board's lock guards it
        self._board = board
        self._kind = kind
        self._options = options

    def play(self, *subject):
        return self._kind.play(*subject, **self._options)

    def stop(self) -> None:
        self._board.remove(self)

    def wait_for_hits(self, count: int, timeout: float = HANG) -> None:
        """Blocks until the fault was met `count` times: some leave no request to wait for."""
        self._board.wait_for_hits(self, count, timeout)

    def __enter__(self) -> "Switch":
        return self

    def __exit__(self, *_) -> None:
        self.stop()


class FaultBoard:
    """The switches of one service. Several that are on are played one after the other."""

    def __init__(self):
        self._changed = threading.Condition()
        self._on: list[Switch] = []
        self._listener = None

    def attach(self, listener) -> None:
        """The listener whose door and connections the faults act on."""
        self._listener = listener

    def add(
        self, name: str, times: int | None = None, path: str = "", **options
    ) -> Switch:
        if name not in FAULTS:
            raise ValueError(f"no fault is called {name!r}; there are {', '.join(sorted(FAULTS))}")
        kind = FAULTS[name]
        if kind.stage == DOOR and times is not None:
            raise ValueError(f"{name} cannot be counted: end it with stop()")
        if kind.stage in (DOOR, ACCEPT) and path:
            raise ValueError(f"{name} comes before there is a path")
        subjects = [None] * {DOOR: 1, ACCEPT: 1, RESPONSE: 2, WIRE: 3}[kind.stage]
        inspect.signature(kind.play).bind(*subjects, **options)
        switch = Switch(self, kind, times, path, options)
        with self._changed:
            self._on.append(switch)
        if kind.stage == DOOR:
            self._listener.shut()
        elif kind.stage == ACCEPT:
            self._listener.drop()  # the next request needs a new connection, and meets the fault
        return switch

    def take(self, *stages: str, path: str = "") -> Switch | None:
        """The switch whose turn it is for this path, if it is of one of these stages."""
        with self._changed:
            turn = next((switch for switch in self._on
                         if switch.stage != DOOR and path.endswith(switch.path)), None)
            if turn is None or turn.stage not in stages:
                return None
            turn.hits += 1
            if turn.hits == turn.times:
                self._on.remove(turn)
            self._changed.notify_all()
            return turn

    def remove(self, switch: Switch) -> None:
        with self._changed:
            if switch not in self._on:
                return
            self._on.remove(switch)
            shut = any(other.stage == DOOR for other in self._on)
        if switch.stage == DOOR and not shut:
            self._listener.open()

    def clear(self) -> None:
        for switch in list(self._on):
            self.remove(switch)

    def wait_for_hits(self, switch: Switch, count: int, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: switch.hits >= count, timeout):
                raise AssertionError(
                    f"fault {switch.name} met {switch.hits} of {count} times within {timeout} s"
                )


@fault("refused", DOOR)
def _refused(_link: Link) -> None:
    """The port refuses connections; the same port serves again after stop()."""


@fault("reset-at-accept", ACCEPT)
def _reset_at_accept(link: Link) -> None:
    """RST as soon as the connection stands."""
    link.reset()


@fault("silent", ACCEPT)
def _silent(link: Link) -> None:
    """Accepts, reads and never responds: a black hole, and on a TLS port a hanging handshake."""
    link.hold()


@fault("tls-cut", ACCEPT)
def _tls_cut(link: Link) -> None:
    """The connection ends after the client's first bytes, on a TLS port the ClientHello."""
    link.receive()


@fault("tls-plain", ACCEPT)
def _tls_plain(link: Link) -> None:
    """A plain HTTP response to any bytes: a TLS client that meets a port without TLS."""
    link.receive()
    link.send(head(400, {"Content-Length": "0", "Connection": "close"}))


@fault("black-hole", WIRE)
def _black_hole(link: Link, _response: Response, _now: float) -> None:
    """The request is read and never gets a response."""
    link.hold()


@fault("reset-after-request", WIRE)
def _reset_after_request(link: Link, _response: Response, _now: float) -> None:
    """RST instead of a response."""
    link.reset()


@fault("close-after-request", WIRE)
def _close_after_request(_link: Link, _response: Response, _now: float) -> None:
    """FIN instead of a response."""


@fault("reset-in-header", WIRE)
def _reset_in_header(link: Link, response: Response, now: float) -> None:
    """RST in the middle of the header."""
    data = response.head(now)
    link.send(data[: len(data) // 2])
    link.reset()


@fault("reset-in-body", WIRE)
def _reset_in_body(link: Link, response: Response, now: float) -> None:
    """RST in the middle of the body."""
    link.send(response.head(now) + response.body[: len(response.body) // 2])
    link.reset()


@fault("header-drips", WIRE)
def _header_drips(link: Link, response: Response, now: float, pace: float = 1.0) -> None:
    """The header comes one byte every `pace` seconds, for ever."""
    for byte in response.head(now).removesuffix(b"\r\n") + b"X-Drip: ":
        link.send(bytes([byte]))
        link.wait(pace)
    while True:
        link.send(b"a")
        link.wait(pace)


@fault("header-endless", WIRE)
def _header_endless(link: Link, response: Response, now: float, pace: float = 0.001) -> None:
    """Header lines for ever, one every `pace` seconds."""
    link.send(response.head(now).removesuffix(b"\r\n"))
    number = 0
    while True:
        number += 1
        link.send(b"X-Filler-%d: %s\r\n" % (number, b"a" * 80))
        link.wait(pace)


@fault("body-stalls", WIRE)
def _body_stalls(link: Link, response: Response, now: float) -> None:
    """Half of the body, then nothing, and the connection stays."""
    link.send(response.head(now) + response.body[: len(response.body) // 2])
    link.hold()


@fault("body-drips", WIRE)
def _body_drips(link: Link, response: Response, now: float, pace: float = 1.0) -> None:
    """The body comes one byte every `pace` seconds."""
    link.send(response.head(now))
    for byte in response.body:
        link.send(bytes([byte]))
        link.wait(pace)


@fault("body-short", WIRE)
def _body_short(link: Link, response: Response, now: float) -> None:
    """The connection ends before Content-Length is reached."""
    link.send(response.head(now) + response.body[: len(response.body) // 2])


@fault("chunks-cut", WIRE)
def _chunks_cut(link: Link, response: Response, now: float) -> None:
    """A chunked body that ends without its last chunk."""
    link.send(response.head(now, chunked=True) + chunk(response.body[: len(response.body) // 2]))


@fault("chunks-bad", WIRE)
def _chunks_bad(link: Link, response: Response, now: float) -> None:
    """A chunk whose size is no number."""
    link.send(response.head(now, chunked=True) + b"zz\r\n" + response.body + b"\r\n0\r\n\r\n")


@fault("body-endless", WIRE)
def _body_endless(link: Link, response: Response, now: float) -> None:
    """A chunked body of valid items that never ends."""
    item = b'{"job_id":"ffffffff-ffff-4fff-8fff-ffffffffjb99","progress":"1"},'
    link.send(response.head(now, chunked=True) + chunk(b'{"count":1,"results":['))
    while True:
        link.send(chunk(item * 256))


@fault("not-http", WIRE)
def _not_http(link: Link, _response: Response, _now: float) -> None:
    """A response in another protocol than HTTP."""
    link.send(b"SSH-2.0-OpenSSH_9.2p1\r\n")
