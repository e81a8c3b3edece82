# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Hostile JSON in real collectd: ids that are cut by a NUL, and long strings in one-byte pieces."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from support.blocks import JOB, PROJECT_ID, project
from daemons import HANG, Collectd

VALUE = f"test-host/drs-{JOB}/percent-total"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_an_id_with_a_nul_is_not_the_id_before_it(cloud):
    with cloud.inject("value", member="job_id", raw=rf'"{JOB}\u0000x"'.encode()):
        with Collectd(project("prod", cloud)) as daemon:
            reads = daemon.wait_for_reads(3)
            notifications = daemon.notifications()
    for read in reads:
        assert read["prod/bool-up"] == 0
        assert not [name for name in read if name.startswith(JOB)]
    assert any(JOB in str(notification) for notification in notifications)


def response(string: int) -> bytes:
    """A response of 3 MB, most of it strings of this many bytes."""
    job = {"job_id": JOB, "progress": "42"}
    padding = ["x" * string] * (3_000_000 // (string + 3))
    return json.dumps({"padding": padding, "count": 1, "results": [job]}).encode()


def in_pieces(body: bytes) -> bytes:
    """Each byte as an HTTP chunk of its own."""
    return HEAD + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


@contextmanager
def server(response: bytes) -> Iterator[int]:
    """A service that responds to each request with these bytes; its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        def serve() -> None:
            with suppress(OSError):  # the door is shut, or the daemon has left
                while True:
                    with door.accept()[0] as peer:
                        while peer.recv(65536):
                            peer.sendall(response)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
        thread.join(HANG)


def cpu_seconds(cloud, string: int) -> float:
    """The daemon's CPU time for one cycle with such a response."""
    with server(in_pieces(response(string))) as port:
        config = project("prod", cloud, f'Endpoint "http://127.0.0.1:{port}"', f'ProjectID "{PROJECT_ID}"',
                         "Interval 600", "Timeout 60000")
        with Collectd(config) as daemon:
            daemon.wait_until(lambda: daemon.values().get(VALUE) == 42, "the value")
            with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as stat:
                user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_long_string_in_one_byte_pieces_costs_no_more_than_short_ones(cloud):
    short, long = cpu_seconds(cloud, 20), cpu_seconds(cloud, 60_000)
    assert long < 3 * short, (short, long)
