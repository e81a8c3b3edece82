# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the tests of packages on a bare machine share.

Debian's collectd, a stand-in for the service, and the sample configuration as an administrator edits it.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

from standin import StandIn  # noqa: E402

PATIENCE = 60.0
# Debian's collectd.conf has collectd look up its host's name, and not start where there is none.
HOST_SETTINGS = Path("/etc/collectd/collectd.conf.d/host.conf")
PROJECT_ID = "054ba152d480d55b2f5dc0069e7ddef0"
JOB = "8d0e8e36-a618-490d-8a46-8c61ac9jb502"
BLOCK = """\
<Plugin drs>
  <Project "prod">
    Endpoint "{endpoint}"
    ProjectID "{project_id}"
    Token "token"
    Job "{job}"
    Interval 1
  </Project>
</Plugin>
"""


def run(*command: object) -> str:
    """A command that must succeed; its output goes to the log as well."""
    print("+", *command, flush=True)
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for what has to come, and fail if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE} seconds: {what}")
        time.sleep(0.1)


def reads(daemon: subprocess.Popen) -> bool:
    """Has collectd started its read threads, which it does once its plugins are there?

    Not every release gives them names. By default there are five, five that write, and the first one.
    """
    return len(list(Path(f"/proc/{daemon.pid}/task").iterdir())) >= 11


def has_a_name() -> bool:
    """Does the machine's own name resolve?"""
    try:
        return bool(socket.getaddrinfo(socket.gethostname(), None))
    except socket.gaierror:
        return False


@contextmanager
def collectd() -> Iterator[None]:
    """The daemon with Debian's own configuration, once it runs."""
    if not has_a_name():
        HOST_SETTINGS.write_text("FQDNLookup false\n")
    with subprocess.Popen(["/usr/sbin/collectd", "-f"]) as daemon:
        try:
            wait_until(lambda: daemon.poll() is not None or reads(daemon), "the start of collectd")
            if daemon.poll() is not None:
                sys.exit(f"collectd does not start: exit status {daemon.returncode}")
            yield
        finally:
            daemon.terminate()


@contextmanager
def service() -> Iterator[StandIn]:
    """A stand-in that knows the job of BLOCK."""
    with StandIn(PROJECT_ID, "token") as cloud:
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
        yield cloud


def wait_for_a_request(cloud: StandIn) -> None:
    before = len(cloud.requests)
    wait_until(lambda: len(cloud.requests) > before, "a request")


def starts_and_polls(cloud: StandIn) -> None:
    with collectd():
        wait_for_a_request(cloud)


def starts() -> None:
    with collectd():
        pass


def edit_sample(sample: Path, cloud: StandIn) -> None:
    """What the sample says to do."""
    block = BLOCK.format(endpoint=cloud.endpoint, project_id=PROJECT_ID, job=JOB)
    text = re.sub(r"(?ms)^<Plugin drs>.*", block, sample.read_text())
    sample.write_text(re.sub(r"(?m)^#(?=Include)", "", text))


def files() -> set[Path]:
    """What may be a package's of ours."""
    return {path for root in ("/etc", "/usr") for path in Path(root).rglob("*drs*")}
