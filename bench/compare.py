# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What a user compares: the plugin beside what else could poll the same jobs, in one run: ./bench/run compare.

For 20, 500 and 10,000 jobs, at an interval of ten seconds, scaled to one of sixty. A service that responds after 50 ms
is used for all but the last column, for which one accepts connections and never responds.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TextIO

from .programs import BenchCollectd, Responder, curl_json, drs, exec_program, python_plugin, uptime

JOBS = (20, 500, 10_000)
BATCH = 100
INTERVAL = 10.0  # of what is measured
MINUTE, DAY = 60, 86_400
CYCLES = 3
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
    gap: float  # seconds between two values of another plugin with an interval of one, beside a service that hangs


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
    memory, cpu, requests, delay = polling(place, CANDIDATES[name], jobs)
    gap = longest_gap(place, CANDIDATES[name], jobs)
    return Figures(memory - empty[0], max(cpu - empty[1] * INTERVAL / MINUTE, 0), requests * DAY / MINUTE, delay, gap)


def compare(folder: Path, page: TextIO) -> None:
    """Print the table."""
    empty = idle(folder)
    print("| jobs | polled by | MiB that it adds | CPU a minute | requests a day | a cycle takes "
          "| another plugin waits, service hung |\n|---|---|---|---|---|---|---|", file=page)
    for jobs in JOBS:
        for name in CANDIDATES:
            row = measure(folder, name, jobs, empty)
            print(f"| {jobs:,} | {name} | {row.memory:.0f} | {row.cpu * 1e3:.0f} ms | {row.requests:,.0f} "
                  f"| {row.delay:.2f} s | {row.gap:.1f} s |", file=page, flush=True)
