# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A long life among faults: no memory, descriptor or thread more at its end than near its start.

DRS_SOAK_READS=10000 makes it a long one. `tests/soak` has jobs that come and go.
"""

import itertools
import os
import random
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.blocks import PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import StandIn

READS = int(os.environ.get("DRS_SOAK_READS", "1000"))  # of all projects together
PROJECTS = 5
JOBS = 5
INTERVAL = 0.1
MOST_GROWTH = 0.02
# The start of a life: 100 reads of each project, in which each fault was there once. A life that is
# shorter than ten starts is only watched for what grows with each read.
START = 100 * PROJECTS
SHORT_GROWTH = 0.5
# A heap that gives back what is freed, so that what is kept can be seen.
TIDY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_MMAP_THRESHOLD_": "32768"}

FAULTS = [
    ("refused", {}), ("reset-at-accept", {}), ("silent", {}), ("black-hole", {}),
    ("reset-after-request", {}), ("reset-in-header", {}), ("reset-in-body", {}),
    ("body-stalls", {}), ("body-short", {}), ("chunks-cut", {}), ("not-http", {}),
    ("html", {}), ("empty", {}), ("json-cut", {"at": 60}), ("json-deep", {}), ("strangers", {}),
    ("same-twice", {}), ("long-string", {"size": 1 << 17}),
    ("error", {"code": "DRS.M00100"}), ("error", {"code": "DRS.M00004"}),
    ("error", {"code": "APIG.0201"}), ("error", {"code": "DRS.M00202"}),
]


@dataclass
class Size:
    """What a process holds."""

    memory: int  # KiB of its heap; stacks of threads that ended stay for the next ones
    descriptors: int
    threads: int


def _is_kept(descriptor: Path) -> bool:
    """Not a connection, which may be open or not at any moment, and gone while it is looked at."""
    try:
        return not os.readlink(descriptor).startswith("socket:")
    except FileNotFoundError:
        return False


def size_of(pid: int) -> Size:
    _, _, heap = Path(f"/proc/{pid}/smaps").read_text().partition("[heap]\n")
    memory = int(next(line.split()[1] for line in heap.splitlines() if line.startswith("Rss:")))
    descriptors = sum(_is_kept(path) for path in Path(f"/proc/{pid}/fd").iterdir())
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    return Size(memory, descriptors, len(threads))


def _play(cloud: StandIn, seed: int, over: threading.Event) -> None:
    """One fault after the other, with rests between them."""
    dice = random.Random(seed)
    for name, options in itertools.cycle(FAULTS):
        with cloud.inject(name, **options):
            if over.wait(dice.uniform(0.05, 0.15)):
                return
        if over.wait(dice.uniform(0, 0.05)):
            return


@contextmanager
def faults_in(clouds: list[StandIn]):
    """All clouds have their faults, each on its own."""
    over = threading.Event()
    threads = [threading.Thread(target=_play, args=(cloud, seed, over))
               for seed, cloud in enumerate(clouds)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def reads(daemon: Collectd) -> int:
    """How many reads all projects have had."""
    files = daemon.folder.glob("csv/*/drs-soak-*/bool-up-*")
    return sum(path.read_bytes().count(b"\n") - 1 for path in files)


def configuration(number: int, cloud: StandIn) -> str:
    jobs = [f"{number:08}-0000-4000-8000-00000000{at:02}jb50" for at in range(JOBS)]
    cloud.jobs.update({job: {"job_id": job, "progress": "1", "transfer_status": "CREATING"}
                       for job in jobs})
    lines = [f'Job "{job}"' for job in jobs]
    return project(f"soak-{number}", cloud, *lines, f"Interval {INTERVAL}", "Timeout 50",
                   "BatchSize 2")


def settle(daemon: Collectd, first: int, last: int) -> Size:
    """The least that the process holds between two counts of reads: all else is under way."""
    pid = daemon.process.pid
    sizes = []

    def over() -> bool:
        now = reads(daemon)
        if now >= first:
            sizes.append(size_of(pid))
        time.sleep(0.05)
        return now >= last and bool(sizes)
    daemon.wait_until(over, f"{last} reads", timeout=60 + last * INTERVAL)
    return Size(min(size.memory for size in sizes), min(size.descriptors for size in sizes),
                min(size.threads for size in sizes))


def test_nothing_grows():
    start = min(START, READS // 4)
    with ExitStack() as stack:
        clouds = [stack.enter_context(StandIn(PROJECT_ID, TOKEN)) for _ in range(PROJECTS)]
        config = "".join(configuration(number, cloud) for number, cloud in enumerate(clouds))
        daemon = stack.enter_context(Collectd(config, interval=INTERVAL, variables=TIDY))
        stack.enter_context(faults_in(clouds))
        early = settle(daemon, start, 2 * start)
        late = settle(daemon, READS - start, READS)
        print(f"at the start: {early}\nafter {reads(daemon)} reads: {late}")
    growth = MOST_GROWTH if READS >= 10 * START else SHORT_GROWTH
    assert late.memory <= early.memory * (1 + growth), (early, late)
    assert late.descriptors <= early.descriptors, (early, late)
    assert late.threads <= early.threads, (early, late)
