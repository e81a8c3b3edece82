# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Names that libcurl looks up without showing which: of a proxy, or behind one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.blocks import JOB, project
from support.resolver import WithNameServer, needs_root, silent_name_server

CYCLES = 40
THREADS_MOST = 60


@contextmanager
def socks_proxy() -> Iterator[int]:
    """A SOCKS5 proxy that needs no authentication, and gets no request to connect: the client looks up the name."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as door:
        peers = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer = door.accept()[0]
                    peers.append(peer)
                    with suppress(OSError):
                        peer.recv(100)
                        peer.sendall(b"\x05\x00")

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)


def hung(cloud, *lines: str) -> str:
    """Twenty projects of eight requests each, and a healthy one."""
    ids = [f'Job "{number:08d}{JOB[8:]}"' for number in range(8)]
    blocks = [project(f"hung-{number}", cloud, *ids, "BatchSize 1", f'Host "host-{number}"', "Interval 1",
                      "Timeout 400", "SelfMetrics false", *lines) for number in range(20)]
    return project("healthy", cloud) + "".join(blocks)


def check(daemon: WithNameServer) -> None:
    daemon.wait_until(lambda: len(daemon.reads("healthy")) >= CYCLES, f"{CYCLES} cycles")
    threads = Path(f"/proc/{daemon.process.pid}/status").read_text().partition("Threads:")[2].split()[0]
    assert int(threads) < THREADS_MOST
    assert {read["healthy/bool-up"] for read in daemon.reads("healthy")} == {1}


@needs_root
def test_a_name_behind_a_socks_proxy_is_one_lookup_at_a_time(cloud, tmp_path):
    with silent_name_server() as server, socks_proxy() as port:
        config = hung(cloud, 'Endpoint "http://drs.nowhere.example"', f'Proxy "socks5://127.0.0.1:{port}"')
        with WithNameServer(config, server, tmp_path) as daemon:
            check(daemon)


@needs_root
def test_a_proxy_of_the_environment_is_one_lookup_at_a_time(cloud, tmp_path):
    with silent_name_server() as server:
        daemon = WithNameServer(hung(cloud, 'Endpoint "http://192.0.2.1"'), server, tmp_path)
        daemon.variables = {"http_proxy": "http://proxy.nowhere.example:3128", "no_proxy": "127.0.0.1"}
        with daemon:
            check(daemon)
