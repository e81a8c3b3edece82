# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The cost of a hung service for the rest of the daemon, and a silent log in steady state."""

import time

from support.blocks import JOB, PROJECT_ID, TOKEN, hung_projects, project
from daemons import Collectd
from daemons.collectd import INTERVAL
from standin import StandIn

UPTIME, LOAD = "test-host/uptime/uptime", "test-host/load/load"
UP = "test-host/drs-prod/bool-up"
PROGRESS = f"test-host/drs-{JOB}/percent-total"


def test_in_steady_state_the_log_has_no_line_of_the_plugin(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(10)
        lines = daemon.lines()
    ready = next(at for at, line in enumerate(lines) if line.text.startswith("Initialization"))
    assert [line for line in lines[:ready] if line.text.startswith("drs plugin: ")][1:] == []
    assert [line for line in lines[ready:] if "drs" in line.text] == []


def test_a_service_that_hangs_costs_nobody_else_an_interval(cloud):
    with StandIn(PROJECT_ID, TOKEN) as hung:
        silence = hung.inject("silent")
        config = project("prod", cloud) + hung_projects(hung, 20)
        with Collectd(config, "LoadPlugin uptime\nLoadPlugin load\n", interval=INTERVAL) as daemon:
            silence.wait_for_hits(20)
            hung_since = time.time()

            def count(name: str) -> int:
                return sum(sample.time > hung_since for sample in daemon.series()[name])

            daemon.wait_until(lambda: count(UPTIME) >= 10, "10 intervals")
            counts = {name: count(name) for name in (UPTIME, LOAD, UP, PROGRESS)}
    # A busy machine may cost any of them an interval, and all alike.
    assert min(counts.values()) > counts[UPTIME] / 2, counts
