# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""RPOAndRTO: the delays beside the progress, and clouds that do not offer them."""

import pytest
from support.blocks import JOB, OTHER_JOB, project
from daemons import Collectd
from standin import ApiError, rpo_and_rto
from support.polled_jobs import log_lines, watched

BOTH = (f'Job "{JOB}"', f'Job "{OTHER_JOB}" "other"', "RPOAndRTO true")


@pytest.fixture
def two(cloud):
    """A stand-in with two jobs that run."""
    cloud.jobs[OTHER_JOB] = cloud.jobs[JOB] | {"job_id": OTHER_JOB}
    return cloud


def requests(cloud) -> list:
    """Those for the RPO and RTO."""
    return [request for request in cloud.requests if request.path.endswith("/batch-rpo-and-rto")]


def test_delays_have_the_time_of_the_other_values(two):
    two.drs.rpo_and_rto[JOB] = rpo_and_rto(JOB, rpo=1500, rto=0)
    two.drs.rpo_and_rto[OTHER_JOB] = rpo_and_rto(OTHER_JOB, rpo=-1, rto=250)
    with Collectd(project("prod", two, *BOTH)) as daemon:
        reads = daemon.wait_for_reads(4)
    for read in reads:
        assert (read[f"{JOB}/delay-rpo"], read[f"{JOB}/delay-rto"]) == (1.5, 0)
        assert read["other/delay-rto"] == 0.25
        assert "other/delay-rpo" not in read
        assert read["prod/bool-up"] == 1 and f"{JOB}/percent-total" in read
    assert {tuple(request.jobs) for request in requests(two)} == {(JOB, OTHER_JOB)}


def test_it_is_off_by_default(two):
    with Collectd(project("prod", two)) as daemon:
        daemon.wait_for_reads(3)
    assert requests(two) == []


@pytest.mark.parametrize("api_error", [
    ApiError("", status=404, shape="html"), ApiError("", status=405, shape="html"),
    ApiError("APIG.0101", status=404), ApiError("DRS.M00102"), ApiError("DRS.M00202"),
    ApiError("", status=501, shape="html"),
], ids=lambda api_error: f"{api_error.status}-{api_error.code}")
def test_a_cloud_that_does_not_offer_it(two, api_error):
    two.drs.rpo_and_rto_error = api_error
    with Collectd(project("prod", two, *BOTH)) as daemon:
        reads = daemon.wait_for_reads(6)
        line, = log_lines(daemon)
        assert "RPOAndRTO: " in line
        assert daemon.notifications() == []
    assert len(requests(two)) == 1
    for read in reads:
        assert read["prod/bool-up"] == 1
        assert read["prod/count-answered"] == 2
        assert read["prod/errors-auth"] == read["prod/errors-http"] == 0
        assert not any(name.endswith(("/delay-rpo", "/delay-rto")) for name in read)


def test_a_call_that_hangs_does_not_delay_the_others(two):
    two.inject("black-hole", path="/batch-rpo-and-rto")
    with Collectd(project("prod", two, *BOTH, "Interval 0.5")) as daemon:
        reads = daemon.wait_for_reads(4)
    assert all(read["prod/bool-up"] == 1 and read["prod/errors-http"] == 0 for read in reads)
    assert all(read["prod/count-answered"] == 2 for read in reads)


def test_an_outage_of_it_is_reported_once_and_over(two):
    switch = two.inject("error", code="DRS.M00004", path="/batch-rpo-and-rto")
    with Collectd(project("prod", two, *BOTH)) as daemon:
        switch.wait_for_hits(3)
        switch.stop()
        daemon.wait_until(lambda: len(log_lines(daemon)) >= 2, "the recovery")
        failure, recovery = log_lines(daemon)
        assert "RPOAndRTO: " in failure and "recovered: RPOAndRTO" in recovery
        daemon.wait_until(lambda: f"{JOB}/delay-rpo" in daemon.reads()[-1], "a value")
        assert watched(daemon) == {JOB, "other"}
