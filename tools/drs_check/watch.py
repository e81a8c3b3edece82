# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The jobs on the whole screen, for as long as somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable

from .collectd import Run
from .view import Screen

QUIET = 0.3  # seconds without a record: the values of a cycle have come
EVERY = 1.0  # seconds between two looks at the size of the window
LONGEST = 5.0  # seconds without a table where there is no quiet


class Watch:
    """What is shown, and when."""

    def __init__(self, screen: Screen, every: float) -> None:
        self._screen, self._every = screen, every
        self._changed = False
        self._drawn_at = time.monotonic()

    def take(self, run: Run, record: dict | None, notes: Callable[[], list[str]]) -> None:
        """Redraw once all of a cycle has come, and where the window may have another size."""
        now = time.monotonic()
        if record is not None:
            self._changed |= record["kind"] in ("value", "project", "error")
            if now - self._drawn_at < LONGEST:
                return
        if self._changed or (self._screen.redraws and now - self._drawn_at >= EVERY):
            self._drawn_at, self._changed = now, False
            self._draw(run, notes())

    def _draw(self, run: Run, lines: list[str]) -> None:
        jobs = run.results.all_jobs()
        failed = sum(job.state == "failed" for job in jobs)
        ready = sum(job.ready is True for job in jobs)
        every = f"every {self._every:g} s" if self._every else "at the projects' intervals"
        title = f"{time.strftime('%H:%M:%S')}  {len(jobs)} jobs, {failed} failed, {ready} ready; {every}"
        self._screen.show(title, jobs, time.monotonic(), last=True, notes=lines)
