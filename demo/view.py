# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The table that a person reads: redrawn in place on a terminal, printed now and then elsewhere.

A window that is too narrow loses bars first, then words of the status, then the least important
figures. NO_COLOR, TERM=dumb and a locale without UTF-8 are obeyed.
"""

from __future__ import annotations

import locale
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TextIO

from .watch import PHASES, Job

WIDTH = 120
PRINTED_WIDTH = 100
NAME = 10
BAR = 5
BARRED = BAR + 4  # a bar and its percentage
COLOURS = {"starting": "36", "running": "32", "paused": "33", "changing": "36", "ended": "34",
           "failed": "31"}
# Seconds between two tables on paper.
PRINT_EVERY = 5.0
NO_VALUES = "no values"
# Words without information, as every status of a transfer has them.
NOISE = {"transfer", "resource"}
# Figures in the order in which they are given up.
LEAST = ("B/s", "rows/s", "left", "struct", "index", "RPO", "RTO", "data", "delay")


class Column(NamedTuple):
    """A figure of each job."""

    title: str
    width: int
    text: Callable[[Job], str]
    percent: Callable[[Job], float | None] | None = None  # where a bar can stand before it


class Layout(NamedTuple):
    """What fits into a width."""

    status: Callable[[Job], str]
    status_width: int
    columns: list[Column]
    bars: set[str]  # titles of columns

    def room(self, column: Column) -> int:
        return BARRED if column.title in self.bars else column.width

    def width(self) -> int:
        return NAME + 1 + self.status_width + sum(1 + self.room(one) for one in self.columns)


def whole(value: float | None) -> str:
    return "-" if value is None else f"{min(value, 999):.0f}"


def seconds(value: float | None) -> str:
    """ "3.2s", "120s", "27m" or "34h"."""
    if value is None:
        return "-"
    if value < 999.5:
        return f"{value:.1f}s" if 0 < value < 9.95 else f"{value:.0f}s"
    minutes = value / 60
    return f"{minutes:.0f}m" if minutes < 999.5 else f"{minutes / 60:.0f}h"


def rate(value: float | None) -> str:
    """ "870", "9.1k" or "16M"."""
    if value is None:
        return "-"
    for unit in ("", "k", "M", "G"):
        if value < 999.5:
            return f"{value:.1f}{unit}" if unit and value < 9.95 else f"{value:.0f}{unit}"
        value /= 1000
    return f"{value:.0f}T"


def bar(percent: float | None, blocks: str) -> str:
    """Such as "###..", as wide for any value."""
    if percent is None:
        return " " * BAR
    full, empty = blocks
    done = min(BAR, max(0, round(percent * BAR / 100)))
    return full * done + empty * (BAR - done)


def phases_of(jobs: Iterable[Job]) -> list[str]:
    """The phases to show: the usual three, or the service's own."""
    seen = [phase for job in jobs for phase in job.phases]
    others = [phase for phase in dict.fromkeys(seen) if phase not in PHASES]
    usual = [phase for phase in PHASES if phase in seen or not others]
    return (usual + others)[:len(PHASES)]


def percentage(title: str, percent: Callable[[Job], float | None]) -> Column:
    title = title[:6]
    return Column(title, max(4, len(title)), lambda job: whole(percent(job)), percent)


def columns(jobs: list[Job]) -> list[Column]:
    """All figures; those that the service sends of no job at all are left out."""
    found = [percentage("total", lambda job: job.total)]
    for phase in phases_of(jobs):
        found.append(percentage(phase, lambda job, phase=phase: job.phases.get(phase)))
    found += [
        Column("rows/s", 6, lambda job: rate(job.rows)),
        Column("B/s", 4, lambda job: rate(job.bytes)),
        Column("delay", 5, lambda job: seconds(job.delay)),
    ]
    if any(job.rpo is not None or job.rto is not None for job in jobs):
        found += [Column("RPO", 5, lambda job: seconds(job.rpo)),
                  Column("RTO", 5, lambda job: seconds(job.rto))]
    if any(job.left for job in jobs):  # 0 for a finished job
        found.append(Column("left", 5, lambda job: "-" if job.left is None else f"{job.left:.0f}"))
    return found


def full_status(job: Job) -> str:
    return f"{job.family}: {job.status}" if job.family else NO_VALUES


def brief_status(job: Job) -> str:
    words = [word for word in job.status.split() if word not in NOISE]
    return " ".join(words) or job.family or NO_VALUES


def family(job: Job) -> str:
    return job.family or NO_VALUES


def layouts(jobs: list[Job]) -> Iterator[Layout]:
    """From the widest to the narrowest."""
    every = columns(jobs)
    with_bars = {one.title for one in every if one.percent}
    for bars in (with_bars, {"total"}, set()):
        yield Layout(full_status, 32, every, bars)
    yield Layout(brief_status, 14, every, set())
    yield Layout(family, 9, every, set())
    for title in LEAST:
        every = [one for one in every if one.title != title]
        yield Layout(family, 9, every, set())


def fitting(jobs: list[Job], width: int) -> Layout:
    found = None
    for found in layouts(jobs):
        if found.width() <= width:
            break
    return found


def heading(layout: Layout) -> str:
    line = f"{'job':<{NAME}} {'status':<{layout.status_width}}"
    for one in layout.columns:
        line += f" {one.title:>{layout.room(one)}}"
    return line


def row(job: Job, layout: Layout, blocks: str) -> str:
    line = (f"{job.name[:NAME]:<{NAME}} "
            f"{layout.status(job)[:layout.status_width]:<{layout.status_width}}")
    for one in layout.columns:
        text = one.text(job)
        if one.title in layout.bars:
            text = f"{bar(one.percent(job), blocks)} {text:>{BARRED - BAR - 1}}"
        line += f" {text:>{layout.room(one)}}"
    return line


def coloured(line: str, job: Job, layout: Layout) -> str:
    """The same line with its status in the colour of the family."""
    begin, end = NAME + 1, NAME + 1 + layout.status_width
    colour = COLOURS.get(job.family, "35")
    return f"{line[:begin]}\033[{colour}m{line[begin:end]}\033[0m{line[end:]}"


def speaks_utf8(environment: Mapping[str, str]) -> bool:
    """Whether the user's locale is one of UTF-8: Python's own choice of encoding does not show it."""
    try:
        locale.setlocale(locale.LC_CTYPE, "")
        return locale.nl_langinfo(locale.CODESET).upper() == "UTF-8"
    except locale.Error:  # one that this machine does not have
        names = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        return "UTF-8" in (next(filter(None, names), "")).upper()


def cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[:max(0, width - 3)]}..."[:width]


class Screen:
    """Where the demo speaks; only a long path is wider than the window."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        escapes = environment.get("TERM", "") not in ("", "dumb")
        self._terminal = stream.isatty()
        self._redraws = self._terminal and escapes
        self._colours = self._redraws and not environment.get("NO_COLOR")
        self._utf8 = speaks_utf8(environment)
        self._drawn = 0
        self._size: os.terminal_size | None = None
        self._printed_at = -PRINT_EVERY

    def say(self, line: str) -> None:
        """A line that stays."""
        self._drawn = 0
        self._print(line)

    def show(self, title: str, jobs: list[Job], at: float, last: bool = False) -> None:
        """The table at a second of the demo: in place of the one before, or if it is time."""
        if self._redraws:
            size = shutil.get_terminal_size((WIDTH, 1000))
            lines = self._table(title, jobs, min(WIDTH, size.columns - 1), size.lines - 1)
            self._print(self._back(size) + "\033[J" + "\n".join(lines))
            self._drawn = len(lines)
        elif last or at - self._printed_at >= PRINT_EVERY:
            self._printed_at = at
            size = shutil.get_terminal_size((PRINTED_WIDTH + 1, 1000))
            self._print("\n".join(["", *self._table(title, jobs, size.columns - 1, 1000)]))

    def _back(self, size: os.terminal_size) -> str:
        """To the start of the table; of the window where its lines may have been wrapped."""
        changed = self._size not in (None, size)
        self._size = size
        if changed:
            return "\033[H\033[2J"
        return f"\033[{self._drawn}F" if self._drawn else ""

    def _print(self, text: str) -> None:
        if not self._utf8:
            text = text.encode("ascii", "replace").decode()
        print(text, file=self._stream, flush=True)

    def _table(self, title: str, jobs: list[Job], width: int, height: int) -> list[str]:
        layout = fitting(jobs, width)
        lines = [title[:width], heading(layout)[:width]]
        for job in jobs:
            line = row(job, layout, "█░" if self._utf8 else "#.")[:width]
            lines.append(coloured(line, job, layout) if self._colours else line)
            if job.error:
                error = "".join(char if char.isprintable() else "?" for char in job.error)
                lines.append(cut(f"{'':{NAME}} {error}", width))
        if len(lines) > height:
            more = f"and more, which do not fit into {height} lines"
            lines[max(0, height - 1):] = [more[:width]]
        return lines
