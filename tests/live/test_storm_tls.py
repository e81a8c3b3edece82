# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Peers that hold libcurl inside one call: other projects are served, and the daemon stops."""

import itertools
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from support.blocks import project, reported
from daemons import Collectd
from daemons.process import free_port, listens, wait_until
from support.raw_server import RawServer

# More than a test needs: only a hang exceeds it.
LONG = 60
PATIENT = ("Timeout 600000", "Interval 3600")
HELLO_REQUEST = b"R\n"  # s_server's command for it


def healthy_cycles(daemon: Collectd, count: int = 5) -> None:
    before = len(daemon.reads("healthy"))
    daemon.wait_until(lambda: len(daemon.reads("healthy")) >= before + count, f"{count} cycles", LONG)


class Relay:
    """Between the client and a port, until `deaf`: then the port hears no more of the client."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.deaf = False
        self.unheard = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))

    def serve(self) -> None:
        with suppress(OSError):
            client = self.door.accept()[0]
            server = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
            while more := server.recv(65536):
                client.sendall(more)

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while more := client.recv(65536):
                if self.deaf:
                    self.unheard.set()
                else:
                    server.sendall(more)


@contextmanager
def second_handshake(certificates) -> Iterator[tuple[int, Callable[[], None]]]:
    """A port that speaks TLS 1.2, and a function that requests another handshake and then sends nothing."""
    port = free_port()
    command = ["openssl", "s_server", "-tls1_2", "-port", str(port),
               "-cert", str(certificates.certificate("good")), "-key", str(certificates.key("good"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as server:
        wait_until(lambda: listens(port), LONG, "s_server")
        relay = Relay(port)
        threading.Thread(target=relay.serve, daemon=True).start()

        def request_handshake() -> None:
            seen = b""
            while b"batch-progress" not in seen:
                seen += server.stdout.read1(65536)
            relay.deaf = True
            server.stdin.write(HELLO_REQUEST)
            server.stdin.flush()
            assert relay.unheard.wait(LONG), "the client's ClientHello"
        try:
            yield relay.door.getsockname()[1], request_handshake
        finally:
            server.kill()
            relay.door.close()


@pytest.fixture
def handshake(cloud, certificates):
    """A daemon in which a server requested another handshake, and was silent."""
    with second_handshake(certificates) as (port, request_handshake):
        config = project("healthy", cloud) + project(
            "hung", cloud, f'Endpoint "https://127.0.0.1:{port}"', 'Host "hung"', f'CACert "{certificates.ca}"',
            *PATIENT)
        with Collectd(config) as daemon:
            request_handshake()
            yield daemon


def test_a_second_handshake_holds_no_other_project(handshake):
    healthy_cycles(handshake)


def test_a_second_handshake_does_not_hold_the_stop(handshake):
    assert handshake.stop() < 1


def endless_header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from itertools.repeat(b"X: y\r\n" * 10_000)


def endless_body() -> Iterator[bytes]:
    yield b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 1000000000000\r\n\r\n"
    yield from itertools.repeat(b"x" * 65536)


@pytest.mark.parametrize("respond, expected", [(endless_header, "the proxy's response to CONNECT is too large"),
                                               (endless_body, "the proxy refused to connect \\(HTTP 407\\)")])
def test_an_endless_response_to_connect(cloud, respond, expected):
    """libcurl reads it byte by byte, as long as there is a byte."""
    with RawServer(respond) as proxy:
        lines = ['Endpoint "https://drs.example.com"', f'Proxy "{proxy.endpoint}"', 'Host "other"', *PATIENT]
        with Collectd(project("endless", cloud, *lines) + project("healthy", cloud)) as daemon:
            daemon.wait_until(lambda: re.search(expected, daemon.log_text()), "the error", LONG)
            healthy_cycles(daemon)
        assert proxy.most_sent < 64 << 20


def test_an_untrusted_metadata_service_gets_no_request(cloud, certificates):
    listener = cloud.listeners["metadata"]
    listener.tls = certificates.server("self-signed")
    endpoint = cloud.metadata_endpoint.replace("http:", "https:")
    lines = ["Agency true", f'MetadataEndpoint "{endpoint}"', f'CACert "{certificates.ca}"']
    with Collectd(project("prod", cloud, *lines, without=["Token"])) as daemon:
        daemon.wait_until(lambda: "metadata service: https://" in daemon.log_text(), "the error", LONG)
        assert "certificate" in daemon.log_text()
        assert cloud.metadata.requests == []
        listener.tls = certificates.server()
        daemon.wait_until(lambda: reported(daemon), "values", LONG)
