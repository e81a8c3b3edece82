# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The command line."""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import dataclass
from pathlib import Path

from . import VERSION, Problem
from . import __doc__ as purpose

# Where the program is installed, or the top of the source.
TOP = Path(__file__).resolve().parents[3]


@dataclass
class Options:
    """What was asked for."""

    configuration: Path
    json: bool
    list: bool
    nagios: bool
    warning_delay: float
    critical_delay: float
    watch: float | None  # None: poll once; 0: at the projects' own intervals
    record: Path | None
    force: bool
    timeout: float
    collectd: str
    plugin_dir: Path
    drs_dir: Path | None
    observer: Path
    state_dir: Path


def first_of(*paths: str) -> Path:
    """The first that exists, or the first: Debian's place, then that of EL."""
    return next(filter(Path.exists, map(Path, paths)), Path(paths[0]))


def seconds(text: str) -> float:
    """A time that is one: finite and above 0."""
    number = float(text)
    if not math.isfinite(number) or number <= 0:
        raise ValueError
    return number


def interval(text: str) -> float:
    """Seconds between two looks: more often no service wants to be asked."""
    number = seconds(text)
    if number < 1:
        raise ValueError
    return number


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="drs-check", description=(purpose or "").partition("\n")[0])
    made.add_argument("-C", dest="configuration", type=Path, metavar="FILE",
                      default=first_of("/etc/collectd/collectd.conf", "/etc/collectd.conf"),
                      help="the configuration of collectd; by default %(default)s")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--list", action="store_true", help="print a line for each job, the worst first")
    form.add_argument("--json", action="store_true", help="print the report as JSON")
    form.add_argument("--nagios", action="store_true",
                      help="print a line and end with 0, 1, 2 or 3, as a plugin of Nagios or Icinga")
    form.add_argument("--watch", type=interval, nargs="?", const=0, metavar="SECONDS",
                      help="poll on, and show the jobs on the whole screen; by default at the projects' intervals")
    made.add_argument("--record", type=Path, metavar="DIRECTORY",
                      help="store the responses of the service, with every text replaced; with --watch of all cycles")
    made.add_argument("--warning-delay", type=seconds, default=math.inf, metavar="SECONDS",
                      help="with --nagios: a delay that is a warning")
    made.add_argument("--critical-delay", type=seconds, default=math.inf, metavar="SECONDS",
                      help="with --nagios: a delay that is critical")
    made.add_argument("--force", action="store_true", help="poll although an account was rejected a short time ago")
    made.add_argument("--timeout", type=seconds, default=300, metavar="SECONDS",
                      help="end collectd after this time; by default %(default)s")
    made.add_argument("--collectd", default="/usr/sbin/collectd", metavar="PROGRAM", help="by default %(default)s")
    made.add_argument("--plugin-dir", type=Path, metavar="DIRECTORY",
                      default=first_of("/usr/lib/collectd", "/usr/lib64/collectd"),
                      help="the plugins of collectd; by default %(default)s")
    made.add_argument("--drs-dir", type=Path, metavar="DIRECTORY", help="where drs.so is, if it is elsewhere")
    made.add_argument("--observer", type=Path, metavar="FILE",
                      default=TOP / "libexec/collectd-drs/drs_check_observer.so", help=argparse.SUPPRESS)
    made.add_argument("--state-dir", type=Path, metavar="DIRECTORY", default=Path(f"/var/tmp/drs-check-{os.geteuid()}"),
                      help="where pauses of rejected accounts are kept; by default %(default)s")
    made.add_argument("--version", action="version", version=f"drs-check {VERSION}")
    return made


def read_options(arguments: list[str] | None = None) -> Options:
    options = Options(**vars(parser().parse_args(arguments)))
    if options.record and (options.list or options.json or options.nagios):
        parser().error("--record is not allowed with --list, --json or --nagios")
    options.configuration = options.configuration.absolute()
    if "\n" in str(options.configuration):
        raise Problem("a line break in the path of -C cannot be handed to collectd")
    return options
