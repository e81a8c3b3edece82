# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""When things go wrong: the daemon goes on, says so once, and is back when the service is."""

import time

import pytest
from blocks import INTERVAL, JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import StandIn

UP = "test-host/drs-prod/bool-up"
PROGRESS = f"test-host/drs-{JOB}/percent-total"

OUTAGES = {
    "gone": ("refused", {}),
    "hangs up": ("close-after-request", {}),
    "says nothing": ("black-hole", {}),
    "500": ("refusal", {"status": 500}),
    "503 of a gateway": ("refusal", {"status": 503, "shape": "html"}),
    "not JSON": ("html", {}),
    "empty": ("empty", {}),
    "half an answer": ("json-cut", {"at": 60}),
}


def gaps(samples) -> list[float]:
    """The seconds from each value to the next."""
    times = [sample.time for sample in samples]
    return [after - before for before, after in zip(times, times[1:])]


def missed(samples, interval: float) -> int:
    """How many intervals passed without a value, between the first and the last."""
    return sum(round(gap / interval) - 1 for gap in gaps(samples))


def hung_projects(cloud, count: int) -> str:
    """Projects with many threads' worth of patience, all of them asking a service that hangs."""
    return "".join(project(f"hung-{number}", cloud, "Timeout 60000", f'Host "host-{number}"')
                   for number in range(count))


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_is_said_once_and_values_are_back_at_once(cloud, outage):
    fault, options = OUTAGES[outage]
    with Collectd(project("prod", cloud, "Timeout 100")) as daemon:
        daemon.wait_for_reads(2)
        said_before = len(daemon.lines("drs plugin: "))

        trouble = cloud.answer_with(fault, **options)
        daemon.wait_until(lambda: [up.value for up in daemon.series("drs")[UP]][-5:] == [0] * 5,
                          "five reads that fail")
        values_before = len(daemon.series("drs")[PROGRESS])
        trouble.stop()
        over = time.time()
        daemon.wait_until(lambda: len(daemon.series("drs")[PROGRESS]) >= values_before + 3,
                          "values after the outage")

        ups = daemon.series("drs")[UP]
        # The first read after it may have asked before it was over.
        assert 1 in [up.value for up in ups if up.time > over][:2]
        assert missed(ups, INTERVAL) == 0
        start, end = daemon.lines("drs plugin: ")[said_before:]
        assert start.level in ("error", "warning") and '"prod"' in start.text
        assert end.level in ("info", "notice") and '"prod"' in end.text
        assert daemon.lines("read-function") == []


def test_in_steady_state_the_log_has_no_line_of_the_plugin(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(10)
        lines = daemon.lines()
    ready = next(at for at, line in enumerate(lines) if line.text.startswith("Initialization"))
    assert [line for line in lines[:ready] if line.text.startswith("drs plugin: ")][1:] == []
    assert [line for line in lines[ready:] if "drs" in line.text] == []


def test_a_service_that_hangs_costs_nobody_else_an_interval(cloud):
    with StandIn(PROJECT_ID, TOKEN) as hung:
        silence = hung.answer_with("silent")
        config = project("prod", cloud) + hung_projects(hung, 20)
        with Collectd(config, "LoadPlugin uptime\nLoadPlugin load\n", interval=INTERVAL) as daemon:
            silence.wait_for_hits(20, timeout=10)
            hung_since = time.time()
            daemon.wait_until(lambda: time.time() > hung_since + 15 * INTERVAL, "15 intervals")
            series = daemon.series()
    for name in ("test-host/uptime/uptime", "test-host/load/load", UP, PROGRESS):
        samples = [sample for sample in series[name] if sample.time > hung_since]
        assert len(samples) >= 12, name
        assert missed(samples, INTERVAL) == 0, name


def test_sigterm_ends_the_plugin_at_once_while_its_services_hang(cloud):
    seconds = []
    for _ in range(3):
        with cloud.answer_with("silent") as silence, Collectd(hung_projects(cloud, 20)) as daemon:
            silence.wait_for_hits(20, timeout=10)
            seconds.append(daemon.stop())
    # A busy machine may delay one of them, but not all.
    assert min(seconds) < 0.2
    assert max(seconds) < 2
