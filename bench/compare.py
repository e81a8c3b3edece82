# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What a user compares: the plugin beside what else could poll the same jobs, in one run: ./bench/run compare.

For 20, 500 and 10,000 jobs, at an interval of ten seconds, scaled to one of sixty. A service that responds after 50 ms
is used for all but the last row, for which one accepts connections and never responds.
"""

from __future__ import annotations

import itertools
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TextIO

from .programs import BenchCollectd, Exporter, Responder, curl_json, drs, exec_program, python_plugin, uptime

JOBS = (20, 500, 10_000)
BATCH = 100
EXPORTER = "an exporter"
INTERVAL = 10.0  # of what is measured
MINUTE, DAY = 60, 86_400
CYCLES = 3
RESOLUTION = 0.01  # seconds: the kernel's ticks, and what an empty collectd needs
DELAY = 0.05
MIB = 1 << 20
VALUES = 15  # of the other plugin, whose gaps are looked for

# The configuration of one candidate, of the folder, the endpoint and the number of jobs.
Configure = Callable[[Path, str, int], str]
CANDIDATES: dict[str, Configure] = {
    "collectd-drs": lambda folder, endpoint, jobs: drs(folder, endpoint, jobs, INTERVAL),
    "curl_json": lambda folder, endpoint, jobs: curl_json(endpoint, jobs, BATCH, INTERVAL),
    "a python plugin": lambda folder, endpoint, jobs: python_plugin(folder, endpoint, jobs, INTERVAL),
    "an exec script": lambda folder, endpoint, jobs: exec_program("exec_requests.py", folder, endpoint, jobs, INTERVAL),
}


class Figures(NamedTuple):
    """Of one candidate and number of jobs."""

    memory: float  # MiB beyond an empty collectd
    cpu: float  # seconds in a minute, beyond an empty collectd
    requests: float  # in a day
    delay: float  # seconds from a cycle's first request to its last response
    gap: float | None  # seconds between two values of another plugin, each second's, beside a service that hangs


def idle(folder: Path) -> tuple[float, float]:
    """MiB and seconds of CPU in a minute of a collectd that polls nothing."""
    with BenchCollectd("", INTERVAL) as collectd:
        before = collectd.cpu_seconds()
        time.sleep(CYCLES * INTERVAL)
        used = collectd.cpu_seconds() - before
        return collectd.memory() / MIB, used / (CYCLES * INTERVAL) * MINUTE


def polling(folder: Path, configure: Configure, jobs: int) -> tuple[float, float, float, float]:
    """MiB, seconds of CPU in a cycle, requests in a cycle, seconds that a cycle takes."""
    batches = -(-jobs // BATCH)
    with Responder(DELAY, status=200) as service, \
            BenchCollectd(configure(folder, service.endpoint, jobs), INTERVAL) as collectd:
        patience = 120 + 3 * INTERVAL
        service.wait_for(batches, patience)
        time.sleep(INTERVAL / 2)  # between two cycles
        before = collectd.cpu_seconds()
        service.wait_for((1 + CYCLES) * batches, patience + CYCLES * INTERVAL)
        time.sleep(INTERVAL / 2)
        used = (collectd.cpu_seconds() - before) / CYCLES
        times = service.times()
        first = times[batches:2 * batches]
        return (collectd.memory() / MIB, used, len(times) / (1 + CYCLES), first[-1] - first[0] + DELAY)


def scraped(folder: Path, jobs: int) -> Figures:
    """Of the exporter, which no other plugin waits for: a process of its own, whose memory is all added."""
    with Responder(DELAY, status=200) as service, Exporter(folder, service.endpoint, jobs) as exporter:
        exporter.scrape()
        before, requests = exporter.cpu_seconds(), len(service.times())
        took = []
        for _ in range(CYCLES):
            took.append(exporter.scrape())
            time.sleep(max(0, INTERVAL - took[-1]))
        used = (exporter.cpu_seconds() - before) / CYCLES
        return Figures(exporter.memory() / MIB, used, (len(service.times()) - requests) / CYCLES * DAY / MINUTE,
                       sorted(took)[CYCLES // 2], None)


def longest_gap(folder: Path, configure: Configure, jobs: int) -> float:
    """Seconds from one value of collectd's uptime plugin to the next, at most, beside a service that hangs."""
    csv = folder / "csv"
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        plugins = uptime(csv).replace("LoadPlugin uptime", "<LoadPlugin uptime>\n  Interval 1\n</LoadPlugin>")
        with BenchCollectd(plugins + configure(folder, endpoint, jobs), INTERVAL) as collectd:
            began = time.monotonic()
            time.sleep(VALUES)

            def times() -> list[float]:
                return [float(row.partition(",")[0]) for path in sorted(csv.glob("bench/uptime/*"))
                        for row in path.read_text().splitlines()[1:]]
            collectd.wait_until(lambda: len(times()) > 1, "two values", 300)
            seen = times()
            waited = time.monotonic() - began
    return max([*(after - before for before, after in itertools.pairwise(seen)), waited - (seen[-1] - seen[0])]
               if len(seen) > 1 else [waited])


def measure(folder: Path, name: str, jobs: int, empty: tuple[float, float]) -> Figures:
    """One row."""
    place = folder / f"{name.replace(' ', '-')}-{jobs}"
    place.mkdir()
    if name == EXPORTER:
        return scraped(place, jobs)
    memory, cpu, requests, delay = polling(place, CANDIDATES[name], jobs)
    gap = longest_gap(place, CANDIDATES[name], jobs)
    return Figures(memory - empty[0], max(cpu - empty[1] * INTERVAL / MINUTE, 0), requests * DAY / MINUTE, delay, gap)


def cell(figures: list[Figures], show: Callable[[Figures], str]) -> str:
    """One measure of one candidate, for each number of jobs."""
    return " / ".join(show(one) for one in figures)


MEASURES: dict[str, Callable[[Figures], str]] = {
    "MiB that it adds to the host": lambda one: f"{one.memory:.0f}",
    "CPU a minute": lambda one: f"{one.cpu * 1e3:.0f} ms" if one.cpu >= RESOLUTION else f"< {RESOLUTION * 1e3:.0f} ms",
    "requests a day": lambda one: f"{one.requests:,.0f}",
    "delay of a value: from the first request of a cycle to its last response": lambda one: f"{one.delay:.2f} s",
    "longest gap in another plugin's values, one a second, while the service hangs":
        lambda one: "its own process" if one.gap is None else f"{one.gap:.1f} s",
}


def compare(folder: Path, page: TextIO) -> None:
    """Print the table, a row for each measure and a column for each candidate."""
    empty = idle(folder)
    figures: dict[str, list[Figures]] = {name: [] for name in (*CANDIDATES, EXPORTER)}
    for jobs in JOBS:
        for name, found in figures.items():
            found.append(measure(folder, name, jobs, empty))
            print(f"{name}, {jobs:,} jobs: {found[-1]}", file=sys.stderr, flush=True)
    of = " / ".join(f"{jobs:,}" for jobs in JOBS)
    print(f"| for {of} jobs | {' | '.join(figures)} |\n|---|{'---|' * len(figures)}", file=page)
    for title, show in MEASURES.items():
        print(f"| {title} | {' | '.join(cell(found, show) for found in figures.values())} |", file=page, flush=True)
