# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What a gateway answers while its backend is ill says nothing about sizes, ids or offers, however long it lasts.

Nor does one wrong answer of the service say that a job is gone.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from support.blocks import PROJECT_ID, TOKEN, project
from daemons import Collectd, wait_until
from standin import BadJob, StandIn
from support.polled_jobs import log_lines

JOBS, BATCH = 20, 10
STATUSES = (400, 413, 414, 431, 494, 500, 502, 504)
BODIES = {"code": {"code": "APIG.0201"}, "html": {"code": "", "shape": "html"}, "none": {"code": "", "shape": "empty"}}
FAULTS = {f"{status}-{name}": {"status": status, **body} for status in STATUSES for name, body in BODIES.items()}
OUTAGES = (1, 3, 20)  # cycles
INTERVAL = 2  # seconds: a busy machine's responses of 24 services come within its time limit, too
GOOD_CYCLES = 3  # until the sizes are back
REQUESTS_MOST = 14  # in a cycle of an outage, where a good one has two


def test_sizes_are_back_within_three_good_cycles():
    with ExitStack() as stack:
        clouds = {name: stack.enter_context(StandIn(PROJECT_ID, f"{TOKEN}-{name}")) for name in FAULTS}
        config = "".join(block(name, number, cloud) for number, (name, cloud) in enumerate(clouds.items()))
        daemon = stack.enter_context(Collectd(config, interval=INTERVAL))
        wait_for_cycles(daemon, 1, 1)
        for cycles in OUTAGES:
            play(daemon, clouds, cycles)
        for name in clouds:
            lines = [line for line in log_lines(daemon) if f'"{name}"' in line]
            # In the cycle in which it ends, some jobs are rejected and others are not.
            assert 2 * len(OUTAGES) <= len(lines) <= 4 * len(OUTAGES), lines
            assert not any("too many ids" in line for line in lines), lines
        assert {(note["type"], note["type_instance"]) for note in daemon.notifications()} == {("bool", "up")}


def play(daemon: Collectd, clouds: dict[str, StandIn], cycles: int) -> None:
    """An outage of all projects, each with its own error, for so many whole cycles."""
    switches = [cloud.inject("error", **FAULTS[name]) for name, cloud in clouds.items()]
    before = {name: len(cloud.requests) for name, cloud in clouds.items()}
    began = time.time()
    wait_for_cycles(daemon, cycles, 0)
    passed = time.time() - began
    for name, cloud in clouds.items():
        spent = [len(one.jobs) for one in cloud.requests[before[name]:]]
        assert len(spent) <= REQUESTS_MOST * (passed / INTERVAL + 2), (name, spent)
    for switch in switches:
        switch.stop()
    wait_for_cycles(daemon, GOOD_CYCLES, 1)
    before = {name: len(cloud.requests) for name, cloud in clouds.items()}
    wait_for_cycles(daemon, 2, 1)
    sizes = {name: [len(one.jobs) for one in cloud.requests[before[name]:]] for name, cloud in clouds.items()}
    assert {name for name, seen in sizes.items() if set(seen) != {BATCH}} == set(), sizes


def wait_for_cycles(daemon: Collectd, count: int, up: float, names=FAULTS) -> None:
    """Until each project has so many values of bool-up from now on that are `up`."""
    since = time.time()

    def all_there() -> bool:
        series = daemon.series("drs")
        return all(sum(at > since and value == up for at, value in series.get(f"test-host/drs-{name}/bool-up", []))
                   >= count for name in names)
    daemon.wait_until(all_there, f"{count} cycles with bool-up {up}")


@dataclass(frozen=True)
class Wrong:
    """An answer about jobs that were well a cycle before: of the whole service, or about one job."""

    fault: str = ""
    options: dict = field(default_factory=dict)
    job: BadJob | None = None
    lists: bool = False  # it is the service's list of tasks
    lines: int = 2


EMPTY = {"body": b'{"count":0,"results":[]}'}
WRONG = {
    "no-result": Wrong("raw", EMPTY),
    "no-result-202": Wrong("raw", EMPTY | {"status": 202}),
    "none-known": Wrong("error", {"code": "DRS.M00002"}),
    "none-known-404": Wrong("error", {"code": "DRS.M00002", "status": 404}),
    "all-rejected": Wrong("error", {"code": "DRS.M05004"}, lines=0),  # their halves are accepted
    "one-left-out": Wrong(job=BadJob("omit")),
    "one-has-an-error": Wrong(job=BadJob("item")),
    "one-rejected": Wrong(job=BadJob("reject")),
    "one-rejected-without-a-code": Wrong(job=BadJob("reject", code="DRS.M99999")),
    "no-task": Wrong("raw", {"body": b'{"total_record":0,"jobs":[]}', "path": "/jobs"}, lists=True, lines=0),
    "no-task-known": Wrong("error", {"code": "DRS.M00002", "path": "/jobs"}, lists=True, lines=0),
}
TYPES_OF_TASKS = 3  # a request each


def test_one_wrong_answer_loses_no_job():
    with ExitStack() as stack:
        clouds = {name: stack.enter_context(StandIn(PROJECT_ID, f"{TOKEN}-{name}")) for name in WRONG}
        config = "".join(block(name, number, cloud, WRONG[name].lists)
                         for number, (name, cloud) in enumerate(clouds.items()))
        daemon = stack.enter_context(Collectd(config))
        wait_for_cycles(daemon, 2, 1, WRONG)
        with ThreadPoolExecutor(len(WRONG)) as pool:
            list(pool.map(answer_wrongly, clouds.values(), WRONG.values()))
        wait_for_cycles(daemon, 3, 1, WRONG)
        assert daemon.notifications() == []
        for name, wrong in WRONG.items():
            lines = [line for line in log_lines(daemon) if f'"{name}"' in line]
            assert len(lines) == wrong.lines, lines
            counts = {sample.value for sample in daemon.series("drs")[f"test-host/drs-{name}/count-jobs"]}
            assert counts == {JOBS}, name


def answer_wrongly(cloud: StandIn, wrong: Wrong) -> None:
    """Once: until it was seen."""
    if wrong.fault:
        times = TYPES_OF_TASKS if wrong.lists else JOBS // BATCH
        cloud.inject(wrong.fault, times=times, **wrong.options).wait_for_hits(times)
        return
    job, item = next(iter(cloud.jobs.items()))
    before = len(cloud.requests)
    cloud.jobs[job] = wrong.job
    wait_until(lambda: any(request.jobs == [job] or (wrong.job.how != "reject" and job in request.jobs)
                           for request in cloud.requests[before:]), 60, "the wrong answer")
    cloud.jobs[job] = item


def block(name: str, number: int, cloud: StandIn, discovers: bool = False) -> str:
    """A project with jobs of its own."""
    jobs = [f"{number:08}-0000-4000-8000-00000000{job:02}jb" for job in range(JOBS)]
    cloud.jobs.update({job: {"job_id": job, "progress": "1", "transfer_status": "CREATING"} for job in jobs})
    cloud.drs.names = {job: job for job in jobs}
    lines = ["DiscoverJobs true", "DiscoverInterval 4"] if discovers else [f'Job "{job}"' for job in jobs]
    return project(name, cloud, *lines, f"BatchSize {BATCH}", f'Token "{cloud.token}"',
                   without=["Job"] if discovers else [])
