# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Requests, to the letter of the API's page. The stand-in checks the rest."""

import json
import re

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd, proc_of_threads
from daemons.collectd import TOP
from standin import StandIn


def one_request(cloud, *lines: str):
    """The request of one read of a project with these lines."""
    Collectd(project("prod", cloud, *lines)).test_read()
    [request] = cloud.requests
    return request


def test_the_request_is_that_of_the_page(cloud):
    request = one_request(cloud)
    assert (request.method, request.target) == ("POST", f"/v3/{PROJECT_ID}/jobs/batch-progress")
    assert json.loads(request.body) == {"jobs": [JOB]}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-auth-token"] == TOKEN
    assert request.headers["x-language"] == "en-us"
    assert request.headers["host"] == cloud.endpoint.removeprefix("http://")


def test_the_user_agent_is_the_version_of_the_package(cloud):
    configure = (TOP / "configure.ac").read_text()
    [version] = re.findall(r"^AC_INIT\(\[collectd-drs\], *\[([^]]+)\]", configure, re.MULTILINE)
    assert one_request(cloud).headers["user-agent"] == f"collectd-drs/{version}"


def test_the_language_is_settable(cloud):
    assert one_request(cloud, 'Language "zh-cn"').headers["x-language"] == "zh-cn"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["", "/drs", "/a/b"])
def test_a_path_of_the_endpoint_is_kept(prefix, slash):
    with StandIn(PROJECT_ID, TOKEN, prefix=prefix) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        request = one_request(cloud, f'Endpoint "{cloud.endpoint}{slash}"')
        assert request.path == f"{prefix}/v3/{PROJECT_ID}/jobs/batch-progress"
        assert cloud.problems() == []


def test_ids_are_divided_into_batches_and_each_is_requested_once(cloud):
    jobs = [f"00000000-0000-4000-8000-00000000jb{number:02}" for number in range(5)]
    cloud.jobs.update({job: {"job_id": job} for job in jobs})
    lines = [f'Job "{job}"' for job in [*jobs, jobs[1]]]
    result = Collectd(project("prod", cloud, *lines, "BatchSize 2")).test_read()
    assert result.status == 0
    batches = [request.jobs for request in cloud.requests]
    assert sorted(map(len, batches)) == [1, 2, 2]
    assert sorted(job for batch in batches for job in batch) == jobs


@pytest.mark.parametrize("most", [1, 3])
def test_maxparallel_limits_the_requests_in_flight(cloud, most):
    jobs = [f"00000000-0000-4000-8000-00000000jb{number:02}" for number in range(9)]
    cloud.jobs.update({job: {"job_id": job} for job in jobs})
    cloud.drs.latency = 0.1
    lines = [f'Job "{job}"' for job in jobs]
    block = project("prod", cloud, *lines, "BatchSize 1", f"MaxParallel {most}", "Interval 60")
    assert Collectd(block).test_read().status == 0
    assert len(cloud.requests) == len(jobs)
    assert cloud.drs.journal.most_in_flight == most


@pytest.mark.parametrize(("count", "threads"), [(100, False), (1000, True)])
def test_threads_dispatch_the_values_of_many_jobs(cloud, count, threads):
    jobs = [f"00000000-0000-4000-8000-000000jb{number:04}" for number in range(count)]
    cloud.jobs.update({job: {"job_id": job, "progress": "50", "incre_trans_delay": "0"} for job in jobs})
    config = project("prod", cloud, *(f'Job "{job}"' for job in jobs), "BatchSize 1000", "Interval 4")
    with Collectd(config) as daemon:
        daemon.wait_for_reads(3, "prod")
        names = proc_of_threads(daemon.process.pid, "comm")
        expected = {f"test-host/drs-{job}/percent-total" for job in jobs}
        daemon.wait_until(lambda: expected <= daemon.names(), "values of all jobs")
    assert ("drs dispatch\n" in names) == threads
