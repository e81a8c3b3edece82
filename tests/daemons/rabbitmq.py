# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real RabbitMQ, and the messages that a consumer has received from it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from .process import HANG, OWN_GROUP, WITH_US, Daemon, free_port

if TYPE_CHECKING:
    from typing import Self

QUEUE = "queue name"  # in what the consumer says when it is ready


class RabbitMQ(Daemon):
    """One node with its stock user, and a consumer of all that its exchange amq.topic gets."""

    name = "rabbitmq"
    user = password = "guest"

    def __init__(self) -> None:
        super().__init__()
        self.port, self._nodes_port, self._names_port = free_port(), free_port(), free_port()
        self._received = self.folder / "received"
        self._consumer: subprocess.Popen | None = None

    def environment(self) -> dict[str, str]:
        return super().environment() | {
            "HOME": str(self.folder), "RABBITMQ_NODENAME": f"drs{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._nodes_port), "ERL_EPMD_PORT": str(self._names_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder), "RABBITMQ_LOGS": "-"}

    def command(self) -> list[str]:
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def ready(self) -> bool:
        return "Server startup complete" in self.log_text()

    def __enter__(self) -> Self:
        super().__enter__()
        with self._received.open("wb") as received:
            self._consumer = subprocess.Popen(
                [*WITH_US, "amqp-consume", f"--url=amqp://guest:guest@127.0.0.1:{self.port}",
                 "--exchange=amq.topic", "--routing-key=#", "--no-ack", "cat"],
                stdout=received, stderr=received, **OWN_GROUP)
        self.wait_until(lambda: QUEUE in self._received.read_text(), "the consumer")
        return self

    def __exit__(self, *error: object) -> None:
        self._consumer.terminate()
        self._consumer.wait()
        super().__exit__(*error)
        # The node has started it, and it outlives the node.
        subprocess.run(["epmd", "-port", str(self._names_port), "-kill"], check=False, timeout=HANG,
                       stdout=subprocess.DEVNULL, env=super().environment() | {"ERL_EPMD_RELAXED_COMMAND_CHECK": "1"})

    def documents(self) -> list[dict]:
        """All values so far, in the JSON of collectd's amqp plugin: one list a message, one behind the other."""
        text = self._received.read_text(encoding="utf-8")
        _, _, text = text.partition(QUEUE)
        text = text.partition("\n")[2]
        documents = []
        while text:
            try:
                values, end = json.JSONDecoder().raw_decode(text)
            except json.JSONDecodeError:  # the rest is on its way
                break
            documents += values
            text = text[end:].lstrip()
        return documents
