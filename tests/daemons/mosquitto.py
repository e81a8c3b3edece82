# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real MQTT broker, and the messages that a subscriber has received from it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from .process import OWN_GROUP, WITH_US, Daemon, free_port, listens

if TYPE_CHECKING:
    from typing import Self


class Mosquitto(Daemon):
    """mosquitto with a subscriber to everything."""

    name = "mosquitto"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._received = self.folder / "received"
        self._subscriber: subprocess.Popen | None = None

    def configure(self) -> None:
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nlog_type subscribe\n")

    def command(self) -> list[str]:
        return ["/usr/sbin/mosquitto", "-c", str(self.folder / "mosquitto.conf")]

    def ready(self) -> bool:
        return listens(self.port)

    def __enter__(self) -> Self:
        super().__enter__()
        # %x: the payload in hexadecimal digits, as it ends with a NUL.
        with self._received.open("wb") as received:
            self._subscriber = subprocess.Popen(
                [*WITH_US, "mosquitto_sub", "-p", str(self.port), "-t", "#", "-F", "%t %x"],
                stdout=received, **OWN_GROUP)
        self.wait_until(lambda: " 0 #" in self.log_text(), "the subscription")
        return self

    def __exit__(self, *error: object) -> None:
        self._subscriber.terminate()
        self._subscriber.wait()
        super().__exit__(*error)

    def messages(self) -> list[tuple[str, str]]:
        """Topic and payload of each message so far, without the last, as more of it may come."""
        lines = self._received.read_text(encoding="utf-8").split("\n")[:-1]
        return [(topic, bytes.fromhex(payload).decode().rstrip("\0"))
                for topic, _, payload in (line.rpartition(" ") for line in lines)]
