# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A service that rejects everything for a while, requests pauses, or is slow: the effect, and the recovery."""

import time

import pytest
from support.blocks import JOB, project
from daemons import Collectd
from standin import BadJob
from support.polled_jobs import log_lines, watched

LONG = "Interval 6"


def ids(count: int) -> list[str]:
    return [f"00000000-0000-4000-8000-{number:08}jb01" for number in range(count)]


def item(job: str) -> dict:
    return {"job_id": job, "progress": "7", "transfer_status": "FULL_TRANSFER_STARTED"}


def block(cloud, jobs: list[str], *lines: str) -> str:
    """A project of these jobs, each with a plain item."""
    cloud.jobs.update({job: item(job) for job in jobs})
    return project("prod", cloud, *[f'Job "{job}"' for job in jobs], *lines)


def reported(daemon) -> float:
    """How many jobs the last complete cycle reported."""
    reads = daemon.reads("prod")
    return reads[-1].get("prod/count-answered", 0) if reads else 0


def cycles_until_reported(daemon, count: int) -> int:
    """The cycles from now on until one has reported so many jobs."""
    before = len(daemon.reads("prod"))
    daemon.wait_until(lambda: reported(daemon) == count, f"{count} jobs", timeout=120)
    return next(at for at, read in enumerate(daemon.reads("prod")[before:], 1)
                if read.get("prod/count-answered") == count)


@pytest.mark.parametrize("count, intact, interval", [(200, 0, 3), (200, 100, 3), (1000, 0, 10), (1000, 150, 10)])
def test_jobs_that_were_rejected_together_are_back_together(cloud, count, intact, interval):
    """All, or all but some, are rejected as if they did not exist; then the service recovers."""
    jobs = ids(count)
    with Collectd(block(cloud, jobs, f"Interval {interval}")) as daemon:
        daemon.wait_until(lambda: reported(daemon) == count, "all jobs")
        fallen = dict.fromkeys(jobs[intact:], BadJob(code="DRS.M05004"))
        good = {job: cloud.jobs[job] for job in fallen}
        cloud.jobs.update(fallen)
        daemon.wait_until(lambda: reported(daemon) <= intact, "the rejections")
        daemon.wait_for_new_reads(4, "prod")
        cloud.jobs.update(good)
        cycles = cycles_until_reported(daemon, count)
        assert cycles <= 15


def test_a_rejected_job_is_quarantined(cloud):
    jobs = ids(20)
    config = block(cloud, jobs)
    cloud.jobs[jobs[7]] = BadJob(code="DRS.M05004")
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: reported(daemon) == 19, "the others")
        seen = len(cloud.requests)
        daemon.wait_for_new_reads(10, "prod")
        assert not any(jobs[7] in request.jobs for request in cloud.requests[seen:])


@pytest.mark.parametrize("status", [500, 502, 503, 504, 400, 403, 404, 302])
def test_retry_after_is_kept_whatever_the_status(cloud, status):
    fault = cloud.inject("error", times=1, code="", status=status,
                         headers={"Retry-After": "3"})
    with Collectd(project("prod", cloud)) as daemon:
        fault.wait_for_hits(1)
        daemon.wait_until(lambda: len(cloud.requests) >= 2, "another request")
        daemon.wait_until(lambda: JOB in watched(daemon), "values")
    first, second = (request.time for request in cloud.requests[:2])
    assert second - first > 2.9, "it did not wait"  # both are taken by a server's threads


def test_retry_after_as_a_date_is_measured_by_the_service_s_clock(cloud):
    """The service's clock is an hour ahead: the pause is of three seconds, not of an hour."""
    ahead = time.time() + 3600
    http_date = "%a, %d %b %Y %H:%M:%S GMT"
    fault = cloud.inject("error", times=1, code="", status=503, headers={
        "Date": time.strftime(http_date, time.gmtime(ahead)),
        "Retry-After": time.strftime(http_date, time.gmtime(ahead + 3))})
    with Collectd(project("prod", cloud)) as daemon:
        fault.wait_for_hits(1)
        daemon.wait_until(lambda: JOB in watched(daemon), "values")
    first, second = (request.time for request in cloud.requests[:2])
    assert second - first > 1.9, "it did not wait"


def test_the_cause_is_told_before_the_interval_ends_a_request(cloud):
    """Whatever Timeout."""
    switch = cloud.inject("black-hole")
    with Collectd(project("prod", cloud, "Timeout 5000", "Interval 0.5")) as daemon:
        daemon.wait_until(lambda: log_lines(daemon), "a line")
        line, = log_lines(daemon)
        assert "timed out after 325 ms, waiting for the response" in line
        switch.stop()
        daemon.wait_until(lambda: JOB in watched(daemon), "values")


def test_an_error_item_means_a_missing_job(cloud):
    """A wrong id whose item has an error in place of a state is missing, and is reported so."""
    cloud.jobs["wrong"] = BadJob("item", code="DRS.M05003")
    with Collectd(project("prod", cloud, f'Job "{JOB}"', 'Job "wrong"')) as daemon:
        read = daemon.wait_for_reads(2, "prod")[-1]
        assert read["prod/bool-up"] == 0
        assert (read["prod/count-jobs"], read["prod/count-answered"]) == (2, 1)
        line, = log_lines(daemon)
        assert "job: job wrong: DRS.M05003" in line
        note, = daemon.notifications()
        assert (note["severity"], note["plugin_instance"]) == ("WARNING", "wrong")
        assert "is not found" in note["message"] and "DRS.M05003" in note["message"]
        assert not any(name.startswith("test-host/drs-wrong") for name in daemon.names())


def test_batches_shrink_where_a_response_is_too_large(cloud):
    """Twenty items of 1 MB: more than a response may have."""
    jobs = ids(20)
    config = block(cloud, jobs, LONG)
    cloud.jobs.update({job: item(job) | {"padding": ["x" * 1000] * 1000} for job in jobs})
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: reported(daemon) == 20, "all jobs")


def test_batches_shrink_where_the_service_takes_long_for_each_job(cloud, monkeypatch):
    """A fifth of a second for each id, and two seconds for a request."""
    jobs = ids(60)
    config = block(cloud, jobs, "Interval 8", "Timeout 2000")
    slow = type(cloud.drs).handle

    def handle(self, request):
        time.sleep(len(request.jobs) / 5)
        return slow(self, request)

    monkeypatch.setattr(type(cloud.drs), "handle", handle)
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: reported(daemon) == 60, "all jobs", timeout=120)
