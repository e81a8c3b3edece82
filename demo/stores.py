# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Where the values go, and how the curves come back: a store for each word after ./demo/run.

Every store ends with the same: RRD files, FOLDER/JOB/METRIC.rrd, which picture.py draws.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from daemons import Carbon, Prometheus, wait_until

from .programs import HOST

Series = list[tuple[int, float]]
# The values are not older than so many seconds.
SPAN = 3600
# Values that are not in the store yet are waited for, this many seconds at most.
PATIENCE = 15.0


class Store(Protocol):
    """What the demo needs of a store."""

    configuration: str  # for collectd
    plugin: str  # collectd's, which writes to it
    keeps_times: bool  # of collectd's values; else collectd's clock has to be the machine's

    def running(self) -> AbstractContextManager:
        """The program that has to run meanwhile."""

    def last(self, job: str, metric: str) -> float:
        """The time of the newest value that is stored."""

    def files(self, jobs: list[str]) -> Path:
        """The folder with the RRD files of all jobs."""


class Rrdtool:
    """collectd's rrdtool plugin: its files are drawn as they are."""

    plugin, keeps_times = "rrdtool", True

    def __init__(self, folder: Path, interval: int) -> None:
        self._folder = folder
        self.configuration = f"""
LoadPlugin rrdtool
<Plugin rrdtool>
  DataDir "{folder}"
  StepSize {interval}
  HeartBeat {3 * interval}
  RRATimespan {3600 * interval}
  RRARows 3600
</Plugin>
"""

    def running(self) -> AbstractContextManager:
        return nullcontext()

    def last(self, job: str, metric: str) -> float:
        path = self.files([job]) / job / f"{metric}.rrd"
        return float(run_rrdtool("last", str(path))) if path.exists() else 0.0

    def files(self, jobs: list[str]) -> Path:
        """collectd's folders, drs-JOB, by the names of the jobs."""
        folder = self._folder / HOST
        for job in jobs:
            link = folder / job
            if not link.exists() and (folder / f"drs-{job}").exists():
                link.symlink_to(f"drs-{job}")
        return folder


class Graphite:
    """carbon-cache; the curves are read from its whisper files."""

    plugin, keeps_times = "write_graphite", True

    def __init__(self, folder: Path, interval: int) -> None:
        self._folder, self._interval = folder, interval
        self._carbon = Carbon(f"[everything]\npattern = .*\nretentions = {interval}s:6h\n")
        self.configuration = self._carbon.configuration

    def running(self) -> AbstractContextManager:
        return self._carbon

    def last(self, job: str, metric: str) -> float:
        name = f"{HOST}.drs-{job}.{metric}"
        series = self._carbon.series(name, SPAN) if name in self._carbon.names() else []
        return series[-1][0] if series else 0.0

    def files(self, jobs: list[str]) -> Path:
        for name in self._carbon.names():
            _, job, metric = name.split(".")
            if job.removeprefix("drs-") in jobs:
                target = self._folder / job.removeprefix("drs-") / f"{metric}.rrd"
                write_rrd(target, self._carbon.series(name, SPAN), self._interval)
        return self._folder


class Scraped:
    """Prometheus; the curves come through its API."""

    plugin, keeps_times = "write_prometheus", False

    def __init__(self, folder: Path, interval: int) -> None:
        self._folder, self._interval = folder, interval
        self._prometheus = Prometheus()
        self.configuration = self._prometheus.configuration

    def running(self) -> AbstractContextManager:
        return self._prometheus

    def _series(self) -> Iterator[tuple[str, str, Series]]:
        """The job, the metric and the values of everything."""
        for one in self._prometheus.query('{__name__=~"collectd_drs_.+"}[1h]'):
            labels = one["metric"]
            kind = labels["__name__"].removeprefix("collectd_drs_")
            values = [(int(at), float(value)) for at, value in one["values"]]
            yield labels["drs"], f"{kind}-{labels['type']}", values

    def last(self, job: str, metric: str) -> float:
        return max((values[-1][0] for of, name, values in self._series()
                    if (of, name) == (job, metric)), default=0.0)

    def files(self, jobs: list[str]) -> Path:
        for job, metric, values in self._series():
            if job in jobs:
                write_rrd(self._folder / job / f"{metric}.rrd", values, self._interval)
        return self._folder


STORES = {"rrdtool": Rrdtool, "graphite": Graphite, "prometheus": Scraped}


def run_rrdtool(*arguments: str) -> str:
    """What rrdtool prints. While collectd writes to a file, rrdtool cannot lock it, and is run again."""
    def run() -> subprocess.CompletedProcess | None:
        done = subprocess.run(["/usr/bin/rrdtool", *arguments], check=False, capture_output=True,
                              text=True)
        if not done.returncode:
            return done
        if "could not lock" in done.stderr:
            return None
        raise RuntimeError(f"rrdtool {arguments[0]}: {done.stderr.strip()}")
    return wait_until(run, PATIENCE, f"a lock for rrdtool {' '.join(arguments[:2])}").stdout


def write_rrd(path: Path, series: Series, step: int) -> None:
    """The values of a store in a file as collectd's rrdtool plugin would have written it."""
    values = dict(series)
    if not values:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    run_rrdtool("create", str(path), f"--start={min(values) - 10 * step}", f"--step={step}",
                f"DS:value:GAUGE:{3 * step}:U:U", f"RRA:AVERAGE:0.1:1:{3600}")
    run_rrdtool("update", str(path), *(f"{at}:{values[at]}" for at in sorted(values)))
