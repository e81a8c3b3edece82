# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Prints the machine and the table, as docs/internals/benchmarks.md has them; ends with 1 if a goal is missed.

Arguments name the parts to measure, such as `decoding` or `wall_time`; without any, all of them. `compare` is a table
of its own, and no part of these.
"""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

from .compare import compare
from .measures import Row, rows
from .programs import BUILD, MODULE_DIR, flavour

PACKAGES = ("collectd-core", "libcurl3-gnutls", "libcurl4", "libyajl2", "nginx", "gcc", "valgrind",
            "libjemalloc2")


def processor() -> str:
    """As the kernel calls it."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def versions() -> str:
    """Of what is measured, and measured with."""
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", r"${db:Status-Status} ${Package} ${Version}\n", *PACKAGES],
        capture_output=True, text=True, check=False)
    return ", ".join(line.partition(" ")[2] for line in query.stdout.splitlines()
                     if line.startswith("installed "))


def show(row: Row, page: TextIO) -> bool:
    """One line of the table; returns whether the goal is reached."""
    reached = row.goal is None or (row.figure >= row.goal if row.least else row.figure <= row.goal)
    goal = "" if row.goal is None else f"{'>=' if row.least else '<='} {row.goal:g}"
    verdict = "" if row.goal is None else "reached" if reached else "**missed**"
    figure = f"{row.figure:.3f}".rstrip("0").rstrip(".")
    print(f"| {row.measure} | {figure} | {goal} | {verdict} | {row.made_of} |", file=page,
          flush=True)
    return reached


def ticks() -> list[int]:
    """What the CPUs have done since the machine's start: user, nice, system, idle, iowait, irq, softirq, steal."""
    return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def load() -> str:
    """How busy others kept the machine just before the first measure; the load average would have the build in it."""
    before = ticks()
    time.sleep(5)
    spent = [after - start for start, after in zip(before, ticks(), strict=True)]
    *_, idle, waiting, _, _, stolen = spent
    share = 1 - (idle + waiting) / sum(spent)
    busy = " **BUSY: timings below are not comparable**" if share > 0.1 else ""
    return f"{share:.1%} of the CPU in use before the first measure, {stolen / sum(spent):.1%} stolen{busy}"


def main() -> int:
    """The whole page; what the daemons say as they stop goes to a file."""
    page = sys.stdout
    print(f"{os.cpu_count()} cores of {processor()}, Linux {platform.release()}, {load()},\n"
          f"{versions()}; the module uses libcurl with {flavour(MODULE_DIR)}\n")
    if sys.argv[1:] == ["compare"]:
        with tempfile.TemporaryDirectory(prefix="drs-bench-") as folder, \
                (BUILD / "bench.log").open("w") as log, redirect_stdout(log):
            compare(Path(folder), page)
        return 0
    print("| measure | measured | goal | | made of |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="drs-bench-") as folder, \
            (BUILD / "bench.log").open("w") as log, redirect_stdout(log):
        seconds: dict[str, float] = {}
        missed = [row for row in rows(Path(folder), sys.argv[1:], seconds) if not show(row, page)]
    parts = ", ".join(f"{name} {spent:.0f}" for name, spent in seconds.items())
    print(f"\n{sum(seconds.values()) / 60:.1f} minutes; seconds of each part: {parts}", file=page)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
