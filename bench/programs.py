# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The programs whose work is measured: the service, collectd in each of its parts, and the peers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from daemons import Collectd, Daemon, proc_of_threads
from daemons.collectd import MODULE_DIR

from .responses import job_id

BUILD = MODULE_DIR.parents[1]
PEERS = Path(__file__).parent / "peers"
PROJECT_ID = "054ba152d480d55b2f5dc0069e7ddef0"
PATH = f"/v3/{PROJECT_ID}/jobs/batch-progress"
LINE = "\n    "
TICK = os.sysconf("SC_CLK_TCK")

GLOBAL = """\
Hostname "bench"
FQDNLookup false
Interval {interval}
{threads}
BaseDir "{folder}"
PIDFile "{folder}/pid"
TypesDB "/usr/share/collectd/types.db"
PluginDir "/usr/lib/collectd"
LoadPlugin logfile
<Plugin logfile>
  LogLevel warning
  File "{folder}/log"
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "socket"
</Plugin>
"""

DISPATCH = """\
PluginDir "{folder}"
LoadPlugin dispatch
<Plugin dispatch>
  {lines}
</Plugin>
"""

PYTHON = """\
<LoadPlugin python>
  Globals true
</LoadPlugin>
<Plugin python>
  ModulePath "{folder}"
  Import "python_plugin"
  <Module python_plugin>
    URL "{url}"
    Jobs "{jobs_file}"
    Interval {interval}
  </Module>
</Plugin>
"""

EXEC = """\
LoadPlugin exec
<Plugin exec>
  Exec "{user}" "{program}" "{url}" "{jobs_file}" "{interval}"
</Plugin>
"""

FILE_JOBS_MAX = 20_000

DRS = """\
PluginDir "{module_dir}"
LoadPlugin drs
<Plugin drs>
  <Project "bench">
    Endpoint "{endpoint}"
    ProjectID "{project_id}"
    Token "t0k3n"
    Interval {interval}
    {lines}
  </Project>
</Plugin>
"""

UPTIME = """\
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}"
</Plugin>
LoadPlugin uptime
"""

CURL_JSON_KEYS = ("progress", "incre_trans_delay", "process_time", "remaining_time",
                  "progress_map/*/completed")


def flavour(module: Path) -> str:
    """The TLS library of the libcurl that a module was linked to."""
    linked = subprocess.run(["ldd", str(module / "drs.so")], capture_output=True, text=True, check=True)
    return "GnuTLS" if "libcurl-gnutls" in linked.stdout else "OpenSSL"


# The module with each TLS library of libcurl: as it was built, and what bench/run has built besides.
MODULES = {flavour(module): module for module in
           (MODULE_DIR, *sorted(BUILD.glob("bench-*/src/.libs"))) if (module / "drs.so").exists()}


def descendants(pid: int) -> list[int]:
    """The processes below a process."""
    found = []
    for children in proc_of_threads(pid, "children"):
        for child in children.split():
            found += [int(child), *descendants(int(child))]
    return found


def end_descendants(pid: int) -> None:
    """End the processes below a process: stopped first, so that none starts another meanwhile."""
    stopped: list[int] = []
    while (found := descendants(pid)) != stopped:
        _send(signal.SIGSTOP, found)
        stopped = found
    _send(signal.SIGKILL, stopped)


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def peak_memory(pid: int) -> int:
    """The most that a process had resident, in bytes."""
    try:
        found = re.search(r"^VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0


# Of the API's page; with the members of the recorded response, whose log positions move; likewise, and every other
# job without phases.
ITEMS = ("example", "recorded", "mixed")


class Responder(Daemon):
    """The service: bench/responder.c. `delay` in seconds; `items`: what it says of a job, of ITEMS."""

    name = "responder"

    def __init__(self, delay: float = 0.0, status: int = 202, items: str = "example") -> None:
        super().__init__()
        self._options = ["--delay", str(delay * 1e3), "--status", str(status), "--items", str(ITEMS.index(items))]

    def command(self) -> list[str]:
        return [str(BUILD / "bench/responder"), *self._options]

    def ready(self) -> bool:
        return self.log_text().endswith("\n")

    @property
    def port(self) -> int:
        return int(self.log_text().split()[0])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _statistics(self) -> dict:
        with urllib.request.urlopen(self.endpoint) as response:
            return json.loads(response.read())

    def times(self) -> list[float]:
        """When each request came, on the monotonic clock."""
        return self._statistics()["times"]

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        return cpu_seconds(self.process.pid)

    def wait_for(self, count: int, timeout: float) -> list[float]:
        """The times of the first `count` requests."""
        return self.wait_until(lambda: len(self.times()) >= count and self.times()[:count],
                               f"{count} requests", timeout)


class Exporter(Daemon):
    """The peer that has no collectd: Prometheus scrapes it, here in its place `scrape`."""

    name = "exporter"

    def __init__(self, folder: Path, endpoint: str, jobs: int) -> None:
        super().__init__()
        self._arguments = [endpoint + PATH, str(write_jobs(folder, jobs))]

    def command(self) -> list[str]:
        return ["/usr/bin/python3", str(PEERS / "exporter.py"), *self._arguments]

    def ready(self) -> bool:
        return self.log_text().endswith("\n")

    def scrape(self) -> float:
        """How long it takes."""
        began = time.monotonic()
        url = f"http://127.0.0.1:{int(self.log_text().split()[0])}/metrics"
        with urllib.request.urlopen(url, timeout=120) as response:
            response.read()
        return time.monotonic() - began

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """Peak resident memory in bytes."""
        return peak_memory(self.process.pid)


class BenchCollectd(Collectd):
    """collectd without a plugin that writes: what it costs at least. `wrapper` runs it.

    At each `interval` collectd also walks through its cache of all values, which would cost much more CPU time if it
    were shorter than that of the plugins, as nobody has it.
    """

    start_timeout = 120.0
    stop_timeout = 120.0

    def __init__(self, plugins: str, interval: float = 1.0, threads: str = "",
                 wrapper: tuple[str, ...] = ()) -> None:
        super().__init__(interval=interval)
        self._plugins, self._threads, self._wrapper = plugins, threads, wrapper

    def command(self) -> list[str]:
        return [*self._wrapper, *super().command()]

    def configure(self) -> None:
        text = GLOBAL.format(interval=self.interval, threads=self._threads, folder=self.folder)
        (self.folder / "collectd.conf").write_text(text + self._plugins)

    def ready(self) -> bool:
        return self.socket_path.exists()

    def stop(self) -> float:
        """As ever, and end what its children have started, which would work on beside the next measure."""
        if self.process:
            end_descendants(self.process.pid)
        return super().stop()

    def value(self, name: str) -> float | None:
        """The current value of an identifier without its host, such as "drs-bench/bool-up"."""
        try:
            return float(self.unixsock(f'GETVAL "bench/{name}"')[0].partition("=")[2])
        except AssertionError:  # there is none yet
            return None

    def changes(self, name: str, count: int, timeout: float) -> list[float]:
        """So many values of an identifier, each other than the one before."""
        seen: list[float] = []

        def enough() -> bool:
            value = self.value(name)
            if value is not None and seen[-1:] != [value]:
                seen.append(value)
            return len(seen) >= count
        self.wait_until(enough, f"{count} values of {name}", timeout)
        return seen

    def cpu_seconds(self) -> float:
        """User and system time of the daemon and its children so far."""
        return sum(cpu_seconds(pid) for pid in (self.process.pid, *descendants(self.process.pid)))

    def thread_seconds(self) -> float:
        """CPU time of the daemon's threads so far, without those that have ended, finer than ticks."""
        return sum(int(text.split()[0]) for text in proc_of_threads(self.process.pid, "schedstat")) / 1e9

    def status(self, key: str) -> int:
        """A number of /proc/PID/status, such as VmHWM in KiB or Threads."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s*(\d+)", text, re.MULTILINE)[1])

    def descriptors(self) -> int:
        """Open file descriptors."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self) -> int:
        """Peak resident memory of the daemon and its children, in bytes."""
        return sum(peak_memory(pid) for pid in (self.process.pid, *descendants(self.process.pid)))


def write_jobs(folder: Path, jobs: int, first: int = 0) -> Path:
    """A file in `folder` that lists so many jobs."""
    path = folder / f"jobs-{first}-{jobs}"
    path.write_text("".join(f"{job_id(number)}\n" for number in range(first, first + jobs)))
    return path


def options_of(folder: Path, jobs: int, first: int = 0) -> list[str]:
    """So many jobs: in a file, which may have 1 MiB, or as options."""
    if jobs <= FILE_JOBS_MAX:
        return [f'JobsFile "{write_jobs(folder, jobs, first)}"']
    return [f'Job "{job_id(number)}"' for number in range(first, first + jobs)]


def drs(folder: Path, endpoint: str, jobs: int, interval: float, *lines: str,
        module: Path = MODULE_DIR) -> str:
    """The configuration of the plugin, for one project of so many jobs."""
    return DRS.format(module_dir=module, endpoint=endpoint, project_id=PROJECT_ID,
                      interval=interval, lines=LINE.join([*options_of(folder, jobs), *lines]))


def projects(folder: Path, endpoint: str, count: int, jobs: int, interval: float,
             *lines: str) -> str:
    """The configuration of so many projects of so many jobs each."""
    blocks = [f"""\
  <Project "p{number}">
    Endpoint "{endpoint}"
    ProjectID "{PROJECT_ID}"
    Token "t0k3n"
    Interval {interval}
    {LINE.join([*options_of(folder, jobs, number * jobs), *lines])}
  </Project>
""" for number in range(count)]
    return (f'PluginDir "{MODULE_DIR}"\nLoadPlugin drs\n<Plugin drs>\n' + "".join(blocks)
            + "</Plugin>\n")


def downloads(folder: Path, endpoint: str, parallel: int) -> float:
    """Seconds that a request of 100 jobs takes over so many connections, by a client that does nothing else."""
    script, ids = folder / "wrk.lua", [job_id(number) for number in range(100)]
    script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                      f"wrk.body = [[{json.dumps({'jobs': ids})}]]\n")
    printed = subprocess.run(["wrk", "-t1", f"-c{parallel}", "-d8s", "-s", script, endpoint + PATH],
                             check=True, capture_output=True, text=True).stdout
    number, unit = re.search(r"Latency\s+([\d.]+)(us|ms|s)\b", printed).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def hung(port: int, count: int, parallel: int = 8) -> str:
    """The configuration of so many projects, all of a service that accepts and never responds."""
    blocks = [f"""\
  <Project "hung-{number}">
    Endpoint "http://127.0.0.1:{port}"
    ProjectID "{PROJECT_ID}"
    Token "t0k3n"
    Host "host-{number}"
    Job "{job_id(number)}"
    Timeout 60000
    MaxParallel {parallel}
  </Project>
""" for number in range(count)]
    return (f'PluginDir "{MODULE_DIR}"\nLoadPlugin drs\n<Plugin drs>\n' + "".join(blocks)
            + "</Plugin>\n")


def uptime(folder: Path) -> str:
    """The configuration of a plugin of collectd's own, whose values go to files below `folder`."""
    return UPTIME.format(folder=folder)


def dispatch(*lines: str) -> str:
    """The configuration of bench/dispatch.c."""
    return DISPATCH.format(folder=BUILD / "bench/.libs", lines="\n  ".join(lines))


def python_plugin(folder: Path, endpoint: str, jobs: int, interval: float) -> str:
    """The peer in collectd's python plugin."""
    return PYTHON.format(folder=PEERS, url=endpoint + PATH, jobs_file=write_jobs(folder, jobs),
                         interval=interval)


def exec_program(program: str, folder: Path, endpoint: str, jobs: int, interval: float) -> str:
    """A peer that collectd's exec plugin runs; it does not run programs as root."""
    for path in (folder, folder.parent):
        path.chmod(0o755)
    shutil.copy(PEERS / "polling.py", folder)
    copy = shutil.copy(PEERS / program, folder)
    return EXEC.format(user="nobody", program=copy, url=endpoint + PATH,
                       jobs_file=write_jobs(folder, jobs), interval=interval)


def curl_json(endpoint: str, jobs: int, batch: int, interval: float) -> str:
    """collectd's own curl_json, which asks for the same jobs in the same batches."""
    blocks = []
    for first in range(0, jobs, batch):
        ids = ",".join(rf'\"{job_id(number)}\"' for number in range(first, min(jobs, first + batch)))
        keys = "".join(f'    <Key "results/*/{key}">\n      Type "gauge"\n    </Key>\n'
                       for key in CURL_JSON_KEYS)
        blocks.append(f"""\
  <URL "{endpoint}{PATH}">
    Instance "batch-{first}"
    Interval {interval}
    Header "Content-Type: application/json"
    Header "X-Auth-Token: t0k3n"
    Post "{{\\"jobs\\":[{ids}]}}"
{keys}  </URL>
""")
    return "LoadPlugin curl_json\n<Plugin curl_json>\n" + "".join(blocks) + "</Plugin>\n"
