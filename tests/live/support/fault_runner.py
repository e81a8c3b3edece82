# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Plays many faults at once, each to a project of its own beside a healthy one, in one real collectd.

A `Row` has a fault and its expected effects. `play` runs a group of rows: without faults, with all
faults, then without again; the `Record` is what the daemon did meanwhile.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from daemons.collectd import Line, Sample
from standin import StandIn

HEALTHY = "healthy"
READS_BEFORE, READS_DURING, READS_AFTER = 2, 4, 2


@dataclass
class Scene:
    """Where a row plays: a cloud of its own, a folder, and the daemon's environment."""

    slug: str
    cloud: StandIn
    folder: Path
    environment: dict[str, str]


Stop = Callable[[], object]
Start = Callable[[Scene], Stop]


@dataclass(frozen=True)
class Row:
    """A fault: how it starts (that gives how it stops), and what must be seen of it.

    `counter` is the self-metric that counts it. `words` stand in a line that logs an error.
    With `values` the job's values stay; else they are back in the first cycle after it, or later
    where `at_once` is false. With `from_start` it is there before the daemon is. With `second_look` the
    first cycle may still be as before: a file that has changed is used after two looks a second apart.
    """

    name: str
    start: Start
    counter: str = ""
    text: str = ""
    values: bool = False
    lines: tuple[str, ...] = ("error", "info")
    notifications: tuple[tuple[str, str], ...] = (("FAILURE", "bool-up"), ("OKAY", "bool-up"))
    at_once: bool = True
    from_start: bool = False
    second_look: bool = False
    options: Callable[[Scene], list[str]] = field(default=lambda _: [])
    without: tuple[str, ...] = ()
    tls: Callable[[], object] = field(default=lambda: None)

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass
class Record:
    """What a daemon did: its csv files, and its log and notifications since the faults began.

    `began` and `over` are when they did and were; what was there before the daemon began at 0.
    `uptime` has the values of collectd's plugin of that name, which has the same interval.
    """

    series: dict[str, list[Sample]]
    lines: list[Line]
    notifications: list[dict[str, str]]
    uptime: list[Sample]
    interval: float
    began: float
    over: float

    def samples(self, instance: str, metric: str) -> list[Sample]:
        return self.series.get(f"test-host/drs-{instance}/{metric}", [])

    def during(self, samples: list[Sample], cycles: int = 0) -> list[float]:
        """The values of reads that began and ended under the fault, without those of the first cycles."""
        return [value for at, value in samples
                if self.began + cycles * self.interval < at < self.over - self.interval]

    def after(self, samples: list[Sample]) -> list[Sample]:
        """What cycles gave that began after it."""
        return [sample for sample in samples if sample.time > self.over]

    def grown(self, samples: list[Sample]) -> bool:
        """Did a counter grow since the faults began?"""
        before = [value for at, value in samples if at < self.began]
        return samples[-1].value > (before[-1] if before else 0)

    def logged(self, slug: str) -> list[Line]:
        """The lines about one project."""
        return [line for line in self.lines if f'project "{slug}"' in line.text]

    def notified(self, slug: str) -> list[tuple[str, str]]:
        """Severity and metric of the notifications about one project and its job."""
        return [(notification["severity"], f"{notification['type']}-{notification['type_instance']}")
                for notification in self.notifications
                if notification.get("plugin_instance") in (slug, f"job-{slug}")]


def _block(scene: Scene, row: Row | None = None) -> str:
    lines = [f'Job "{JOB}" "job-{scene.slug}"', *(row.options(scene) if row else [])]
    without = row.without if row else ()
    if "Token" not in without:
        lines.append(f'Token "{scene.cloud.token}"')
    return project(scene.slug, scene.cloud, "Interval {interval}", *lines, without=without)


def _count(daemon: Collectd, instance: str, metric: str, since: float) -> int:
    """How many values of a metric are newer; reads one file only."""
    count = 0
    for path in daemon.folder.glob(f"csv/test-host/drs-{instance}/{metric}-*-*-*"):
        rows = path.read_text().splitlines()[1:]
        count += sum(float(row.split(",")[0]) > since for row in rows)
    return count


def _wait(daemon: Collectd, slugs: list[str], metric: str, count: int, since: float) -> None:
    """Until each of these projects (or jobs) has so many new values."""
    missing = list(slugs)

    def all_there() -> bool:
        while missing and _count(daemon, missing[-1], metric, since) >= count:
            missing.pop()
        time.sleep(0.05)
        return not missing

    daemon.wait_until(all_there, f"{count} values of {metric} of {missing}")


def _open(stack: ExitStack, slug: str, tls: object, folder: Path, environment: dict) -> Scene:
    # A rejected token is rejected for all projects that have it.
    cloud = stack.enter_context(StandIn(PROJECT_ID, f"{TOKEN}-{slug}", tls=tls))
    cloud.jobs[JOB] = {"job_id": JOB, "progress": "50", "transfer_status": "FULL_TRANSFER_STARTED"}
    own = folder / slug
    own.mkdir()
    return Scene(slug, cloud, own, environment)


def play(rows: list[Row], interval: float, folder: Path) -> Record:
    """Run a group of rows in one collectd."""
    with ExitStack() as stack:
        environment: dict[str, str] = {}
        healthy = _open(stack, HEALTHY, None, folder, environment)
        scenes = [_open(stack, row.slug, row.tls(), folder, environment) for row in rows]
        blocks = _block(healthy) + "".join(map(_block, scenes, rows))
        stops = {row.slug: row.start(scene) for row, scene in zip(rows, scenes) if row.from_start}
        daemon = stack.enter_context(Collectd(
            blocks.replace("{interval}", str(interval)), "LoadPlugin uptime", interval, variables=environment))
        return _acts(daemon, rows, scenes, stops)


def _acts(daemon: Collectd, rows: list[Row], scenes: list[Scene], stops: dict[str, Stop]) -> Record:
    """No fault; the faults; no fault again."""
    slugs = [HEALTHY, *(row.slug for row in rows)]
    healthy = [f"job-{slug}" for slug in slugs if slug not in stops]
    _wait(daemon, healthy, "percent-total", READS_BEFORE, 0)
    lines, notifications = len(daemon.lines()), len(daemon.notifications())
    if stops:  # from the line of the plugin's start on: the first request may fail before collectd is ready
        lines = next(at for at, line in enumerate(daemon.lines()) if " configured" in line.text)
        notifications = 0

    stops |= {row.slug: row.start(scene)
              for row, scene in zip(rows, scenes) if row.slug not in stops}
    began = time.time()
    _wait(daemon, slugs, "bool-up", READS_DURING, began)

    for stop in stops.values():
        stop()
    over = time.time()
    _wait(daemon, [f"job-{slug}" for slug in slugs], "percent-total", READS_AFTER, over)
    _wait(daemon, slugs, "bool-up", READS_AFTER, over)
    daemon.stop()  # nothing is written any more while the files are read, one after the other
    return Record(daemon.series("drs"), daemon.lines()[lines:], daemon.notifications()[notifications:],
                  daemon.series("uptime")["test-host/uptime/uptime"], daemon.interval, began, over)
