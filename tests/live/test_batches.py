# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Batches: a service that accepts few ids at once, rejects some jobs, or throttles."""

from __future__ import annotations

from math import ceil, log2

import pytest
from support.blocks import project
from daemons import Collectd, Nginx
from standin import ApiError, BadJob, Request, Throttle
from support.polled_jobs import log_lines

JOBS = [f"00000000-0000-4000-8000-000000{number:04}jb" for number in range(64)]


@pytest.fixture
def many(cloud):
    """The stand-in, with a plain item for each job."""
    cloud.jobs.update({job: {"job_id": job, "progress": "1"} for job in JOBS})
    return cloud


def block(cloud, *lines: str, jobs: list[str] | None = None, name: str = "prod") -> str:
    """A project of these jobs, or all."""
    listed = [f'Job "{job}"' for job in (JOBS if jobs is None else jobs)]
    return project(name, cloud, *listed, *lines)


def reported(read: dict[str, float]) -> set[str]:
    """The jobs that had a value in a read."""
    return {name.partition("/")[0] for name in read if name.endswith("/percent-total")}


API_ERRORS = {
    "of the API": ApiError("DRS.M00299"), "of the gateway": ApiError("APIG.0201"),
    "too large": ApiError("", status=413, shape="html"),
    "too long": ApiError("", status=414, shape="html"),
}


@pytest.mark.parametrize("most", [1, 7])
@pytest.mark.parametrize("api_error", API_ERRORS)
def test_the_batch_size_that_the_service_accepts_is_found(many, api_error, most):
    many.drs.most_ids, many.drs.too_many = most, API_ERRORS[api_error]
    with Collectd(block(many, "Interval 5")) as daemon:
        reads = daemon.wait_for_reads(3)
        assert all(reported(read) == {*JOBS} for read in reads)
        sizes = [len(request.jobs) for request in many.requests]
    first_fit = next(at for at, size in enumerate(sizes) if size <= most)
    # Every job is requested once in a request of a good size; from then on there is one trial in a cycle at most.
    assert sum(size > most for size in sizes[first_fit + 2 * len(JOBS):]) <= len(reads)


@pytest.mark.parametrize("bad", [
    BadJob(), BadJob(code="DRS.M05003"), BadJob(shape="envelope", named=True),
    BadJob(code="DRS.10000010", shape="envelope"), BadJob("omit"), BadJob("item"),
], ids=lambda bad: f"{bad.how}-{bad.code}-{bad.shape}")
def test_a_bad_job_costs_the_others_nothing_and_little_time(many, bad):
    wrong, batch = {JOBS[5], JOBS[23], JOBS[60]}, 32
    many.jobs.update(dict.fromkeys(wrong, bad))
    with Collectd(block(many, f"BatchSize {batch}", "Interval 4")) as daemon:
        reads = daemon.wait_for_reads(6)
        assert all(reported(read) == {*JOBS} - wrong for read in reads)
        daemon.stop()
        reads = daemon.reads()
    plain = ceil(len(JOBS) / batch) * (len(reads) + 2)
    extra = len(many.requests) - plain
    assert extra <= len(wrong) * (2 * log2(batch) + 2), [len(one.jobs) for one in many.requests]


@pytest.mark.parametrize("code", ["APIG.0308", "DRS.M01503"])
def test_a_requested_pause_is_kept(many, code):
    fault = many.inject("error", times=1, code=code, headers={"Retry-After": "1"})
    with Collectd(block(many)) as daemon:
        daemon.wait_for_reads(1)
        fault.wait_for_hits(1)
        daemon.wait_until(lambda: len(many.requests) >= 2, "another request")
    first, second = (request.time for request in many.requests[:2])
    assert second - first > 0.99, "it did not wait"  # both are taken by a server's threads


@pytest.mark.parametrize("retry_after", [None, 0])
@pytest.mark.parametrize("code", ["APIG.0308", "DRS.M01503"])
def test_every_job_has_its_turn_where_few_requests_are_admitted(many, code, retry_after):
    jobs = JOBS[:6]
    throttle = Throttle(requests=2, window=0.4, code=code, retry_after=retry_after)
    many.drs.throttle = throttle
    with Collectd(block(many, "Interval 0.2", "BatchSize 1", "MaxParallel 1", jobs=jobs)) as daemon:
        def turns() -> dict[str, int]:
            reads = daemon.reads()
            return {job: sum(job in reported(read) for read in reads) for job in jobs}
        daemon.wait_until(lambda: min(turns().values()) >= 2, "two values of each job")
        assert throttle.rejected <= len(many.requests) / 2, "it sends requests before the window has passed"


def test_an_item_of_another_batch_is_an_error_and_no_value(many):
    """Each of four responses has the jobs of all other batches, too, before its own."""
    many.inject("strangers", known=tuple(JOBS))
    with Collectd(block(many, "BatchSize 16", "Interval 4")) as daemon:
        reads = daemon.wait_for_reads(4)
        line, = log_lines(daemon)
    assert "the response has a job that was not requested" in line
    for read in reads:
        assert reported(read) == {*JOBS}
        assert {value for name, value in read.items() if name.endswith("/percent-total")} == {1}
        assert read["prod/bool-up"] == 1


def test_projects_do_not_fire_together(many):
    config = "".join(block(many, f'Host "host-{number}"', jobs=[JOBS[number]], name=f"p{number}")
                     for number in range(4))
    with Collectd(config) as daemon:
        # Each keeps its place in the interval; a busy machine moves some requests together.
        daemon.wait_until(lambda: any(gap > 0.002 for gap in least_gaps(many.requests)), "requests apart")


def least_gaps(requests: list[Request]) -> list[float]:
    """Of each four requests, one after another, the least time between two."""
    times = [request.time for request in requests]
    gaps = [after - before for before, after in zip(times, times[1:])]
    return [min(gaps[at:at + 3]) for at in range(len(gaps) - 2)]


@pytest.mark.parametrize("http2", [False, True])
def test_connections_are_kept_from_read_to_read(many, certificates, http2):
    """HTTP/1.1 even where HTTP/2 is offered, and no encoding of the content.

    docs/internals/decisions.md has the reason.
    """
    with Nginx(many.port, certificates, http2=http2) as nginx:
        lines = [f'Endpoint "{nginx.endpoint}"', f'CACert "{certificates.ca}"', "BatchSize 8",
                 "MaxParallel 4", "Interval 4"]
        with Collectd(block(many, *lines)) as daemon:
            reads = daemon.wait_for_reads(6)
        requests = nginx.requests()
    assert all(reported(read) == {*JOBS} for read in reads)
    assert len(requests) >= 6 * 8
    assert {one["protocol"] for one in requests} == {"HTTP/1.1"}
    assert len({one["connection"] for one in requests}) == 4
    assert not any("accept-encoding" in request.headers for request in many.requests)
