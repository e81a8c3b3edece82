# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""collectd whose only name server never responds."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemons import Collectd
from support.requirements import own_mounts

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may take the place of a name server")


@contextmanager
def silent_name_server() -> Iterator[socket.socket]:
    """A name server's port on an address of its own, as another test may run at the same time."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        while True:
            address = f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
            try:
                server.bind((address, 53))
            except OSError:
                continue  # in use
            yield server
            return


class WithNameServer(Collectd):
    """collectd with a resolv.conf of its own."""

    def __init__(self, drs: str, server: socket.socket, folder: Path) -> None:
        super().__init__(drs)
        self.resolver = folder / "resolv.conf"
        self.resolver.write_text(f"nameserver {server.getsockname()[0]}\noptions timeout:30 attempts:5\n")

    def command(self) -> list[str]:
        mounted = f'mount --bind "{self.resolver}" /etc/resolv.conf && exec "$@"'
        return [*own_mounts(), "sh", "-c", mounted, "sh", *super().command()]
