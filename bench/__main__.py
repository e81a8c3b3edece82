# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Prints the machine and the table, as BENCHMARKS.md has them; ends with 1 if a goal is missed."""

import os
import platform
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

from .measures import Row, rows
from .programs import BUILD

PACKAGES = ("collectd-core", "libcurl3-gnutls", "libcurl4", "libyajl2", "nginx", "gcc", "valgrind")


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
    reached = row.goal is None or row.figure <= row.goal
    goal = "" if row.goal is None else f"{row.goal:g}"
    verdict = "" if row.goal is None else "reached" if reached else "**missed**"
    figure = f"{row.figure:.3f}".rstrip("0").rstrip(".")
    print(f"| {row.measure} | {figure} | {goal} | {verdict} | {row.made_of} |", file=page,
          flush=True)
    return reached


def main() -> int:
    """The whole page; what the daemons say as they stop goes to a file."""
    page = sys.stdout
    print(f"{os.cpu_count()} cores of {processor()}, Linux {platform.release()},\n{versions()}\n")
    print("| measure | measured | at most | | made of |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="drs-bench-") as folder, \
            (BUILD / "bench.log").open("w") as log, redirect_stdout(log):
        missed = [row for row in rows(Path(folder)) if not show(row, page)]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
