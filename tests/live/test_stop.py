# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""SIGTERM in any state of a cycle: the daemon ends at once, and reported values are written."""

import itertools
import re
import signal
from collections.abc import Callable

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, hung_projects, project
from daemons import HANG, Collectd, proc_of_threads
from support.raw_server import full_port
from support.requirements import libcurl
from support.resolver import WithNameServer, needs_root, silent_name_server
from support.stops import check_stop
from standin import Certificates, StandIn, Switch

PATIENT = "Timeout 60000"
LONG = "Interval 60"

# At which moment of a read the service leaves the plugin alone.
MOMENTS = {
    "before the request": ("silent", {}),
    "before the response": ("black-hole", {}),
    "in the header": ("header-drips", {"pace": 0.05}),
    "in the body": ("body-stalls", {}),
    "while the body drips": ("body-drips", {"pace": 0.05}),
    "in an endless body": ("body-endless", {}),
}


def is_connecting(port: int) -> bool:
    """Is there a connection to this port whose SYN is not acknowledged?"""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    waiting = [row for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "02"]
    return len(waiting) >= 2  # ours, and the second guest


@pytest.mark.parametrize("moment", MOMENTS)
def test_in_a_read(cloud, moment):
    fault, options = MOMENTS[moment]
    check_stop(project("prod", cloud, PATIENT, LONG), next_hit(cloud.inject(fault, **options)))


def next_hit(fault: Switch, count: int = 1) -> Callable[[Collectd], None]:
    """Waits for so many more hits of a fault at each call."""
    hits = itertools.count(count, count)
    return lambda _: fault.wait_for_hits(next(hits))


def test_while_it_connects(cloud):
    with full_port() as port:
        config = project("prod", cloud, f'Endpoint "http://127.0.0.1:{port}"', PATIENT, LONG)
        check_stop(config, lambda daemon: daemon.wait_until(
            lambda: is_connecting(port), "a connection that waits"))


@needs_root
@pytest.mark.skipif(libcurl() < (7, 87),
                    reason="libcurl before 7.87 waits for the resolver when it ends; see SECURITY.md")
def test_while_a_name_is_looked_up(cloud, tmp_path):
    with silent_name_server() as server:
        server.settimeout(HANG)
        config = project("prod", cloud, 'Endpoint "http://drs.nowhere.example"', PATIENT, LONG)
        check_stop(config, lambda daemon: server.recv(512),
                   lambda config: WithNameServer(config, server, tmp_path))


def test_in_a_handshake(tmp_path):
    certificates = Certificates(tmp_path)
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        check_stop(project("prod", cloud, f'CACert "{certificates.ca}"', PATIENT, LONG),
                   next_hit(cloud.inject("silent")))


def test_in_a_login(cloud):
    cloud.iam.add_user("u", "p", "d", PROJECT_ID)
    lines = [f'IdentityEndpoint "{cloud.identity_endpoint}"', 'DomainName "d"', 'User "u"',
             'Password "p"']
    check_stop(project("prod", cloud, *lines, PATIENT, LONG, without=["Token"]),
               next_hit(cloud.inject("black-hole", service="iam")))


def test_in_a_list_of_tasks(cloud):
    check_stop(project("prod", cloud, "DiscoverJobs true", PATIENT, LONG, without=["Job"]),
               next_hit(cloud.inject("black-hole")))


def test_with_twenty_projects_that_hang(cloud):
    check_stop(hung_projects(cloud, 20), next_hit(cloud.inject("silent"), 20))


def test_reported_values_are_written_and_the_rest_is_read_after_a_restart(cloud):
    cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "60", "error_msg": "x" * 200}
    config = project("prod", cloud, f'Job "{JOB}"', f'Job "{OTHER_JOB}"', PATIENT, LONG)
    fault = cloud.inject("body-stalls")
    with Collectd(config) as daemon:
        fault.wait_for_hits(1)
        # What has been read is in collectd's hands before the read is over.
        daemon.wait_until(lambda: any(JOB in name for name in daemon.names()), "the first job")
        daemon.stop()
        assert jobs(daemon) == {JOB}
        fault.stop()
        daemon.start()
        daemon.wait_until(lambda: jobs(daemon) == {JOB, OTHER_JOB}, "both jobs")


def jobs(daemon: Collectd) -> set[str]:
    """The jobs that have a value on disk."""
    return {name.partition("/drs-")[2].partition("/")[0] for name in daemon.series("drs")
            if name.endswith("percent-total")}


def test_a_signal_wakes_the_daemon_and_not_the_plugin(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(1)
        threads = proc_of_threads(daemon.process.pid, "status")
        blocked = {signals_blocked(status) for status in threads if status.startswith("Name:\tdrs")}
    terminate = 1 << signal.SIGTERM - 1
    assert blocked and all(mask & terminate for mask in blocked)


def signals_blocked(status: str) -> int:
    """The mask of the signals that a thread does not take."""
    return int(re.search(r"^SigBlk:\s*(\w+)", status, re.M)[1], 16)


def test_a_signal_ends_the_wait_of_a_test_read(cloud):
    """All projects are polled at once, so each has its request under way."""
    fault = cloud.inject("black-hole")
    config = "".join(project(f"hung-{number}", cloud, "Timeout 600000", f'Host "host-{number}"', "Interval 3600")
                     for number in range(3))
    with StartedTestRead(config) as daemon:
        fault.wait_for_hits(3)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(HANG) == 1
        daemon.process = None


class StartedTestRead(Collectd):
    """`collectd -T`, not waited for."""

    def command(self) -> list[str]:
        return [*super().command(), "-T"]

    def ready(self) -> bool:
        return True
