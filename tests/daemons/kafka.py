# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A broker that speaks Kafka's protocol, librdkafka's own for tests, and what is in a topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from .process import HANG

if TYPE_CHECKING:
    from typing import Self


class Kafka:
    """`brokers` is where it listens."""

    def __init__(self) -> None:
        self._cluster = Producer({"test.mock.num.brokers": 1})
        [broker] = self._cluster.list_topics(timeout=HANG).brokers.values()
        self.brokers = f"{broker.host}:{broker.port}"
        self._documents: list[dict] = []
        self._consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": "tests"})

    def __enter__(self) -> Self:
        # A request for a topic creates it.
        topic = self._cluster.list_topics("collectd", timeout=HANG).topics["collectd"]
        self._consumer.assign([TopicPartition("collectd", partition, OFFSET_BEGINNING)
                               for partition in topic.partitions])
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def documents(self) -> list[dict]:
        """All values so far, as write_kafka's JSON has them."""
        while message := self._consumer.poll(0.1):
            if not message.error():
                self._documents += json.loads(message.value())
        return self._documents
