# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""One collectd with the blocks of docs/pipelines for many stores at once, and what each real receiver has.

A job is gone for a while and comes back, and collectd is started again: each receiver has the same points
as collectd's csv plugin, none twice, and the same gap.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import time
from typing import NamedTuple

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, project
from daemons import (HANG, Carbon, Collectd, InfluxDB, Mosquitto, Redis, Rsyslog, VictoriaMetrics, WriteHttp,
                     free_port, wait_until)
from daemons.collectd import Line
from support.pipelines import pipeline
from standin import BadJob, StandIn

HOST = "127.0.0.1"
# Two names that Graphite's default form makes one of, and an id.
JOBS = {JOB: "orders.db", OTHER_JOB: "orders_db", "33333333-cccc-4ccc-8ccc-3333333jb03x": ""}
GONE = "orders_db"
COUNTERS = ("total_requests", "errors")
RECEIVERS = ["write_http", "graphite", "influxdb", "redis", "mqtt", "syslog", "victoria-metrics, tags",
             "victoria-metrics, opentsdb"]
# Plugins that gather values before they send them.
BUFFERING = ["write_graphite", "write_http", "write_influxdb_udp", "write_syslog", "write_tsdb"]

Point = tuple[float, float]  # time, value
Series = dict[str, list[Point]]
Names = tuple[str, str, str]  # instance, type, type instance
Truth = dict[Names, list[Point]]


class Receiver(NamedTuple):
    """What a receiver has, in names of its own; `key` makes such a name of instance, type, type instance."""

    read: Callable[[], Series]
    key: Callable[[str, str, str], str]
    whole_seconds: bool = False
    rates: bool = True  # counters arrive as rates


class Day(NamedTuple):
    """All that came of the run: what csv had before and after each receiver was read, and the rest."""

    before: Truth
    after: Truth
    received: dict[str, Series]
    receivers: dict[str, Receiver]
    log: list[Line]


def with_value(text: str) -> Point:
    """"TIME:VALUE"."""
    seconds, _, value = text.partition(":")
    return float(seconds), float(value)


def collect(points: Iterator[tuple[str, Point]]) -> Series:
    found: Series = {}
    for name, point in points:
        found.setdefault(name, []).append(point)
    return found


def path_key(instance: str, kind: str, name: str) -> str:
    return f"collectd/test-host/drs-{instance}/{kind}-{name}"


def in_syslog(rsyslog: Rsyslog) -> Series:
    def points() -> Iterator[tuple[str, Point]]:
        for line in rsyslog.lines():
            one = json.loads(line[line.index("{"):])
            about = one["collectd"]
            if about["plugin"] == "drs":
                name = path_key(about["plugin_instance"], about["type"], about["type_instance"])
                yield name, (one["time"], float(about["drs"][about["type"]]))
    return collect(points())


def in_http(receiver: WriteHttp) -> Series:
    return collect((path_key(one["plugin_instance"], one["type"], one["type_instance"]),
                    (one["time"], one["values"][0])) for one in receiver.documents("drs"))


def in_influxdb(influxdb: InfluxDB) -> Series:
    return collect((path_key(row["instance"], row["type"], row["type_instance"]),
                    (row["time"] / 1000, row["value"]))
                   for row in influxdb.query("SELECT * FROM drs", epoch="ms"))


def in_victoria_metrics(store: VictoriaMetrics, key: Callable[[dict[str, str]], str]) -> Series:
    return {key(one["metric"]): [(at / 1000, value) for at, value in zip(one["timestamps"], one["values"])]
            for one in store.export('{__name__=~"drs[.].*"}')}


def tagged(labels: dict[str, str]) -> str:
    return path_key(labels["plugin_instance"], labels["type"], labels["type_instance"])


def start_receivers(stack: ExitStack) -> tuple[dict[str, Receiver], str]:
    """Start all that this machine has; return them, and collectd's blocks for them."""
    started: dict[str, Receiver] = {}
    http = stack.enter_context(WriteHttp())
    stock = pipeline("http.conf", URL=http.url)
    started["write_http"] = Receiver(lambda: in_http(http), path_key, rates=False)

    carbon = stack.enter_context(Carbon())
    stock += pipeline("graphite-distinct.conf", GRAPHITE_HOST=HOST, GRAPHITE_PORT=carbon.port)
    started["graphite"] = Receiver(
        lambda: {name: carbon.series(name) for name in carbon.names()},
        lambda instance, kind, name: f"test-host.drs-{instance.replace('.', '~')}.{kind}-{name}",
        whole_seconds=True)

    port = free_port()
    places = {"INFLUXDB_HOST": HOST, "INFLUXDB_PORT": port}
    influxdb = stack.enter_context(InfluxDB(pipeline("influxdb-udp.toml", **places)))
    stock += pipeline("influxdb-udp.conf", **places)
    started["influxdb"] = Receiver(lambda: in_influxdb(influxdb), path_key)

    if shutil.which("redis-server"):
        redis = stack.enter_context(Redis())
        stock += pipeline("redis.conf", REDIS_HOST=HOST, REDIS_PORT=redis.port)
        started["redis"] = Receiver(
            lambda: {key: [*map(with_value, members)] for key, members in redis.members().items()}, path_key)
    if shutil.which("mosquitto"):
        mosquitto = stack.enter_context(Mosquitto())
        stock += pipeline("mqtt.conf", BROKER_HOST=HOST, BROKER_PORT=mosquitto.port)
        started["mqtt"] = Receiver(
            lambda: collect((topic, with_value(text)) for topic, text in mosquitto.messages()), path_key)
    if shutil.which("rsyslogd"):
        rsyslog = stack.enter_context(Rsyslog())
        stock += pipeline("syslog.conf", SYSLOG_HOST=HOST, SYSLOG_PORT=rsyslog.port)
        started["syslog"] = Receiver(lambda: in_syslog(rsyslog), path_key, whole_seconds=True, rates=False)
    if shutil.which("victoria-metrics"):
        tags = stack.enter_context(VictoriaMetrics())
        stock += pipeline("graphite-tags.conf", GRAPHITE_HOST=HOST, GRAPHITE_PORT=tags.graphite_port)
        started["victoria-metrics, tags"] = Receiver(
            lambda: in_victoria_metrics(tags, tagged), path_key, whole_seconds=True)
        opentsdb = stack.enter_context(VictoriaMetrics())
        stock += pipeline("opentsdb.conf", TSDB_HOST=HOST, TSDB_PORT=opentsdb.opentsdb_port)
        started["victoria-metrics, opentsdb"] = Receiver(
            lambda: in_victoria_metrics(opentsdb, lambda labels: labels["__name__"]),
            lambda instance, kind, name: f"drs.{instance}.{kind}.{name}", whole_seconds=True, rates=False)
    return started, stock


def truth_of(daemon: Collectd) -> Truth:
    found = {}
    for identifier, samples in daemon.series("drs").items():
        _, instance, name = identifier.split("/")
        kind, _, type_instance = name.partition("-")
        found[instance[len("drs-"):], kind, type_instance] = [(one.time, one.value) for one in samples]
    return found


def points_of(series: Series, receiver: Receiver) -> Counter:
    """Name, time and value of each, to what the receiver keeps; whole seconds are rounded as collectd does."""
    return Counter((name, math.floor(at + 0.5) if receiver.whole_seconds else round(at, 3), round(value, 6))
                   for name, points in series.items() for at, value in points)


def comparable(truth: Truth, receiver: Receiver) -> Series:
    """In the receiver's names, without counters where they arrive as rates."""
    return {receiver.key(*names): points for names, points in truth.items()
            if not (receiver.rates and names[1] in COUNTERS)}


def received_of(series: Series, truth: Truth, receiver: Receiver) -> Counter:
    names = comparable(truth, receiver)
    return points_of({name: points for name, points in series.items() if name in names}, receiver)


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    """Two cycles, a job gone for two, back for two, collectd started again, and two more."""
    with ExitStack() as stack:
        cloud = stack.enter_context(StandIn(project_id=PROJECT_ID, token=TOKEN))
        cloud.drs.unknown_job = BadJob("omit")
        for number, job in enumerate(JOBS):
            cloud.jobs[job] = {"job_id": job, "progress": str(50 + number), "incre_trans_delay": "2",
                               "transfer_status": "INCRE_TRANSFER_STARTED"}
        lines = [f'Job "{job}"' + (f' "{name}"' if name else "") for job, name in JOBS.items()]
        receivers, stock = start_receivers(stack)
        daemon = stack.enter_context(
            Collectd(project("prod", cloud, *lines, without=["Job"]), stock, interval=2))
        daemon.wait_for_new_reads(2, GONE)
        gone = cloud.jobs.pop(OTHER_JOB)
        daemon.wait_for_new_reads(3, "prod")
        cloud.jobs[OTHER_JOB] = gone
        daemon.wait_for_new_reads(2, GONE)
        daemon.stop()
        # Some receivers keep one point a second.
        last = max(point[0] for points in truth_of(daemon).values() for point in points)
        wait_until(lambda: time() > last + 1.5, HANG, "the second after the last read")
        daemon.start()
        daemon.wait_for_new_reads(2, GONE)
        before = truth_of(daemon)

        def have_all() -> bool:
            for plugin in BUFFERING:
                daemon.flush(plugin)
            lacking = {name: missing_in(before, one.read(), one) for name, one in receivers.items()}
            print("lacking", {name: [*points][:3] for name, points in lacking.items() if points})
            return not any(lacking.values())
        daemon.wait_until(have_all, "the points in all receivers")
        received = {name: one.read() for name, one in receivers.items()}
        daemon.wait_for_new_reads(1, GONE)
        yield Day(before, truth_of(daemon), received, receivers, daemon.lines())


def missing_in(truth: Truth, series: Series, receiver: Receiver) -> Counter:
    return points_of(comparable(truth, receiver), receiver) - received_of(series, truth, receiver)


@pytest.mark.parametrize("name", RECEIVERS)
def test_each_point_arrives_once_and_a_gap_is_a_gap(day, name):
    if name not in day.receivers:
        pytest.skip(f"{name}: not on this machine; see [receivers] in tests/packages")
    receiver, series = day.receivers[name], day.received[name]
    assert {*series} == {receiver.key(*names) for names in day.after}
    received = received_of(series, day.after, receiver)
    assert missing_in(day.before, series, receiver) == Counter()
    assert received - points_of(comparable(day.after, receiver), receiver) == Counter()
    assert set(received.values()) == {1}


def test_the_job_had_a_gap(day):
    """Or the test before shows nothing."""
    there = {at for at, _ in day.after[GONE, "percent", "total"]}
    cycles = {at for at, _ in day.after["prod", "bool", "up"]}
    assert len(cycles - there) >= 2
    assert {at for at, _ in day.after["orders.db", "percent", "total"]} == cycles


def test_no_write_plugin_complains(day):
    assert [line.text for line in day.log if line.level in ("error", "warning")
            and re.match(r"(?!drs )\w+ plugin: ", line.text)] == []
