# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The dashboard for Prometheus in a browser: each panel draws something, from six hours in a real Prometheus.

The picture is left in build/dashboard.png, to be looked at.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from daemons import Prometheus
from daemons.collectd import TOP

PAGE = TOP / "tests/dashboards/page.html"
PICTURE = TOP / "build/dashboard.png"
HOURS, STEP = 6, 60
CHROMIUM = shutil.which("chromium")
FAMILIES = ["starting", "running", "paused", "changing", "ended", "failed", "unknown"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: see [browser] in tests/packages")

# At a share of the six hours: the status, progress, delay, RPO, RTO, rows and bytes a second, of each job.
Course = Callable[[float], dict[str, float]]


def orders(at: float) -> dict[str, float]:
    """A migration that goes well: full, then incremental, and ready."""
    if at < 0.4:
        return {"status": 201, "total": at * 250, "struct": min(100, at * 900), "data": at * 250, "rows": 4000}
    return {"status": 203, "total": 100, "struct": 100, "data": 100, "index": 100, "delay": max(0, 40 - at * 60),
            "rpo": 0, "rto": max(0, 30 - at * 50), "rows": 300, "equal": 1, "ready": float(at > 0.7), "finish": 0}


def customers(at: float) -> dict[str, float]:
    """One whose destination cannot keep up."""
    return {"status": 203, "total": 100, "delay": 20 + 700 * at, "rpo": 4, "rto": 16 + 690 * at, "rows": 900,
            "ready": 0, "equal": 0}


def archive(at: float) -> dict[str, float]:
    """One that is paused, goes on, and fails."""
    if 0.3 < at < 0.5:
        return {"status": 301, "total": 30}
    if at > 0.8:
        return {"status": 603, "total": 48, "error": 1}
    return {"status": 201, "total": min(48, 100 * at), "rows": 2500, "index": 5, "left": 900}


def ledger(at: float) -> dict[str, float]:
    """A large one, which builds its indexes now."""
    return {"status": 201, "total": min(90, 100 * at), "struct": 100, "data": min(100, 120 * at),
            "rows": 0 if at > 0.84 else 9000, "index": max(0, 300 * (at - 0.84)), "finish": 3600 * (1.4 - at)}


JOBS: dict[tuple[str, str], Course] = {
    ("shop", "orders-db"): orders, ("shop", "customers-db"): customers, ("bank", "orders-db"): orders,
    ("bank", "archive"): archive, ("bank", "ledger"): ledger}
METRICS = {"status": ("gauge", "status"), "total": ("percent", "total"), "struct": ("percent", "struct"),
           "data": ("percent", "data"), "index": ("percent", "index"), "delay": ("delay", "incremental"),
           "rpo": ("delay", "rpo"), "rto": ("delay", "rto"), "rows": ("gauge", "apply_rows_rate"),
           "left": ("timeleft", "total"), "error": ("bool", "error"), "ready": ("bool", "ready"),
           "equal": ("bool", "consistent"), "finish": ("timeleft", "estimated")}


def job_samples(time_: float, at: float) -> dict[tuple[str, str, str, str], float]:
    """The values of all jobs at a time, by metric, instance, drs and type."""
    samples = {}
    for (host, job), course in JOBS.items():
        values = {"error": 0.0} | course(at)
        for key, value in values.items():
            name, kind = METRICS[key]
            samples[name, host, job, kind] = value
        samples["gauge", host, job, "task_mode"] = 3
        samples["gauge", host, job, "process_time"] = time_ - 20
        if "rows" in values:
            samples["gauge", host, job, "apply_bytes_rate"] = values["rows"] * 512
    return samples


def project_samples(host: str, seconds: float, at: float) -> dict[tuple[str, str, str, str], float]:
    """The values of a host's project, which has the name of the host."""
    statuses = [course(at)["status"] for (other, _), course in JOBS.items() if other == host]
    samples = {("count", host, host, family): float(sum(status // 100 == number for status in statuses))
               for number, family in enumerate(FAMILIES[:-1], 1)}
    gap = host == "bank" and 0.6 < at < 0.65
    reported = 0 if gap else len(statuses)
    return samples | {
        ("count", host, host, "unknown"): 0, ("count", host, host, "jobs"): len(statuses),
        ("count", host, host, "answered"): reported, ("bool", host, host, "up"): float(not gap),
        ("response_time", host, host, "read"): 0.2 + 9 * gap,
        ("total_requests", host, host, "progress"): seconds / 60,
        ("total_requests", host, host, "token"): seconds // 3600,
        **{("errors", host, host, kind): 0 for kind in ("auth", "throttled", "http", "reply", "skipped")},
        ("errors", host, host, "http"): (seconds - 3.6 * 3600) / 60 if at > 0.6 and host == "bank" else 0}


def history(now: int) -> str:
    """Six hours of values as OpenMetrics, with the names that write_prometheus gives them."""
    rows: dict[str, list[str]] = {}
    for seconds in range(0, HOURS * 3600, STEP):
        at, when = seconds / (HOURS * 3600), now - HOURS * 3600 + seconds
        samples = job_samples(when, at) | project_samples("shop", seconds, at) | project_samples("bank", seconds, at)
        for (name, host, drs, kind), value in samples.items():
            full = f"collectd_drs_{name}" + ("_total" if name in ("total_requests", "errors") else "")
            rows.setdefault(full, []).append(
                f'{full}{{drs="{drs}",type="{kind}",instance="{host}",job="collectd"}} {value} {when}')
    return "\n".join("\n".join([f"# TYPE {name} untyped", *lines]) for name, lines in rows.items()) + "\n# EOF\n"


class Past(Prometheus):
    """A Prometheus with a history."""

    def __init__(self, now: int) -> None:
        super().__init__()
        self.now = now

    def configure(self) -> None:
        super().configure()
        text = self.folder / "history.txt"
        text.write_text(history(self.now).replace("untyped", "unknown"))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, self.folder / "data"],
                       check=True, capture_output=True)


def run_browser(folder: Path, *arguments: str) -> str:
    """Chromium on the page, with a profile of its own and no display."""
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", f"--user-data-dir={folder}/profile",
         "--virtual-time-budget=20000", *arguments, (folder / "page.html").as_uri()],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_panel_draws_something(tmp_path):
    now = int(time.time()) // STEP * STEP
    board = json.loads((TOP / "monitoring/grafana-prometheus.json").read_text())
    with Past(now) as prometheus:
        what = {"board": board, "view": {"prometheus": f"http://127.0.0.1:{prometheus.port}",
                                         "from": now - HOURS * 3600, "to": now - STEP}}
        (tmp_path / "page.html").write_text(
            PAGE.read_text().replace("/* what to draw */", json.dumps(what).replace("</", "<\\/")))
        page = run_browser(tmp_path, "--dump-dom")
        PICTURE.parent.mkdir(exist_ok=True)
        run_browser(tmp_path, f"--screenshot={PICTURE}", "--window-size=1600,2400")
    assert "data-error" not in page.partition("<body")[2], page[:2000]
    drawn = {unescape(title): json.loads(unescape(names)) for title, names in
             re.findall(r'data-panel="([^"]*)" data-series="\d+" data-names="([^"]*)"', page)}
    wanted = {panel["title"] for panel in board["panels"] if panel["type"] != "row"}
    assert drawn.keys() == wanted and all(drawn.values()), drawn
    # One job name on two hosts is two curves, with two legends.
    assert {"shop orders-db", "bank orders-db"} <= set(drawn["Progress"])
    assert not re.search(r"unit \w+\?|NaN|undefined|No data", page.partition("<body>")[2].rpartition("<script>")[0])
    assert PICTURE.stat().st_size > 50_000
