# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real Redis server, and what collectd's write_redis plugin has stored in it."""

import subprocess

from .process import HANG, Daemon, free_port, listens


class Redis(Daemon):
    """redis-server that keeps nothing on disk."""

    name = "redis"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def command(self) -> list[str]:
        return ["/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                "--save", "", "--dir", str(self.folder)]

    def ready(self) -> bool:
        return listens(self.port)

    def ask(self, *words: str) -> list[str]:
        """The response to a command, a list of texts without line breaks."""
        done = subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True,
                              capture_output=True, text=True, timeout=HANG)
        return done.stdout.split("\n")[:-1]

    def members(self) -> dict[str, list[str]]:
        """The members of each sorted set, in their order: "TIME:VALUE" by key."""
        return {key: self.ask("ZRANGE", key, "0", "-1") for key in self.ask("KEYS", "*/*/*")}
