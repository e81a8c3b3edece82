# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""SIGTERM in any state of a cycle: the daemon ends at once, and reported values are written."""

import os
import re
import signal
import socket
from contextlib import contextmanager
from pathlib import Path

import pytest
from blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, hung_projects, project
from daemons import Collectd
from machine import own_mounts
from standin import Certificates, StandIn

PATIENT = "Timeout 60000"
LONG = "Interval 60"

# At which moment of a read the service leaves the plugin alone.
MOMENTS = {
    "before the request": ("silent", {}),
    "before the answer": ("black-hole", {}),
    "in the header": ("header-drips", {"pace": 0.05}),
    "in the body": ("body-stalls", {}),
    "while the body drips": ("body-drips", {"pace": 0.05}),
    "in an endless body": ("body-endless", {}),
}


def seconds_to_stop(config: str, wait, start=Collectd) -> None:
    """Stop a daemon three times, each when `wait` says that the moment is there."""
    seconds = []
    for _ in range(3):
        with start(config) as daemon:
            wait(daemon)
            seconds.append(daemon.stop())
    # A busy machine may delay one of them, but not all.
    assert min(seconds) < 0.2, seconds
    assert max(seconds) < 2, seconds


@contextmanager
def full_port():
    """A port that answers no SYN: its queue is full, and nobody takes from it."""
    with socket.socket() as door, socket.socket() as first, socket.socket() as second:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for guest in (first, second):
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
        yield door.getsockname()[1]


def is_connecting(port: int) -> bool:
    """Is there a connection to this port that waits for an answer to its SYN?"""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    waiting = [row for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "02"]
    return len(waiting) >= 2  # ours, and the second guest


@pytest.mark.parametrize("moment", MOMENTS)
def test_in_a_read(cloud, moment):
    fault, options = MOMENTS[moment]
    hits = 0

    def met(_: Collectd) -> None:
        nonlocal hits
        hits += 1
        trouble.wait_for_hits(hits, timeout=60)
    trouble = cloud.answer_with(fault, **options)
    seconds_to_stop(project("prod", cloud, PATIENT, LONG), met)


def test_while_it_connects(cloud):
    with full_port() as port:
        config = project("prod", cloud, f'Endpoint "http://127.0.0.1:{port}"', PATIENT, LONG)
        seconds_to_stop(config, lambda daemon: daemon.wait_until(
            lambda: is_connecting(port), "a connection that waits"))


class WithSilentNameServer(Collectd):
    """collectd where the only name server takes questions and answers none of them."""

    def __init__(self, drs: str, folder: Path) -> None:
        super().__init__(drs)
        self.resolver = folder / "resolv.conf"
        self.resolver.write_text("nameserver 127.0.0.153\noptions timeout:30 attempts:5\n")

    def command(self) -> list[str]:
        mounted = f'mount --bind "{self.resolver}" /etc/resolv.conf && exec "$@"'
        return [*own_mounts(), "sh", "-c", mounted, "sh", *super().command()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take the place of a name server")
def test_while_a_name_is_looked_up(cloud, tmp_path):
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.153", 53))
        server.settimeout(10)
        config = project("prod", cloud, 'Endpoint "http://drs.nowhere.example"', PATIENT, LONG)
        seconds_to_stop(config, lambda daemon: server.recv(512),
                        lambda config: WithSilentNameServer(config, tmp_path))


def test_in_a_handshake(tmp_path):
    certificates = Certificates(tmp_path)
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        trouble = cloud.answer_with("silent")
        hits = iter(range(1, 4))
        seconds_to_stop(project("prod", cloud, f'CACert "{certificates.ca}"', PATIENT, LONG),
                        lambda _: trouble.wait_for_hits(next(hits), timeout=60))


def test_in_a_login(cloud):
    cloud.iam.add_user("u", "p", "d", PROJECT_ID)
    trouble = cloud.answer_with("black-hole", service="iam")
    hits = iter(range(1, 4))
    lines = [f'IdentityEndpoint "{cloud.identity_endpoint}"', 'DomainName "d"', 'User "u"',
             'Password "p"']
    seconds_to_stop(project("prod", cloud, *lines, PATIENT, LONG, without=["Token"]),
                    lambda _: trouble.wait_for_hits(next(hits), timeout=60))


def test_with_twenty_projects_that_hang(cloud):
    trouble = cloud.answer_with("silent")
    hits = iter(range(20, 61, 20))
    seconds_to_stop(hung_projects(cloud, 20),
                    lambda _: trouble.wait_for_hits(next(hits), timeout=60))


def test_what_was_answered_is_written_and_the_rest_is_read_after_a_restart(cloud):
    cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "60", "error_msg": "x" * 200}
    config = project("prod", cloud, f'Job "{JOB}"', f'Job "{OTHER_JOB}"', PATIENT, LONG)
    trouble = cloud.answer_with("body-stalls")
    with Collectd(config) as daemon:
        trouble.wait_for_hits(1, timeout=60)
        # What has been read is in collectd's hands before the read is over.
        daemon.wait_until(lambda: any(JOB in name for name in daemon.names()), "the first job")
        daemon.stop()
        assert jobs(daemon) == {JOB}
        trouble.stop()
        daemon.start()
        daemon.wait_until(lambda: jobs(daemon) == {JOB, OTHER_JOB}, "both jobs")


def jobs(daemon: Collectd) -> set[str]:
    """The jobs that have a value on disk."""
    return {name.partition("/drs-")[2].partition("/")[0] for name in daemon.series("drs")
            if name.endswith("percent-total")}


def test_a_signal_wakes_the_daemon_and_not_the_plugin(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(1)
        tasks = Path(f"/proc/{daemon.process.pid}/task").iterdir()
        blocked = {signals_blocked(task) for task in tasks
                   if (task / "comm").read_text().startswith("drs")}
    terminate = 1 << signal.SIGTERM - 1
    assert blocked and all(mask & terminate for mask in blocked)


def signals_blocked(task: Path) -> int:
    """The mask of the signals that a thread does not take."""
    return int(re.search(r"^SigBlk:\s*(\w+)", (task / "status").read_text(), re.M)[1], 16)
