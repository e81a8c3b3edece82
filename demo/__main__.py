# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""./demo/run, once all is installed and built: start, watch, draw, and stop what was started."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

from daemons import WriteHttp
from drs_check.view import Screen

from .picture import draw
from .programs import DemoCollectd, StandInProgram
from .settings import BadSetting, Settings, read_settings
from .stores import PATIENCE, STORES, Store
from .watch import Watch

# Pictures and logs; a program that runs the demo as a test puts them elsewhere.
OUT = Path(os.environ.get("DEMO_OUT") or Path(__file__).resolve().parent / "out").absolute()
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
TAIL = 12


class Failure(Exception):
    """Why there is nothing to see, in a line, and perhaps a log after it."""


def end_at_signals() -> None:
    """The first signal unwinds all that was started; what comes later does not disturb that."""
    def unwind(number: int, _frame: object) -> None:
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)
    for one in SIGNALS:
        signal.signal(one, unwind)


class Demo:
    """One run: the programs, and what is seen of them."""

    def __init__(self, settings: Settings, word: str, scratch: Path, screen: Screen) -> None:
        self.settings, self.word, self.scratch, self.screen = settings, word, scratch, screen
        self.store: Store = STORES[word](scratch / "data", settings.interval)
        self.web = WriteHttp()
        self.watch = Watch(settings.jobs.values())
        self.collectd: DemoCollectd | None = None

    def run(self, target: Path) -> None:
        with ExitStack() as stack:
            stack.enter_context(self.store.running())
            stack.enter_context(self.web)
            endpoint = self.settings.endpoint
            if not self.settings.real:  # last, as its story begins at once
                standin = stack.enter_context(StandInProgram(self.settings))
                endpoint = standin.endpoint
            stock = self.store.configuration + self.web.configuration
            self.collectd = stack.enter_context(DemoCollectd(self.settings, endpoint, stock))
            self.screen.say(f"collectd polls {endpoint} every {self.settings.interval} s"
                            f" and writes to {self.word}")
            span = self.look()
            self.wait_for_store(span[1])
            jobs = list(self.settings.jobs.values())
            draw(self.store.files(jobs), self.scratch, target, jobs, span, self.settings.interval)

    def take(self) -> float:
        """Make collectd hand over what it has, and take it; returns the newest value's time."""
        self.collectd.flush("write_http")
        self.watch.read(self.web.documents("drs"), time.monotonic())
        return self.watch.now

    def look(self) -> tuple[float, float]:
        """Show the table until the time is up; returns the span of the values."""
        settings, daemon = self.settings, self.collectd
        self.wait_for_values()
        self.wait_for_store(self.watch.now)
        self.take()
        first, begin = self.watch.now, time.monotonic()
        while (passed := time.monotonic() - begin) < settings.seconds:
            self.show(passed)
            next_look = begin + passed + 1
            daemon.wait_until(lambda: time.monotonic() >= next_look, "the next look", 60)
            self.take()
        self.show(settings.seconds, last=True)
        return first, self.watch.now

    def wait_for_values(self) -> None:
        """Without values of any job there is nothing to show."""
        try:
            self.collectd.wait_until(lambda: self.take() and self.watch.reported(), "values",
                                     10 + 2 * self.settings.interval)
        except AssertionError as late:
            log = "\n".join(self.collectd.plugin_lines())
            raise Failure(f"the service reported no job\n{log}") from late

    def show(self, passed: float, last: bool = False) -> None:
        clock = time.strftime("%H:%M:%S", time.localtime(self.watch.now))
        title = f"{clock}  ({passed:.0f} of {self.settings.seconds:.0f} s)"
        self.screen.show(title, self.watch.jobs(), passed, last)

    def wait_for_store(self, end: float) -> None:
        """What is seen on the screen is to be in the picture."""
        daemon, store = self.collectd, self.store
        daemon.flush(store.plugin)
        job, metric = self.watch.reported()[0]
        enough = end - 2 * self.settings.interval
        daemon.wait_until(lambda: store.last(job, metric) >= enough,
                          f"the newest values in {self.word}", PATIENCE)


def run(word: str, screen: Screen) -> None:
    settings = read_settings(fast_clock=STORES[word].keeps_times)
    target = OUT / f"{word}.png"
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=OUT) as scratch:
        tempfile.tempdir = scratch
        with (OUT / f"{word}.log").open("w") as log, redirect_stdout(log):
            Demo(settings, word, Path(scratch), screen).run(target)
    screen.say(f"\nThe curves are drawn: {os.path.relpath(target)}")


def main() -> int:
    end_at_signals()
    screen = Screen(sys.stdout)
    try:
        run(sys.argv[1], screen)
    except (Failure, BadSetting, AssertionError, OSError, RuntimeError) as failure:
        first, *rest = str(failure).splitlines() or [type(failure).__name__]
        print(*rest[-TAIL:], f"demo: {first}", sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
