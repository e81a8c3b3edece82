# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""<Project> blocks for the configurations of the tests."""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from standin import StandIn

PROJECT_ID = "054ba152d480d55b2f5dc0069e7ddef0"
TOKEN = "MIIabcdefghijklmnopqrstuvwxyz0123456789"
JOB = "8d0e8e36-a618-490d-8a46-8c61ac9jb502"
OTHER_JOB = "f95c5d83-d0c9-42bd-b295-38c31cd1jb15"


def project(name: str, cloud: StandIn, *lines: str, without: Collection[str] = ()) -> str:
    """A block with these lines and all else that a project needs, apart from what it is `without`."""
    needed = {
        "Endpoint": f'"{cloud.endpoint}"',
        "ProjectID": f'"{PROJECT_ID}"',
        "Token": f'"{TOKEN}"',
        "Job": f'"{JOB}"',
    }
    given = {line.split()[0] for line in lines} | set(without)
    rest = [f"{option} {value}" for option, value in needed.items() if option not in given]
    inside = "\n".join(f"  {line}" for line in [*rest, *lines])
    return f'<Project "{name}">\n{inside}\n</Project>\n'


def hung_projects(cloud, count: int) -> str:
    """Projects with many threads' worth of patience, all of them polling a service that hangs."""
    return "".join(project(f"hung-{number}", cloud, "Timeout 60000", f'Host "host-{number}"')
                   for number in range(count))


@contextmanager
def kept_fresh(path: Path) -> Iterator[None]:
    """A file that is being written all the while: its time of change is always now."""
    over = threading.Event()

    def touch() -> None:
        while not over.wait(0.05):
            os.utime(path)

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def write_secret(path: Path, secret: str) -> None:
    """Put a secret in place as a careful program does, under its name only when it is complete."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(f"{secret}\n", encoding="utf-8")
    new.rename(path)


def reported(daemon) -> bool:
    """Did the last complete cycle report the job?"""
    reads = daemon.reads()
    return bool(reads) and f"{JOB}/percent-total" in reads[-1]
