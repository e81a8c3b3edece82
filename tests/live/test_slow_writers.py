# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Write plugins that do not keep up: collectd's queue stays bounded, and the self-metrics arrive."""

import os
import signal
import time

from support.blocks import JOB, project
from daemons import Collectd
from support.examples import SELF_METRICS
from standin import Request
from support.build_module import load

HELD_CYCLES = 8


def test_a_write_queue_that_is_not_emptied_gets_no_more_values_of_jobs(cloud, tmp_path):
    hold = tmp_path / "hold"
    held = {"stock": load("hold_values", tmp_path), "variables": {"HOLD_VALUES": str(hold)}}
    with Collectd(project("prod", cloud), **held) as daemon:
        def logged(expected: str) -> list[str]:
            return [line.text for line in daemon.lines("drs plugin: ") if expected in line.text]

        def cycles() -> int:
            return len(cloud.requests)

        daemon.wait_for_reads(2, "prod")
        hold.touch()
        daemon.wait_until(lambda: logged("write threads"), "the warning")
        begun = cycles()
        daemon.wait_until(lambda: cycles() >= begun + HELD_CYCLES, "cycles while values wait")
        assert logged("write threads") == ['drs plugin: project "prod": local: collectd\'s write threads do not keep '
                                           "up: cycles without values of jobs"]
        hold.unlink()
        daemon.wait_until(lambda: logged("cycles had no values"), "the recovery")
        [line] = logged("cycles had no values")
        series = daemon.series("drs")
    held_out = len(series["test-host/drs-prod/bool-up"]) - len(series[f"test-host/drs-{JOB}/percent-total"])
    assert f"write threads; {held_out} cycles had no values of jobs" in line
    assert held_out >= HELD_CYCLES
    assert {value for _, value in series["test-host/drs-prod/bool-up"]} == {1}


def test_a_queue_that_has_a_limit_loses_no_self_metrics_and_gets_no_burst(cloud, tmp_path):
    """Behind the values of a burst, of which collectd drops most, the self-metrics were the first to go."""
    jobs = [f"00000000-0000-4000-8000-{number:08}jb50" for number in range(200)]
    cloud.jobs.update({job: {"job_id": job, "progress": "50", "transfer_status": "FULL_TRANSFER_STARTED",
                             "task_mode": "FULL_TRANS", "incre_trans_delay": "3"} for job in jobs})
    config = project("prod", cloud, *(f'Job "{job}"' for job in jobs), "Interval 6", "BatchSize 5")
    stock = f"WriteQueueLimitHigh 200\n{load('slow_values', tmp_path)}"
    with Collectd(config, stock) as daemon:
        reads = daemon.wait_for_reads(3, "prod")
    assert all({name.removeprefix("prod/") for name in read} == SELF_METRICS for read in reads)
    assert {(read["prod/bool-up"], read["prod/count-answered"]) for read in reads} == {(1, len(jobs))}
    # Nearly half of the interval; on a busy machine, not in every cycle.
    assert max(spread(cloud.requests, len(jobs) // 5)) > 2.4


def spread(requests: list[Request], count: int) -> list[float]:
    """The seconds from the first to the last request of each cycle of so many."""
    times = [request.time for request in requests]
    cycles = [times[at:at + count] for at in range(0, len(times) - count, count)]
    return [max(cycle) - min(cycle) for cycle in cycles]


def test_a_suspended_daemon_does_not_report_slow_write_threads(cloud):
    """collectd forgets its values in the meantime: that they are not there proves nothing of its queue."""
    others = [project(f"p{number}", cloud, f'Host "host-{number}"', "Interval 0.5") for number in range(6)]
    with Collectd("".join(others), interval=0.1) as daemon:  # how often it looks for old values
        for _ in range(3):
            daemon.wait_for_new_reads(3, "p5")
            os.kill(daemon.process.pid, signal.SIGSTOP)
            time.sleep(3)  # what passes is the event
            os.kill(daemon.process.pid, signal.SIGCONT)
        daemon.wait_for_new_reads(3, "p5")
        assert not [line for line in daemon.lines("drs plugin: ") if "write threads" in line.text]
