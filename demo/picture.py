# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The curves as one PNG: all jobs together, the phases of each, the delay and the time left."""

from pathlib import Path

from PIL import Image

from .stores import run_rrdtool
from .watch import PHASES

PANEL = (520, 190)
GAP = 8
COLUMNS = 2
# Told apart by all eyes.
COLOURS = ["0072B2", "D55E00", "009E73", "CC79A7", "56B4E9", "E69F00", "000000"]
TOTAL = "B9C4CF"
# Behind the phases: while the status belongs to a family, the panel has its colour.
BANDS = {"paused": (300, "FFF2C2"), "failed": (600, "FBD5D0")}
STYLE = [
    "--slope-mode", "--disable-rrdtool-tag", "--full-size-mode", "--border=0", "--imgformat=PNG",
    "--font=DEFAULT:8:DejaVu Sans", "--font=TITLE:11:DejaVu Sans", "--font=LEGEND:7:DejaVu Sans Mono",
    "--color=BACK#FFFFFF", "--color=CANVAS#FFFFFF", "--color=GRID#E8E8E8", "--color=MGRID#D0D0D0",
    "--color=FONT#222222", "--color=AXIS#888888", "--color=ARROW#888888",
]


class Artist:
    """Draws what happened in a span of time, from FOLDER/JOB/METRIC.rrd, into a scratch folder."""

    def __init__(self, files: Path, scratch: Path, begin: float, end: float) -> None:
        self._files, self._scratch = files, scratch
        self._span = [f"--start={int(begin)}", f"--end={int(end)}"]
        if end - begin <= 60:
            self._span.append("--x-grid=SECOND:1:SECOND:5:SECOND:5:0:%H:%M:%S")
        self._panels: list[Path] = []

    def together(self, title: str, unit: str, jobs: list[str], metric: str, top: int = 0) -> None:
        """One curve a job, of one metric."""
        lines = []
        for number, job in enumerate(job for job in jobs if self._has(job, metric)):
            colour = COLOURS[number % len(COLOURS)]
            lines += [self._value(f"v{number}", job, metric), f"LINE2:v{number}#{colour}:{job:<11}",
                      *last(f"v{number}", unit)]
        self._draw(title, unit, lines, top)

    def phases(self, job: str) -> None:
        """The progress of a job, as a whole and in its phases."""
        lines = [*self._bands(job)]
        if self._has(job, "percent-total"):
            lines += [self._value("total", job, "percent-total"), f"AREA:total#{TOTAL}:{'total':<7}",
                      *last("total", "%")]
        for number, phase in enumerate(self._phases_of(job)):
            lines += [self._value(f"v{number}", job, f"percent-{phase}"),
                      f"LINE2:v{number}#{COLOURS[number % len(COLOURS)]}:{phase:<7}",
                      *last(f"v{number}", "%")]
        self._draw(f"{job}: progress of each phase", "%", lines, 100)

    def join(self, target: Path) -> None:
        """All panels in one picture, which is whole as soon as it is there."""
        images = [Image.open(panel) for panel in self._panels]
        wide, high = images[0].width + GAP, max(image.height for image in images) + GAP
        rows = -(-len(images) // COLUMNS)
        whole = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), "white")
        for number, image in enumerate(images):
            row, column = divmod(number, COLUMNS)
            whole.paste(image.convert("RGB"), (GAP + column * wide, GAP + row * high))
        draft = self._scratch / target.name
        whole.save(draft, optimize=True)
        draft.replace(target)

    def _has(self, job: str, metric: str) -> bool:
        return (self._files / job / f"{metric}.rrd").exists()

    def _value(self, name: str, job: str, metric: str) -> str:
        path = str(self._files / job / f"{metric}.rrd").replace(":", "\\:")
        return f"DEF:{name}={path}:value:AVERAGE"

    def _phases_of(self, job: str) -> list[str]:
        found = sorted(path.stem.removeprefix("percent-")
                       for path in (self._files / job).glob("percent-*.rrd"))
        usual = [phase for phase in PHASES if phase in found]
        return usual + [phase for phase in found if phase not in (*PHASES, "total")]

    def _bands(self, job: str) -> list[str]:
        if not self._has(job, "gauge-status"):
            return []
        lines = [self._value("status", job, "gauge-status")]
        for family, (first, colour) in BANDS.items():
            lines += [f"CDEF:{family}=status,{first},GE,status,{first + 100},LT,*,100,UNKN,IF",
                      f"AREA:{family}#{colour}"]
        return lines

    def _draw(self, title: str, unit: str, lines: list[str], top: int) -> None:
        if not lines:
            return
        panel = self._scratch / f"panel-{len(self._panels)}.png"
        limit = [f"--upper-limit={top}", "--rigid"] if top else []
        width, height = PANEL
        run_rrdtool("graph", str(panel), f"--title={title}", f"--vertical-label={unit}",
                    f"--width={width}", f"--height={height}", "--lower-limit=0", *limit,
                    *self._span, *STYLE, *lines)
        self._panels.append(panel)


def last(name: str, unit: str) -> list[str]:
    """The newest value, behind the name in the legend."""
    sign = "%%" if unit == "%" else ""
    return [f"VDEF:{name}last={name},LAST", f"GPRINT:{name}last:%4.0lf{sign}  "]


def draw(files: Path, scratch: Path, target: Path, jobs: list[str], span: tuple[float, float]) -> None:
    """The whole picture."""
    artist = Artist(files, scratch, *span)
    artist.together("All jobs: progress in all", "%", jobs, "percent-total", top=100)
    for job in jobs:
        artist.phases(job)
    artist.together("Delay of the destination behind the source", "seconds", jobs,
                    "delay-incremental")
    artist.together("Time left, in the service's own unit", "", jobs, "timeleft-total")
    artist.join(target)
