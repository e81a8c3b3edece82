# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Steps of the wall clock: cycles are timed by the monotonic clock, so no value and no line is lost."""

import signal
import time
from pathlib import Path

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project, reported
from support.fake_clock import PRELOAD
from daemons import Collectd, wait_until
from standin import StandIn

DAY = 86400
UP = "test-host/drs-prod/bool-up"
PROGRESS = f"test-host/drs-{JOB}/percent-total"


class Shifted(Collectd):
    """collectd with a wall clock that a test sets, and the kernel's for durations."""

    def __init__(self, drs: str) -> None:
        super().__init__(drs)
        self.clock = self.folder / "clock"
        self.variables = {
            "LD_PRELOAD": PRELOAD, "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}
        self.set_clock(0)

    def set_clock(self, seconds: int) -> None:
        new = self.folder / "clock.new"
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.clock)


@pytest.fixture
def daemon(cloud):
    """A daemon that has read some times."""
    assert Path(PRELOAD).exists(), "the package faketime is not there"
    with Shifted(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(3)
        yield daemon
        assert [line for line in daemon.lines("drs plugin: ") if line.level != "info"] == []
        assert {up.value for up in daemon.series("drs")[UP]} == {1}


def values(daemon) -> list[float]:
    """The times of the job's values."""
    return sorted(sample.time for sample in daemon.series("drs")[PROGRESS])


def test_a_day_forward(daemon):
    last = values(daemon)[-1]
    daemon.set_clock(DAY)
    daemon.wait_until(lambda: len([at for at in values(daemon) if at > last + DAY - 60]) >= 4,
                      "values of tomorrow")


# collectd itself reads nothing until its clock is where it was; then all goes on.
def test_some_seconds_back(daemon):
    before = len(values(daemon))
    daemon.set_clock(-2)
    daemon.wait_until(lambda: len(values(daemon)) >= before + 4, "values after the step")


def test_a_day_back_and_the_end(daemon):
    daemon.set_clock(-DAY)
    daemon.stop()
    daemon.start()


def test_a_clock_that_is_set_right_ends_the_pause_of_a_key(cloud):
    """A signature has a date. That it was rejected for it says nothing of the key, once the clock is right."""
    cloud.keys.add("AK", "SK")
    daemon = Shifted(project("prod", cloud, 'AccessKey "AK"', 'SecretKey "SK"', without=["Token"]))
    daemon.set_clock(-3600)
    with daemon:
        daemon.wait_until(lambda: any("clock is" in line.text for line in daemon.lines()), "the rejection")
        requests = len(cloud.requests)
        daemon.wait_for_reads(3)
        assert len(cloud.requests) == requests
        daemon.set_clock(0)
        daemon.wait_until(lambda: reported(daemon), "values", 30)  # the pause is a minute
    cloud.clear_problems("too far from the server's clock")


def test_a_clock_that_was_wrong_at_the_start_costs_nothing_once_it_is_right(certificates):
    """Certificates are not valid yet, for ten cycles: no pause of a login or of a list has grown with them."""
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
        cloud.iam.add_user("collectd", "secret", "domain", PROJECT_ID)
        lines = [f'CACert "{certificates.ca}"', "Interval 1"]
        login = [f'IdentityEndpoint "{cloud.identity_endpoint}"', 'DomainName "domain"', 'User "collectd"',
                 'Password "secret"']
        daemon = Shifted(project("login", cloud, *lines, *login, without=["Token"])
                         + project("list", cloud, *lines, 'Host "other"', "DiscoverJobs true", without=["Job"]))
        daemon.set_clock(-10 * 365 * DAY)
        with daemon:
            for name in ("login", "list"):
                daemon.wait_for_reads(10, name)
            assert cloud.requests == []
            right = time.time()
            daemon.set_clock(0)
            for name in ("login", "list"):
                daemon.wait_until(lambda: any(read[f"{name}/bool-up"] for read in daemon.reads(name)), "values", 60)
                ups = [read[f"{name}/bool-up"] for read in daemon.reads(name, since=right)]
                assert ups.index(1) <= 1, ups  # one may have begun before


@pytest.mark.parametrize("seconds", [1.5, 3])
def test_a_frozen_daemon_uses_the_response_that_came_meanwhile(cloud, seconds):
    """Frozen for longer than Timeout, and than Interval."""
    lines = ["Timeout 1000", "Interval 2"]
    with Collectd(project("prod", cloud, *lines)) as daemon:
        daemon.wait_for_reads(1, "prod")
        cloud.drs.latency = 0.3
        for _ in range(3):
            asked = len(cloud.requests)
            wait_until(lambda: len(cloud.requests) > asked, 60, "a request")
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)  # this is the experiment: nothing happens meanwhile
            daemon.process.send_signal(signal.SIGCONT)
            daemon.wait_for_new_reads(2, "prod")
        assert [line for line in daemon.lines("drs plugin: ") if line.level != "info"] == []
        assert {read["prod/bool-up"] for read in daemon.reads("prod")} == {1}
