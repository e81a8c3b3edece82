# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Real collectd with the module from the build tree, and all the ways to read back what it did."""

from __future__ import annotations

import grp
import os
import shlex
import socket
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from .process import HANG, Daemon, proc_of_threads

TOP = Path(__file__).resolve().parents[2]
MODULE_DIR = Path(os.environ.get("DRS_MODULE_DIR", TOP / "src/.libs"))
# A whole command line, for those who run it under a tool; see tests/sanitize.
COLLECTD = shlex.split(os.environ.get("DRS_COLLECTD", "/usr/sbin/collectd"))
HOST = "test-host"
# Seconds. Ten times what a cycle takes on a busy machine, as a cycle ends with its interval.
INTERVAL = 2.0
# Seconds: the one read of `collectd -T` ends with the interval at the latest.
LONGEST_READ = 60.0

# One write thread: values arrive in the order in which they were dispatched.
GLOBAL = """\
Hostname "{host}"
FQDNLookup false
Interval {interval}
WriteThreads 1
BaseDir "{folder}"
PIDFile "{folder}/pid"
TypesDB "/usr/share/collectd/types.db"

PluginDir "/usr/lib/collectd"
LoadPlugin logfile
<Plugin logfile>
  LogLevel {log_level}
  File "{folder}/log"
  Timestamp false
  PrintSeverity true
</Plugin>
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}/csv"
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "socket"
  SocketGroup "{group}"
</Plugin>
"""

DRS = """
PluginDir "{module_dir}"
LoadPlugin drs
<Plugin drs>
{drs}
</Plugin>
"""


class Sample(NamedTuple):
    """One row of a csv file: when, and the value of the first data source."""

    time: float
    value: float


class Line(NamedTuple):
    """A line of collectd's log."""

    level: str
    text: str


class OneRead(NamedTuple):
    """What `collectd -T` ended with."""

    status: int
    lines: list[Line]


class Collectd(Daemon):
    """collectd with `drs` as the inside of <Plugin drs> (None: not loaded) and `stock` besides."""

    name = "collectd"

    def __init__(self, drs: str | None = None, stock: str = "", interval: float = INTERVAL,
                 log_level: str = "info", variables: dict[str, str] | None = None,
                 host: str = HOST) -> None:
        super().__init__()
        self.drs = drs
        self.stock = stock
        self.interval = interval
        self.log_level = log_level
        self.variables = variables or {}
        self.host = host

    @property
    def socket_path(self) -> Path:
        """The socket in BaseDir, by a way that is short enough however deep the folder lies."""
        return Path(f"/proc/{self.process.pid}/cwd/socket")

    def command(self) -> list[str]:
        return [*COLLECTD, "-f", "-C", str(self.folder / "collectd.conf")]

    def environment(self) -> dict[str, str]:
        return super().environment() | self.variables

    def configure(self) -> None:
        template = GLOBAL + "{stock}\n" + (DRS if self.drs is not None else "")
        (self.folder / "collectd.conf").write_text(template.format(
            host=self.host, interval=self.interval, folder=self.folder, stock=self.stock,
            group=grp.getgrgid(os.getgid()).gr_name, module_dir=MODULE_DIR, drs=self.drs,
            log_level=self.log_level))

    def ready(self) -> bool:
        """A read thread that has not slept yet may miss the end, and collectd waits for it forever."""
        threads = proc_of_threads(self.process.pid, "stat")
        return (self.socket_path.exists()
                and any(line.text.startswith("Initialization complete") for line in self.lines())
                and all(") S " in thread for thread in threads if "(reader#" in thread))

    def log_text(self) -> str:
        log = self.folder / "log"
        return super().log_text() + (log.read_text(errors="replace") if log.exists() else "")

    def test_read(self) -> OneRead:
        """Run `collectd -T`, which reads every plugin once, instead of the daemon."""
        with self._temporary:
            self.interval = max(self.interval, LONGEST_READ)
            self.configure()
            done = subprocess.run([*self.command(), "-T"], capture_output=True, text=True,
                                  timeout=self.start_timeout, check=False,
                                  env=self.environment())
            print(done.stdout, done.stderr, self.log_text())
            return OneRead(done.returncode, self.lines())

    def lines(self, start: str = "") -> list[Line]:
        """The lines of the log whose text starts so, such as "drs plugin: ", in their order."""
        log = self.folder / "log"
        raw = log.read_text(errors="replace").splitlines() if log.exists() else []
        lines = [Line(level[1:], text) for level, _, text in (row.partition("] ") for row in raw)]
        return [line for line in lines if line.text.startswith(start)]

    def notifications(self) -> list[dict[str, str]]:
        """Every notification so far: severity, host, plugin, ..., message."""
        start = "Notification: "
        return [_fields(line.text.removeprefix(start)) for line in self.lines(start)]

    def unixsock(self, command: str) -> list[str]:
        """Send one command to the unixsock plugin and return the lines of its response."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(HANG)
            self.wait_until(lambda: connection.connect_ex(str(self.socket_path)) == 0, "its socket")
            with connection.makefile("rw", encoding="utf-8") as stream:
                stream.write(f"{command}\n")
                stream.flush()
                count, _, text = stream.readline().partition(" ")
                assert int(count) >= 0, f"{command}: {text}"
                return [stream.readline().rstrip("\n") for _ in range(int(count))]

    def flush(self, plugin: str) -> None:
        """Make a plugin send what it has buffered."""
        self.unixsock(f"FLUSH plugin={plugin}")

    def names(self) -> set[str]:
        """The identifiers ("host/drs-prod/bool-up") that collectd holds a current value of."""
        return {line.partition(" ")[2] for line in self.unixsock("LISTVAL")}

    def values(self) -> dict[str, float]:
        """The current value of each identifier, of its first data source, to six places."""
        return {name: float(self.unixsock(f'GETVAL "{name}"')[0].partition("=")[2])
                for name in self.names()}

    def series(self, plugin: str = "") -> dict[str, list[Sample]]:
        """Every value that collectd has written so far, by identifier, for one plugin or all."""
        root = self.folder / "csv"
        series = defaultdict(list)
        for path in sorted(root.glob(f"*/{plugin}*/*")):
            identifier = str(path.relative_to(root))[:-len("-2026-12-31")]
            rows = path.read_text().splitlines()[1:]
            series[identifier] += [Sample(*map(float, row.split(",")[:2])) for row in rows]
        return dict(series)

    def reads(self, *instances: str, plugin: str = "drs", since: float = 0) -> list[dict[str, float]]:
        """What each read of these plugin instances gave, {"INSTANCE/TYPE-NAME": value}.

        A read is what carries one time; the last one is left out, as more of it may come. Those that began
        before `since` are left out, too.
        """
        reads: dict[float, dict[str, float]] = defaultdict(dict)
        for identifier, samples in self.series(plugin).items():
            name = identifier.partition("/")[2].removeprefix(f"{plugin}-")
            if not instances or name.partition("/")[0] in instances:
                for sample in samples:
                    reads[sample.time][name] = sample.value
        return [reads[began] for began in sorted(reads) if began >= since][:-1]

    def wait_for_reads(self, count: int, *instances: str, plugin: str = "drs",
                       timeout: float = HANG) -> list[dict[str, float]]:
        """As `reads`, but wait until there are this many."""
        self.wait_until(lambda: len(self.reads(*instances, plugin=plugin)) >= count,
                        f"{count} reads of {plugin} {' '.join(instances)}", timeout)
        return self.reads(*instances, plugin=plugin)

    def wait_for_new_reads(self, count: int, *instances: str) -> list[dict[str, float]]:
        """Wait for so many reads that begin from now on; return all. Values of others may still be on their way."""
        since = time.time()
        self.wait_until(lambda: len(self.reads(*instances, since=since)) >= count,
                        f"{count} new reads of {' '.join(instances)}", HANG)
        return self.reads(*instances)


def _fields(notification: str) -> dict[str, str]:
    """Divide "severity = OKAY, host = a, message = what, ever" at its commas, the text's apart."""
    head, _, message = notification.partition(", message = ")
    fields = dict(field.split(" = ", 1) for field in head.split(", "))
    return fields | {"message": message}
