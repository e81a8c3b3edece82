# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A series is one job's: whatever names the service and the operator give, now, later and after a restart."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from support.blocks import PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import StandIn
from support.polled_jobs import log_lines

OFTEN = ("DiscoverJobs true", "DiscoverInterval 0.4")


def job_id(number: int) -> str:
    return f"{number:02}0e8e36-a618-490d-8a46-8c61ac9jb502"


def short(name: str, number: int) -> str:
    """NAME-ID8"""
    return f"{name}-{number:02}0e8e36"


def add(cloud: StandIn, number: int, name: str) -> None:
    """A task whose progress is its number, so that a series tells whose it is."""
    cloud.jobs[job_id(number)] = {"job_id": job_id(number), "progress": str(number),
                                  "transfer_status": "FULL_TRANSFER_STARTED"}
    cloud.drs.names[job_id(number)] = name


def end(cloud: StandIn, number: int) -> None:
    cloud.jobs[job_id(number)]["transfer_status"] = "RELEASE_RESOURCE_COMPLETE"


def owners(daemon: Collectd) -> dict[str, list[float]]:
    """Which jobs' values each series has had, in their order."""
    series = {}
    for name, samples in daemon.series("drs").items():
        if name.endswith("/percent-total"):
            values = [value for _, value in samples]
            series[name.split("drs-")[1].partition("/")[0]] = [
                value for at, value in enumerate(values) if at == 0 or values[at - 1] != value]
    return series


def wait_for(daemon: Collectd, expected: dict[str, int]) -> None:
    """Until each of these series has its job's value, in a new cycle; and no series ever had two jobs'."""
    daemon.wait_for_new_reads(1)
    daemon.wait_until(lambda: all(owners(daemon).get(name, [-1])[-1] == number for name, number in expected.items()),
                      f"{expected}")


def two(stack: ExitStack) -> list[StandIn]:
    return [stack.enter_context(StandIn(PROJECT_ID, TOKEN)) for _ in range(2)]


def discovering(cloud: StandIn, name: str, *lines: str) -> str:
    return project(name, cloud, *OFTEN, *lines, without=["Job"])


def test_tasks_of_one_name_are_never_one_series(cloud):
    add(cloud, 1, "same")
    add(cloud, 2, "alone")
    with Collectd(discovering(cloud, "prod")) as daemon:
        wait_for(daemon, {"same": 1, "alone": 2})
        add(cloud, 3, "same")  # later
        wait_for(daemon, {short("same", 1): 1, short("same", 3): 3})
        end(cloud, 1)  # the other does not take the name over
        cloud.drs.names[job_id(2)], cloud.drs.names[job_id(3)] = "same", "alone"  # they swap names
        wait_for(daemon, {short("alone", 3): 3, short("same", 2): 2})
        assert all(len(values) == 1 for values in owners(daemon).values()), owners(daemon)
        lines = log_lines(daemon)
        assert len([line for line in lines if "DiscoverJobs: job " in line]) == 4, lines
        renamed = f'job {job_id(3)} is polled as "{short("same", 3)}": the name "same" is that of several tasks'
        assert any(renamed in line for line in lines), lines


def test_a_restart_changes_no_series(tmp_path):
    (tmp_path / "jobs").write_text(f"{job_id(4)} same\n{job_id(5)} of-the-file\n")
    with ExitStack() as stack:
        first, second = two(stack)
        for number, name in {1: "twin", 2: "twin", 3: "same", 6: "订单", 7: "账单", 8: "..", 9: "both"}.items():
            add(first, number, name)
        for number, name in {4: "x", 5: "x", 10: "both", 11: "given", 12: "twin"}.items():
            add(second, number, name)
        config = (discovering(first, "first", f'Job "{job_id(3)}" "given"')
                  + discovering(second, "second", f'JobsFile "{tmp_path / "jobs"}"'))
        expected = {short("twin", 1): 1, short("twin", 2): 2, "given": 3, "same": 4, "of-the-file": 5, job_id(6): 6,
                    job_id(7): 7, job_id(8): 8, "both": 9, short("both", 10): 10, short("given", 11): 11, "twin": 12}
        for slow in (None, first, second):  # whichever list comes first
            if slow is not None:
                slow.inject("black-hole", times=1, path="/jobs")
            with Collectd(config) as daemon:
                wait_for(daemon, expected)
                if slow is None:
                    assert owners(daemon) == {name: [number] for name, number in expected.items()}


def test_a_given_name_wins_at_any_time(cloud, tmp_path):
    """Nobody who may create a task takes an operator's series, nor the operator's file one of the configuration."""
    path: Path = tmp_path / "jobs"
    path.write_text("")
    add(cloud, 1, "orders")
    add(cloud, 2, job_id(1))
    add(cloud, 3, "c")
    with Collectd(discovering(cloud, "prod", f'Job "{job_id(3)}" "db"', f'JobsFile "{path}"')) as daemon:
        wait_for(daemon, {"orders": 1, job_id(1): 2, "db": 3})
        add(cloud, 4, "d")
        path.write_text(f"{job_id(4)} orders\n{job_id(1)}\n")
        wait_for(daemon, {"orders": 4, job_id(1): 1, short(job_id(1), 2): 2, "db": 3})
        path.write_text(f"{job_id(4)} db\n")
        wait_for(daemon, {short("db", 4): 4, short("orders", 1): 1, "db": 3})
        assert owners(daemon)["db"] == [3]


@pytest.mark.parametrize("source", ["Job", "JobsFile"])
def test_two_jobs_with_one_given_name_are_both_polled(cloud, tmp_path, source):
    add(cloud, 1, "")
    add(cloud, 2, "")
    add(cloud, 3, "")
    (tmp_path / "jobs").write_text(f"{job_id(1)} a b\n{job_id(2)} a_b\n{job_id(3)} a.b\n")
    given = [f'Job "{job_id(1)}" "a b"', f'Job "{job_id(2)}" "a_b"', f'Job "{job_id(3)}" "a.b"']
    lines = given if source == "Job" else [f'JobsFile "{tmp_path / "jobs"}"']
    with Collectd(project("prod", cloud, *lines, without=["Job"])) as daemon:
        wait_for(daemon, {"a_b": 1, short("a_b", 2): 2, "a.b": 3})
        first, second = log_lines(daemon)
        renamed = f'job {job_id(2)} is polled as "{short("a_b", 2)}": the name "a_b" is that of'
        assert f'"prod": local: {source}: {renamed}' in first
        assert f'{source}: the jobs "a_b" and "a.b" are one series in Graphite' in second
