# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The table that a person reads: of --list, of --watch, and of the demo.

Redrawn in place on a terminal, printed now and then elsewhere. A window that is too narrow loses bars
first, then the least important figures. NO_COLOR, TERM=dumb and a locale
without UTF-8 are obeyed.
"""

from __future__ import annotations

import locale
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TextIO

from . import printable
from .jobs import PHASES, Job

WIDTH = 120
PRINTED_WIDTH = 100
NAME_MIN, NAME_MAX = 10, 24
PHASE_MIN, PHASE = 9, 14
BAR = 5
BARRED = BAR + 4  # a bar and its percentage
COLOURS = {"starting": "36", "running": "32", "paused": "33", "changing": "36", "ended": "34",
           "failed": "31", "missing": "31"}
# Seconds between two tables on paper.
PRINT_EVERY = 5.0
# Figures in the order in which they are given up.
LEAST = ("B/s", "left", "struct", "index", "data", "RTO", "RPO", "rows/s", "equal", "delay")


class Column(NamedTuple):
    """A figure of each job."""

    title: str
    width: int
    text: Callable[[Job], str]
    percent: Callable[[Job], float | None] | None = None  # where a bar can stand before it


class Layout(NamedTuple):
    """What fits into a width."""

    name_width: int
    phase_width: int
    columns: list[Column]
    bars: set[str]  # titles of columns

    def room(self, column: Column) -> int:
        return BARRED if column.title in self.bars else column.width

    def width(self) -> int:
        return self.name_width + 1 + self.phase_width + sum(1 + self.room(one) for one in self.columns)


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


def answer(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"


def bar(percent: float | None, blocks: str) -> str:
    """Such as "###..", as wide for any value."""
    if percent is None:
        return " " * BAR
    full, empty = blocks
    done = min(BAR, max(0, round(percent * BAR / 100)))
    return full * done + empty * (BAR - done)


def phases_of(jobs: Iterable[Job]) -> list[str]:
    """The phases to show: the usual three, or the service's own; none where none is reported."""
    seen = [phase for job in jobs for phase in job.phases]
    others = [phase for phase in dict.fromkeys(seen) if phase not in PHASES]
    usual = [phase for phase in PHASES if phase in seen]
    return (usual + others)[:len(PHASES)]


def percentage(title: str, percent: Callable[[Job], float | None]) -> Column:
    title = title[:6]
    return Column(title, max(4, len(title)), lambda job: whole(percent(job)), percent)


def columns(jobs: list[Job]) -> list[Column]:
    """All figures; but for the percent and the delay, those that no job has are left out."""
    def known(figure: str) -> bool:
        return any(getattr(job, figure) is not None for job in jobs)

    found = [percentage("total", lambda job: job.percent)]
    if known("timeleft"):
        found.append(Column("finish", 6, lambda job: seconds(job.timeleft)))
    for phase in phases_of(jobs):
        found.append(percentage(phase, lambda job, phase=phase: job.phases.get(phase)))
    if known("rows"):
        found.append(Column("rows/s", 6, lambda job: rate(job.rows)))
    if known("bytes"):
        found.append(Column("B/s", 4, lambda job: rate(job.bytes)))
    found.append(Column("delay", 5, lambda job: seconds(job.delay)))
    if known("rpo") or known("rto"):
        found += [Column("RPO", 5, lambda job: seconds(job.rpo)), Column("RTO", 5, lambda job: seconds(job.rto))]
    if any(job.left for job in jobs):  # 0 for a finished job
        found.append(Column("left", 5, lambda job: seconds(job.left)))
    if known("consistent"):
        found.append(Column("equal", 5, lambda job: answer(job.consistent)))
    if known("ready"):
        found.append(Column("ready", 5, lambda job: answer(job.ready)))
    return found


def layouts(jobs: list[Job], name_width: int) -> Iterator[Layout]:
    """From the widest to the narrowest."""
    every = columns(jobs)
    with_bars = {one.title for one in every if one.percent}
    for bars in (with_bars, {"total"}, set()):
        yield Layout(name_width, PHASE, every, bars)
    for title in LEAST:
        every = [one for one in every if one.title != title]
        yield Layout(name_width, PHASE, every, set())
    yield Layout(NAME_MIN, PHASE, every, set())
    yield Layout(NAME_MIN, PHASE_MIN, every[:1], set())


def fitting(jobs: list[Job], width: int) -> Layout:
    """The widest layout that fits. Long names need room, and get it before the least important figures."""
    longest = max((len(job.name) for job in jobs), default=0)
    *all_but_last, found = layouts(jobs, min(max(longest, NAME_MIN), NAME_MAX))
    return next((layout for layout in all_but_last if layout.width() <= width), found)


def heading(layout: Layout) -> str:
    line = f"{'job':<{layout.name_width}} {'phase':<{layout.phase_width}}"
    for one in layout.columns:
        line += f" {one.title:>{layout.room(one)}}"
    return line


def row(job: Job, layout: Layout, blocks: str) -> str:
    line = (f"{job.name[:layout.name_width]:<{layout.name_width}} "
            f"{job.phase[:layout.phase_width]:<{layout.phase_width}}")
    for one in layout.columns:
        text = one.text(job)
        if one.title in layout.bars:
            text = f"{bar(one.percent(job), blocks)} {text:>{BARRED - BAR - 1}}"
        line += f" {text:>{layout.room(one)}}"
    return line


def coloured(line: str, job: Job, layout: Layout) -> str:
    """The same line with its phase in the colour of the state."""
    begin = layout.name_width + 1
    end = begin + layout.phase_width
    colour = COLOURS.get(job.state, "35")
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


def table(jobs: list[Job], width: int, blocks: str = "#.") -> list[str]:
    """The heading, and under it a line for each job, with why it needs attention."""
    layout = fitting(jobs, width)
    lines = [heading(layout)[:width]]
    for job in jobs:
        lines.append(row(job, layout, blocks)[:width])
        if job.reason:
            lines.append(reason(job, layout, width))
    return [line.rstrip() for line in lines]


def reason(job: Job, layout: Layout, width: int) -> str:
    return cut(f"{'':{layout.name_width}} {printable(job.reason)}", width)


class Screen:
    """Where a table is shown; only a long path is wider than the window.

    `full`: the whole window is its own, as of top(1).
    """

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ, full: bool = False) -> None:
        self._stream = stream
        escapes = environment.get("TERM", "") not in ("", "dumb")
        self._terminal = stream.isatty()
        self.redraws = self._terminal and escapes
        self._full = full and self.redraws
        self._colours = self.redraws and not environment.get("NO_COLOR")
        self._utf8 = speaks_utf8(environment)
        self._drawn = 0
        self._size: os.terminal_size | None = None
        self._printed_at = -PRINT_EVERY

    def __enter__(self) -> Screen:
        if self._full:  # the other screen, without a cursor
            self._write("\033[?1049h\033[?25l")
        return self

    def __exit__(self, *_: object) -> None:
        if self._full:
            self._write("\033[?25h\033[?1049l")

    def say(self, line: str) -> None:
        """A line that stays."""
        self._drawn = 0
        self._print(line)

    def show(self, title: str, jobs: list[Job], at: float, last: bool = False, notes: Iterable[str] = ()) -> None:
        """The table at a second of any clock: in place of the one before, or if it is time."""
        if self.redraws:
            size = shutil.get_terminal_size((WIDTH, 1000))
            lines = self._table(title, jobs, notes, os.terminal_size((min(WIDTH, size.columns - 1), size.lines - 1)))
            self._print(self._back(size) + "\n".join(f"{line}\033[K" for line in lines) + "\033[J")
            self._drawn = len(lines)
        elif last or at - self._printed_at >= PRINT_EVERY:
            self._printed_at = at
            size = shutil.get_terminal_size((PRINTED_WIDTH + 1, 1000))
            self._print("\n".join(["", *self._table(title, jobs, notes, os.terminal_size((size.columns - 1, 1000)))]))

    def _back(self, size: os.terminal_size) -> str:
        """To the start of the table; of the window where its lines may have been wrapped."""
        changed = self._size not in (None, size)
        self._size = size
        if changed:
            return "\033[H\033[2J"
        if self._full:
            return "\033[H"
        return f"\033[{self._drawn}F" if self._drawn else ""

    def _print(self, text: str) -> None:
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        if not self._utf8:
            text = text.encode("ascii", "replace").decode()
        self._stream.write(text)
        self._stream.flush()

    def _table(self, title: str, jobs: list[Job], notes: Iterable[str], size: os.terminal_size) -> list[str]:
        width, height = size
        layout = fitting(jobs, width)
        lines = [title[:width], heading(layout)[:width]]
        for job in jobs:
            line = row(job, layout, "█░" if self._utf8 else "#.")[:width]
            lines.append(coloured(line, job, layout) if self._colours else line)
            if job.reason:
                lines.append(reason(job, layout, width))
        lines += [cut(printable(note), width) for note in notes]
        if len(lines) > height:
            more = f"and more, which do not fit into {height} lines"
            lines[max(0, height - 1):] = [more[:width]]
        return lines
