# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Comparisons: whether the data are equal, as DRS has found, and clouds that do not tell."""

import time

import pytest
from support.blocks import JOB, project
from daemons import Collectd
from standin import ApiError, Comparison
from standin.details import SECRET
from support.polled_jobs import log_lines

OPTIONS = (f'Job "{JOB}" "orders"', "Comparisons true", "DiscoverInterval 0.5")
METRICS = ("bool-consistent", "count-inconsistent", "count-uncompared", "gauge-compared")


@pytest.fixture
def copied(cloud):
    """A stand-in with a job whose full copy is complete."""
    cloud.jobs[JOB] |= {"transfer_status": "INCRE_TRANSFER_STARTED", "progress": "100"}
    return cloud


def requests(cloud) -> list:
    return [request for request in cloud.requests if request.path.endswith("/query-compare-result")]


def compared(daemon) -> list[tuple]:
    """The four values of each read that has them."""
    return [tuple(read[f"orders/{name}"] for name in METRICS) for read in daemon.reads()
            if f"orders/{METRICS[0]}" in read]


def test_the_last_finished_comparison_of_each_type_counts(copied):
    now = int(time.time())
    copied.drs.comparisons[JOB] = [
        Comparison("object_comparison", now - 900, inconsistent=7), Comparison("object_comparison", now - 90, 10),
        Comparison("object_comparison", now - 9, outcome="FAILED"),
        Comparison("lines", now - 60, uncompared=1), Comparison("lines", now - 5, 3600)]
    with Collectd(project("prod", copied, *OPTIONS), log_level="debug") as daemon:
        daemon.wait_until(lambda: compared(daemon), "a comparison")
        assert set(compared(daemon)) == {(1, 0, 1, now - 80)}
        copied.drs.comparisons[JOB] += [Comparison("lines", now - 1, inconsistent=2),
                                        Comparison("contents", now - 2, inconsistent=1)]
        daemon.wait_until(lambda: compared(daemon)[-1] == (0, 3, 0, now - 80), "a difference")
        seen = [daemon.log_text(), daemon.notifications(), daemon.reads()]
        assert log_lines(daemon) == []
    assert SECRET not in str(seen)
    assert copied.problems() == []


def test_they_are_off_by_default(copied):
    with Collectd(project("prod", copied)) as daemon:
        daemon.wait_for_reads(3)
    assert requests(copied) == []


def test_a_service_that_lists_nothing_without_ids(copied):
    copied.drs.comparisons_are_listed = False
    copied.drs.comparisons[JOB] = [Comparison("lines", time.time() - 60)]
    with Collectd(project("prod", copied, *OPTIONS)) as daemon:
        copied.wait_for_requests(3, where=lambda request: request.path.endswith("/query-compare-result"))
        daemon.wait_for_new_reads(2)
        assert compared(daemon) == [] and log_lines(daemon) == []


@pytest.mark.parametrize("api_error", [ApiError("APIG.0101", status=404), ApiError("DRS.M00102")],
                         ids=lambda api_error: f"{api_error.status}-{api_error.code}")
def test_a_cloud_that_does_not_offer_it(copied, api_error):
    copied.drs.comparison_error = api_error
    with Collectd(project("prod", copied, *OPTIONS)) as daemon:
        copied.wait_for_requests(1, where=lambda request: request.path.endswith("/query-compare-result"))
        daemon.wait_for_new_reads(12)
        line, = log_lines(daemon)
        assert "Comparisons: " in line
        assert daemon.reads()[-1]["prod/bool-up"] == 1
    assert len(requests(copied)) == 1
