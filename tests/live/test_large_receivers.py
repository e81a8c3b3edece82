# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The blocks of docs/pipelines for PostgreSQL and AMQP, with the real servers, where they are installed."""

import shutil

import pytest
from support.blocks import JOB, project
from daemons import Collectd
from daemons.postgresql import PostgreSQL, find_programs
from daemons.rabbitmq import RabbitMQ
from support.pipelines import pipeline

HOST = "127.0.0.1"
SECTION = "see [large-receivers] in tests/packages"


def wait_for_all(daemon: Collectd, read, plugin: str) -> None:
    """Wait until each point that csv has is in `read`; then none of them may be there twice."""
    daemon.wait_for_new_reads(2, JOB)
    wanted = {(name.partition("/")[2], round(point.value, 6)) for name, points in daemon.series("drs").items()
              for point in points}

    def have_all() -> bool:
        daemon.flush(plugin)
        return {(name, round(value, 6)) for name, _, value in read()} >= wanted
    daemon.wait_until(have_all, "the points in the store")
    points = read()
    assert len(points) == len({(name, at) for name, at, _ in points})


@pytest.mark.skipif(not find_programs().name, reason=f"PostgreSQL is not installed: {SECTION}")
def test_postgresql(cloud):
    with PostgreSQL() as server:
        server.create()
        stock = pipeline("postgresql.conf", DATABASE=server.database, POSTGRESQL_HOST=HOST,
                         POSTGRESQL_PORT=server.port, USER=server.user, PASSWORD="")

        def read() -> list[tuple[str, str, float]]:
            rows = server.rows("SELECT plugin_inst, type, type_inst, tstamp, value FROM collectd"
                               " WHERE plugin = 'drs'")
            return [(f"drs-{row['plugin_inst']}/{row['type']}-{row['type_inst']}", row["tstamp"],
                     float(row["value"])) for row in rows]
        with Collectd(project("prod", cloud), stock) as daemon:
            wait_for_all(daemon, read, "postgresql")


@pytest.mark.skipif(not shutil.which("rabbitmqctl") or not shutil.which("amqp-consume"),
                    reason=f"RabbitMQ is not installed: {SECTION}")
def test_amqp(cloud):
    with RabbitMQ() as broker:
        stock = pipeline("amqp.conf", BROKER_HOST=HOST, BROKER_PORT=broker.port, USER=broker.user,
                         PASSWORD=broker.password)

        def read() -> list[tuple[str, float, float]]:
            return [(f"drs-{one['plugin_instance']}/{one['type']}-{one['type_instance']}", one["time"],
                     one["values"][0]) for one in broker.documents() if one["plugin"] == "drs"]
        with Collectd(project("prod", cloud), stock) as daemon:
            wait_for_all(daemon, read, "amqp")
        statuses = {one["meta"]["transfer_status"] for one in broker.documents()
                    if one["type_instance"] == "status"}
    assert statuses == {"FULL_TRANSFER_STARTED"}
