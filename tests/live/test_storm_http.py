# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Hostile servers and lost connections in real collectd: nothing else is harmed."""

from blocks import JOB, project
from daemons import Collectd, Nginx
from standin import StandIn

# More than a test needs: only a hang exceeds it.
LONG = 60


def many_jobs(cloud: StandIn, count: int) -> list[str]:
    """Options for this many jobs, each known to the service and a request of its own."""
    ids = [f"{number:08d}{JOB[8:]}" for number in range(count)]
    cloud.jobs.update({job: {"job_id": job, "progress": "50"} for job in ids})
    return [*(f'Job "{job}"' for job in ids), "BatchSize 1", f"MaxParallel {count}"]


def errors(daemon: Collectd) -> list[str]:
    """Lines that report a failure."""
    return [line.text for line in daemon.lines("drs plugin: ") if line.level == "error"]


def test_every_cycle_is_whole_where_the_server_closes_idle_connections(cloud, certificates):
    jobs = many_jobs(cloud, 8)
    cloud.drs.latency = 0.1  # the first requests need a connection each
    with Nginx(cloud.port, certificates, http2=False, idle=1) as nginx:
        config = project("prod", cloud, f'Endpoint "{nginx.endpoint}"', "Interval 2",
                         f'CACert "{certificates.ca}"', *jobs)
        with Collectd(config) as daemon:
            reads = daemon.wait_for_reads(8, "prod", timeout=LONG)
            assert [read["prod/bool-up"] for read in reads[:8]] == [1] * 8
            assert not errors(daemon)
        assert len({request["connection"] for request in nginx.requests()}) > 8
