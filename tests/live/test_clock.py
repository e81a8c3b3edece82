# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Steps of the wall clock: cycles are timed by the monotonic clock, so no value and no line is lost."""

from pathlib import Path

import pytest
from blocks import JOB, project
from daemons import Collectd

DAY = 86400
PRELOAD = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
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
