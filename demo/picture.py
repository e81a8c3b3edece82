# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The curves as one PNG: panels of all jobs, one colour a job, then the phases of each job."""

import math
from pathlib import Path

from drs_check.jobs import PHASES
from PIL import Image

from .stores import run_rrdtool

PANEL = (410, 190)
GAP = 8
COLUMNS = 3
# Colours for the jobs that are distinct for any colour vision.
COLOURS = ["0072B2", "D55E00", "009E73", "AA4499", "56B4E9", "B58900", "555555"]
# Behind the phases: the colour of a family of states, while the status belongs to it.
BANDS = {"paused": (300, "FFF2C2"), "failed": (600, "FBD5D0")}
# Nothing but 0, of what is done, makes no panel.
TIME_LEFT = "timeleft-total"
YES = "1 is yes"
# Title, unit, metric.
TOGETHER = [
    ("Progress", "%", "percent-total"),
    ("Rows written per second", "", "gauge-apply_rows_rate"),
    ("Bytes written per second", "", "gauge-apply_bytes_rate"),
    ("Delay, from source to destination", "seconds", "delay-incremental"),
    ("RPO: not read from the source yet", "seconds", "delay-rpo"),
    ("RTO: read, not replayed yet", "seconds", "delay-rto"),
    ("Time left, in the service's unit", "", TIME_LEFT),
    ("Time to finish, as the plugin estimates it", "seconds", "timeleft-estimated"),
    ("Ready for cutover", YES, "bool-ready"),
    ("Source and destination are equal", YES, "bool-consistent"),
]
# Above the highest value of a unit that has one.
TOPS = {"%": 100, YES: 1.2}
STYLE = [
    "--slope-mode", "--disable-rrdtool-tag", "--full-size-mode", "--border=0", "--imgformat=PNG",
    "--font=DEFAULT:8:DejaVu Sans", "--font=TITLE:10:DejaVu Sans",
    "--font=LEGEND:7:DejaVu Sans Mono",
    "--color=BACK#FFFFFF", "--color=CANVAS#FFFFFF", "--color=GRID#E8E8E8", "--color=MGRID#D0D0D0",
    "--color=FONT#222222", "--color=AXIS#888888", "--color=ARROW#888888",
]


class Artist:
    """Draws what happened in a span of time, from FOLDER/JOB/METRIC.rrd, into a scratch folder."""

    def __init__(self, files: Path, scratch: Path, jobs: list[str], begin: float,
                 end: float) -> None:
        self._files, self._scratch = files, scratch
        self._colours = {job: COLOURS[at % len(COLOURS)] for at, job in enumerate(jobs)}
        self._begin, self._end = int(begin), int(end)
        self._panels: list[Path] = []

    def together(self, title: str, unit: str, metric: str) -> None:
        """One curve a job, of one metric."""
        entries = []
        for number, (job, colour) in enumerate(self._colours.items()):
            if self._values(job, metric):
                entries.append([self._define(f"v{number}", job, metric),
                                f"LINE2:v{number}#{colour}:{job[:9]:<9}",
                                *last(f"v{number}", unit)])
        self._draw(title, unit, in_rows(entries, 3), top=TOPS.get(unit, 0))

    def grows(self, metric: str) -> bool:
        """Whether a job has more of it than 0."""
        return any(value > 0 for job in self._colours for value in self._values(job, metric))

    def phases(self, job: str) -> None:
        """The progress of a job, as a whole and in its phases: shades of its colour."""
        colour = self._colours[job]
        entries = self._bands(job)
        if self._values(job, "percent-total"):
            entries.append([self._define("total", job, "percent-total"),
                            f"AREA:total#{mix(colour, 0.75)}:{'total':<5}", *last("total", "%")])
        phases = self._phases_of(job)
        for number, (phase, tint) in enumerate(zip(phases, tints(colour, phases))):
            entries.append([self._define(f"v{number}", job, f"percent-{phase}"),
                            f"LINE2:v{number}#{tint}:{phase[:6]:<6}", *last(f"v{number}", "%")])
        self._draw(f"{job}: progress of each phase", "%", in_rows(entries, 5), top=100)

    def join(self, target: Path) -> None:
        """All panels in one picture, which is whole as soon as it is there."""
        images = [Image.open(panel) for panel in self._panels]
        wide, high = images[0].width + GAP, max(image.height for image in images) + GAP
        rows = -(-len(images) // COLUMNS)
        picture = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), "white")
        for number, image in enumerate(images):
            row, column = divmod(number, COLUMNS)
            picture.paste(image.convert("RGB"), (GAP + column * wide, GAP + row * high))
        draft = self._scratch / target.name
        picture.save(draft, optimize=True)
        draft.replace(target)

    def _path(self, job: str, metric: str) -> Path:
        return self._files / job / f"{metric}.rrd"

    def _values(self, job: str, metric: str) -> list[float]:
        """What is known of a metric within the span."""
        path = self._path(job, metric)
        if not path.exists():
            return []
        fetched = run_rrdtool("fetch", str(path), "AVERAGE", f"--start={self._begin}",
                              f"--end={self._end}")
        values = (float(line.split()[1]) for line in fetched.splitlines() if ": " in line)
        return [value for value in values if not math.isnan(value)]

    def _define(self, name: str, job: str, metric: str) -> str:
        path = str(self._path(job, metric)).replace(":", "\\:")
        return f"DEF:{name}={path}:value:AVERAGE"

    def _phases_of(self, job: str) -> list[str]:
        found = sorted(path.stem.removeprefix("percent-")
                       for path in (self._files / job).glob("percent-*.rrd"))
        usual = [phase for phase in PHASES if phase in found]
        return usual + [phase for phase in found if phase not in (*PHASES, "total")]

    def _bands(self, job: str) -> list[list[str]]:
        """The families of states that have a colour and were seen."""
        seen = {int(value) // 100 * 100 for value in self._values(job, "gauge-status")}
        entries = []
        for family, (first, colour) in BANDS.items():
            if first in seen:
                entries.append([self._define(f"status{first}", job, "gauge-status"),
                                f"CDEF:{family}=status{first},{first},GE,"
                                f"status{first},{first + 100},LT,*,100,UNKN,IF",
                                f"AREA:{family}#{colour}:{family} "])
        return entries

    def _draw(self, title: str, unit: str, lines: list[str], top: float) -> None:
        if not lines:
            return
        panel = self._scratch / f"panel-{len(self._panels)}.png"
        limit = [f"--upper-limit={top}", "--rigid"] if top else []
        grid = []
        if self._end - self._begin <= 60:
            grid = ["--x-grid=SECOND:2:SECOND:10:SECOND:10:0:%H:%M:%S"]
        width, height = PANEL
        run_rrdtool("graph", str(panel), f"--title={title}", f"--vertical-label={unit or ' '}",
                    f"--width={width}", f"--height={height}", "--lower-limit=0", *limit, *grid,
                    f"--start={self._begin}", f"--end={self._end}", *STYLE, *lines)
        self._panels.append(panel)


def mix(colour: str, share: float, with_colour: int = 255) -> str:
    """The colour with a share of white, or of black, in it."""
    parts = (int(colour[at:at + 2], 16) for at in (0, 2, 4))
    return "".join(f"{round(part + (with_colour - part) * share):02X}" for part in parts)


def tints(colour: str, phases: list[str]) -> list[str]:
    """A shade for each phase: the usual three have the same ones in every panel."""
    order = [*PHASES, *(phase for phase in phases if phase not in PHASES)]
    found = []
    for phase in phases:
        place = 2 * order.index(phase) / (len(order) - 1) - 1
        found.append(mix(colour, 0.55 * abs(place), 0 if place > 0 else 255))
    return found


def in_rows(entries: list[list[str]], length: int) -> list[str]:
    """Legend entries with so many in a row, each row from the left."""
    lines = []
    for number, entry in enumerate(entries, 1):
        lines += entry
        if number % length == 0 or number == len(entries):
            lines[-1] += "\\l"
    return lines


def last(name: str, unit: str) -> list[str]:
    """The newest value, behind the name in the legend."""
    shown = {"%": "%3.0lf%%", "seconds": "%.1lf s"}.get(unit, "%5.1lf%s")
    return [f"VDEF:{name}last={name},LAST", f"GPRINT:{name}last:{shown}"]


def common_end(files: Path, jobs: list[str], end: float, step: int) -> float:
    """The time up to which all jobs have values that have any near the end.

    Stores take the last values one by one; the curves are to end together.
    """
    newest = [float(run_rrdtool("last", str(path))) for job in jobs
              for path in (files / job).glob("*.rrd")]
    near = [time for time in newest if time > end - 3 * step]
    return min([end, *near]) // step * step


def draw(files: Path, scratch: Path, target: Path, jobs: list[str], span: tuple[float, float],
         step: int) -> None:
    """The whole picture."""
    artist = Artist(files, scratch, jobs, span[0], common_end(files, jobs, span[1], step))
    for title, unit, metric in TOGETHER:
        if metric != TIME_LEFT or artist.grows(metric):
            artist.together(title, unit, metric)
    for job in jobs:
        artist.phases(job)
    artist.join(target)
