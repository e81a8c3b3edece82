# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The table that a person reads: redrawn in place on a terminal, now and then printed elsewhere."""

import shutil
from collections.abc import Iterable
from typing import TextIO

from .watch import PHASES, Job

WIDTH = 100
NAME = 10
STATUS = 32
BAR = 5
COLOURS = {"starting": "36", "running": "32", "paused": "33", "changing": "36", "ended": "34",
           "failed": "31"}
# On paper, a table every few seconds is enough.
PRINT_EVERY = 5.0


def bar(percent: float | None, blocks: str) -> str:
    """Such as "███.. 60", as wide for any value."""
    if percent is None:
        return f"{'':{BAR}}   -"
    full, empty = blocks
    done = min(BAR, max(0, round(percent * BAR / 100)))
    return f"{full * done}{empty * (BAR - done)} {min(percent, 999):3.0f}"


def number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.0f}{unit}"


def columns(jobs: Iterable[Job]) -> list[str]:
    """The phases to show: the usual three, or what this service calls them."""
    seen = [phase for job in jobs for phase in job.phases]
    others = [phase for phase in dict.fromkeys(seen) if phase not in PHASES]
    usual = [phase for phase in PHASES if phase in seen or not others]
    return (usual + others)[:len(PHASES)]


def heading(phases: list[str]) -> str:
    bars = "".join(f" {phase[:BAR + 2]:<{BAR + 2}} %" for phase in ["total", *phases])
    return f"{'job':<{NAME}} {'status':<{STATUS}}{bars} {'delay':>6} {'left':>6}"


def row(job: Job, phases: list[str], blocks: str) -> str:
    status = f"{job.family}: {job.status}" if job.family else "no answer"
    percents = [job.total, *(job.phases.get(phase) for phase in phases)]
    bars = "".join(f" {bar(percent, blocks)}" for percent in percents)
    return (f"{job.name[:NAME]:<{NAME}} {status[:STATUS]:<{STATUS}}{bars}"
            f" {number(job.delay, ' s'):>6} {number(job.left):>6}")


def coloured(line: str, family: str) -> str:
    """The same line with its status in the colour of the family."""
    begin, end = NAME + 1, NAME + 1 + STATUS
    colour = COLOURS.get(family, "35")
    return f"{line[:begin]}\033[{colour}m{line[begin:end]}\033[0m{line[end:]}"


class Screen:
    """Where the demo speaks; all that it writes has at most WIDTH columns, long paths apart."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._redraws = stream.isatty()
        self._drawn = 0
        self._printed_at = -PRINT_EVERY
        try:
            self._blocks = "█░"
            self._blocks.encode(stream.encoding)
        except UnicodeEncodeError:
            self._blocks = "#."

    def say(self, line: str) -> None:
        """A line that stays."""
        self._drawn = 0
        print(line, file=self._stream, flush=True)

    def show(self, title: str, jobs: list[Job], at: float, last: bool = False) -> None:
        """The table at a second of the demo: in place of the one before, or if it is time."""
        if self._redraws:
            lines = self._table(title, jobs)
            back = f"\033[{self._drawn}F" if self._drawn else ""
            print(f"{back}\033[J" + "\n".join(lines), file=self._stream, flush=True)
            self._drawn = len(lines)
        elif last or at - self._printed_at >= PRINT_EVERY:
            self._printed_at = at
            print("", *self._table(title, jobs), sep="\n", file=self._stream, flush=True)

    def _table(self, title: str, jobs: list[Job]) -> list[str]:
        width, height = WIDTH, len(jobs) * 2 + 3
        if self._redraws:
            size = shutil.get_terminal_size((WIDTH, height))
            width, height = min(WIDTH, size.columns - 1), size.lines - 1
        phases = columns(jobs)
        lines = [title[:width], heading(phases)[:width]]
        for job in jobs:
            line = row(job, phases, self._blocks)[:width]
            lines.append(coloured(line, job.family) if self._redraws else line)
            if job.error:
                lines.append(f"{'':{NAME}} {job.error}"[:width])
        if len(lines) > height:
            lines[height - 1:] = [f"and more, which do not fit into {height} lines"]
        return lines
