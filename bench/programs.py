# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The programs whose work is measured: the replier, and collectd in each of its parts."""

import json
import os
import sys
import urllib.request
from pathlib import Path

from daemons import Collectd, Daemon
from daemons.collectd import MODULE_DIR

from .replies import job_id

BUILD = MODULE_DIR.parents[1]
PROJECT_ID = "054ba152d480d55b2f5dc0069e7ddef0"
PATH = f"/v3/{PROJECT_ID}/jobs/batch-progress"
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
  Jobs {jobs}
  Interval {interval}
</Plugin>
"""

DRS = """\
PluginDir "{module_dir}"
LoadPlugin drs
<Plugin drs>
  <Project "bench">
    Endpoint "{endpoint}"
    ProjectID "{project_id}"
    Token "t0k3n"
    Interval {interval}
    JobsFile "{jobs_file}"
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


class Replier(Daemon):
    """The service; `endpoint` once it has started."""

    name = "replier"

    def __init__(self, delay: float = 0.0, status: int = 202) -> None:
        super().__init__()
        self._options = [f"--delay={delay}", f"--status={status}"]

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.replier", *self._options]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}

    def ready(self) -> bool:
        return self.log_text().endswith("\n")

    @property
    def port(self) -> int:
        return int(self.log_text().split()[0])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def times(self) -> list[float]:
        """When each request came, on the monotonic clock."""
        with urllib.request.urlopen(self.endpoint) as answer:
            return json.loads(answer.read())

    def wait_for(self, count: int, timeout: float) -> list[float]:
        """The times of the first `count` requests."""
        return self.wait_until(lambda: len(self.times()) >= count and self.times()[:count],
                               f"{count} requests", timeout)


class BenchCollectd(Collectd):
    """collectd without a plugin that writes: what it costs at least. `wrapper` runs it."""

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

    def value(self, name: str) -> float | None:
        """The current value of an identifier without its host, such as "drs-bench/bool-up"."""
        try:
            return float(self.ask(f'GETVAL "bench/{name}"')[0].partition("=")[2])
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
        """User and system time of the whole process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


def drs(folder: Path, endpoint: str, jobs: int, interval: float, *lines: str) -> str:
    """The configuration of the plugin, for so many jobs, which a file in `folder` lists."""
    jobs_file = folder / f"jobs-{jobs}"
    jobs_file.write_text("".join(f"{job_id(number)}\n" for number in range(jobs)))
    return DRS.format(module_dir=MODULE_DIR, endpoint=endpoint, project_id=PROJECT_ID,
                      interval=interval, jobs_file=jobs_file, lines="\n    ".join(lines))


def hung(port: int, projects: int) -> str:
    """The configuration of so many projects, all of a service that takes what comes and says nothing."""
    blocks = [f"""\
  <Project "hung-{number}">
    Endpoint "http://127.0.0.1:{port}"
    ProjectID "{PROJECT_ID}"
    Token "t0k3n"
    Host "host-{number}"
    Job "{job_id(number)}"
    Timeout 60000
  </Project>
""" for number in range(projects)]
    return (f'PluginDir "{MODULE_DIR}"\nLoadPlugin drs\n<Plugin drs>\n' + "".join(blocks)
            + "</Plugin>\n")


def uptime(folder: Path) -> str:
    """The configuration of a plugin of collectd's own, whose values go to files below `folder`."""
    return UPTIME.format(folder=folder)


def dispatch(jobs: int = 0, interval: float = 1.0) -> str:
    """The configuration of the plugin to compare with; without jobs it tells of the heap alone."""
    return DISPATCH.format(folder=BUILD / "bench/.libs", jobs=jobs, interval=interval)


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
