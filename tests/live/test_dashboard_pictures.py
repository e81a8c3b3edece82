# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The dashboards in a browser: each panel draws something, from six hours in a real Prometheus and a real Graphite.

The pictures are left in build/dashboard-*.png, to be looked at; build/dashboard.png is the one of docs/.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
import whisper
from daemons import GraphiteWeb, Prometheus
from daemons.collectd import TOP
from support.dashboards import SUMMARY_END, dashboard, drawn, filled_in
from support.requirements import need_package, need_prometheus

PAGE = TOP / "tests/dashboards/page.html"
HOURS, STEP = 6, 60
CHROMIUM = shutil.which("chromium")
FAMILIES = ["starting", "running", "paused", "changing", "ended", "failed", "unknown"]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: see [browser] in tests/packages")

# At a share of the six hours: the status, progress, delay, RPO, RTO, rows and bytes a second, of each job.
Course = Callable[[float], dict[str, float]]


def orders(at: float) -> dict[str, float]:
    """A migration that goes well: full, then incremental, and ready."""
    if at < 0.4:
        return {"status": 201, "total": at * 250, "struct": min(100, at * 900), "data": at * 250, "index": 0,
                "rows": 4000}
    return {"status": 203, "total": 100, "struct": 100, "data": 100, "index": 100, "delay": max(0, 40 - at * 60),
            "rpo": 0, "rto": max(0, 30 - at * 50), "rows": 300, "equal": 1, "ready": float(at > 0.7), "finish": 0,
            "files": 0}


def customers(at: float) -> dict[str, float]:
    """One whose destination cannot keep up, and whose data differs."""
    return {"status": 203, "total": 100, "delay": 20 + 700 * at, "rpo": 4, "rto": 16 + 690 * at, "rows": 900,
            "ready": 0, "equal": 0, "files": int(4 * at)}


def archive(at: float) -> dict[str, float]:
    """One that is paused, goes on, and fails."""
    if 0.3 < at < 0.5:
        return {"status": 301, "total": 30}
    if at > 0.8:
        return {"status": 603, "total": 48, "error": 1}
    return {"status": 201, "total": min(48, 100 * at), "struct": 100, "data": min(48, 100 * at), "index": 0,
            "rows": 2500, "left": 900}


def ledger(at: float) -> dict[str, float]:
    """A large one, which builds its indexes now."""
    return {"status": 201, "total": min(90, 100 * at), "struct": 100, "data": min(100, 120 * at),
            "rows": 0 if at > 0.84 else 9000, "index": max(0, 300 * (at - 0.84)), "finish": 3600 * (1.4 - at)}


def invoices(at: float) -> dict[str, float]:
    """One in the middle of its data."""
    return {"status": 201, "total": 62 * at, "struct": min(100, 500 * at), "data": 70 * at, "index": 0, "rows": 6000,
            "finish": 3600 * (9.7 - 6 * at)}


def sessions(at: float) -> dict[str, float]:
    """One that is paused for the night."""
    delay = {"delay": 2, "rpo": 1, "rto": 1} if at < 0.85 else {}
    return {"status": 203 if at < 0.85 else 301, "total": 100, "rows": 1200 * (at < 0.85), "ready": float(at < 0.85),
            "equal": 1} | delay


def catalogue(at: float) -> dict[str, float]:
    """One that has just begun."""
    if at < 0.9:
        return {"status": 102, "total": 0}
    return {"status": 201, "total": 1, "struct": 900 * (at - 0.9), "data": 0, "index": 0, "rows": 0}


def reports(at: float) -> dict[str, float]:
    """One that catches up with what was written during its copy."""
    if at < 0.75:
        return {"status": 201, "total": at * 133, "struct": 100, "data": min(100, at * 150),
                "index": max(0, 1000 * (at - 0.65)), "rows": 5000}
    behind = 1800 * (1.1 - at) / 0.35
    return {"status": 203, "total": 100, "delay": behind, "rpo": 3, "rto": behind, "rows": 7000, "ready": 0,
            "finish": 21600 * (1.1 - at)}


# By collectd's host and the name of the job; shop-2 polls what shop polls.
JOBS: dict[tuple[str, str], Course] = {
    ("shop", "orders-db"): orders, ("shop", "customers-db"): customers, ("shop", "catalogue"): catalogue,
    ("shop", "sessions"): sessions, ("shop-2", "orders-db"): orders, ("shop-2", "customers-db"): customers,
    ("shop-2", "catalogue"): catalogue, ("shop-2", "sessions"): sessions, ("bank", "archive"): archive,
    ("bank", "ledger"): ledger, ("bank", "invoices"): invoices, ("bank", "reports"): reports}
PROJECTS = {"shop": "shop", "shop-2": "shop", "bank": "bank"}
DRAWN = ("shop", "bank")
METRICS = {"status": ("gauge", "status"), "total": ("percent", "total"), "struct": ("percent", "struct"),
           "data": ("percent", "data"), "index": ("percent", "index"), "delay": ("delay", "incremental"),
           "rpo": ("delay", "rpo"), "rto": ("delay", "rto"), "rows": ("gauge", "apply_rows_rate"),
           "left": ("timeleft", "total"), "error": ("bool", "error"), "ready": ("bool", "ready"),
           "equal": ("bool", "consistent"), "finish": ("timeleft", "estimated"), "files": ("gauge", "log_files_behind")}
DETAILS = {("delay", "threshold"): 300.0, ("delay", "rpo_threshold"): 120.0, ("delay", "rto_threshold"): 180.0}


Samples = dict[tuple[str, str, str, str], float]  # by type, instance, drs and type instance


def job_samples(begin: float, time_: float, at: float) -> Samples:
    """The values of all jobs at a time."""
    samples = {}
    for (host, job), course in JOBS.items():
        values = {"error": 0.0} | course(at)
        for key, value in values.items():
            name, kind = METRICS[key]
            samples[name, host, job, kind] = value
        samples |= {(name, host, job, kind): value for (name, kind), value in DETAILS.items()}
        samples["gauge", host, job, "task_mode"] = 3
        samples["gauge", host, job, "process_time"] = time_ - 20
        samples["gauge", host, job, "started"] = begin - 3600
        if values["status"] == 203:
            samples["gauge", host, job, "full_transfer_completed"] = begin + 3600
        if "equal" in values:
            samples["gauge", host, job, "compared"] = time_ - 7200
            samples["count", host, job, "inconsistent"] = 3 * (1 - values["equal"])
            samples["count", host, job, "uncompared"] = 1 - values["equal"]
        if "rows" in values:
            samples["gauge", host, job, "apply_bytes_rate"] = values["rows"] * 512
    return samples


def project_samples(host: str, seconds: float, at: float) -> Samples:
    """The values of a host's project."""
    drs = PROJECTS[host]
    statuses = [course(at)["status"] for (other, _), course in JOBS.items() if other == host]
    samples = {("count", host, drs, family): float(sum(status // 100 == number for status in statuses))
               for number, family in enumerate(FAMILIES[:-1], 1)}
    gap = host == "bank" and 0.6 < at < 0.65
    reported = 0 if gap else len(statuses)
    return samples | {
        ("count", host, drs, "unknown"): 0, ("count", host, drs, "jobs"): len(statuses),
        ("count", host, drs, "answered"): reported, ("bool", host, drs, "up"): float(not gap),
        ("response_time", host, drs, "read"): 0.2 + 9 * gap,
        ("total_requests", host, drs, "progress"): seconds / 60,
        ("total_requests", host, drs, "token"): seconds // 3600,
        **{("errors", host, drs, kind): 0 for kind in ("auth", "throttled", "http", "reply", "skipped")},
        ("errors", host, drs, "http"): (seconds - 3.6 * 3600) / 60 if at > 0.6 and host == "bank" else 0}


COUNTERS = ("total_requests", "errors")


def history(now: int) -> Iterator[tuple[int, Samples]]:
    """Six hours of values, each with its second."""
    begin = now - HOURS * 3600
    for seconds in range(0, HOURS * 3600, STEP):
        at, when = seconds / (HOURS * 3600), begin + seconds
        samples = job_samples(begin, when, at)
        for host in PROJECTS:
            samples |= project_samples(host, seconds, at)
        yield when, samples


def open_metrics(now: int) -> str:
    """The history with the names that write_prometheus gives its values."""
    rows: dict[str, list[str]] = {}
    for when, samples in history(now):
        for (name, host, drs, kind), value in samples.items():
            full = f"collectd_drs_{name}" + "_total" * (name in COUNTERS)
            rows.setdefault(full, []).append(
                f'{full}{{drs="{drs}",type="{kind}",instance="{host}",job="collectd"}} {value} {when}')
    return "\n".join("\n".join([f"# TYPE {name} unknown", *lines]) for name, lines in rows.items()) + "\n# EOF\n"


class Past(Prometheus):
    """A Prometheus with a history."""

    def __init__(self, now: int) -> None:
        super().__init__()
        self.now = now

    def configure(self) -> None:
        super().configure()
        text = self.folder / "history.txt"
        text.write_text(open_metrics(self.now))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, self.folder / "data"],
                       check=True, capture_output=True)


def write_whisper(folder: Path, now: int) -> None:
    """The history as write_graphite and carbon store it, counters as rates."""
    series: dict[tuple[str, str, str, str], list[tuple[int, float]]] = {}
    for when, samples in history(now):
        for key, value in samples.items():
            series.setdefault(key, []).append((when, value))
    for (name, host, drs, kind), points in series.items():
        if name in COUNTERS:
            points = [(when, (value - before) / STEP) for (_, before), (when, value) in zip(points, points[1:])]
        file = folder / host / f"drs-{drs}" / f"{name}-{kind}.wsp"
        file.parent.mkdir(parents=True, exist_ok=True)
        whisper.create(str(file), [(STEP, 24 * 3600 // STEP)])
        whisper.update_many(str(file), points)


def run_browser(folder: Path, *arguments: str) -> str:
    """Chromium on the page, with a profile of its own and no display."""
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", f"--user-data-dir={folder}/profile",
         "--disable-web-security",  # graphite-web allows no page of elsewhere
         "--virtual-time-budget=20000", *arguments, (folder / "page.html").as_uri()],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def store(name: str, folder: Path, now: int) -> Iterator:
    """The store of a dashboard, with the history."""
    if name == "prometheus":
        need_prometheus()
        with Past(now) as prometheus:
            yield prometheus
    else:
        need_package("graphite-web")
        write_whisper(folder / "whisper", now)
        with GraphiteWeb(folder / "whisper") as graphite:
            yield graphite


def page_of(name: str, port: int, now: int) -> str:
    """The page that draws a dashboard."""
    what = {"board": dashboard(name),
            "view": {"store": name, "url": f"http://127.0.0.1:{port}", "hosts": DRAWN,
                     "from": now - HOURS * 3600, "to": now - STEP}}
    return PAGE.read_text().replace("/* what to draw */", json.dumps(what).replace("</", "<\\/"))


# What the table of jobs says in the end, by the name of the job.
TABLE = {
    "archive": {"Phase": "failed", "Done": "48 %"},
    "catalogue": {"Phase": "copying: structures", "Done": "1 %", "Rows written": "0 rows/s"},
    "customers-db": {"Phase": "replicating", "Done": "100 %", "Delay": "12 min", "Rows written": "900 rows/s",
                     "Data equal": "differs", "Ready": "no"},
    "invoices": {"Phase": "copying: data", "Done": "61.8 %", "Time to finish": "3.72 h", "Rows written": "6 K rows/s"},
    "ledger": {"Phase": "copying: indexes", "Done": "90 %", "Time to finish": "24.2 min", "Rows written": "0 rows/s"},
    "orders-db": {"Phase": "replicating", "Done": "100 %", "Time to finish": "0 s", "Delay": "0 s",
                  "Rows written": "300 rows/s", "Data equal": "yes", "Ready": "yes", "Ready since": "1.8 h ago"},
    "reports": {"Phase": "replicating", "Done": "100 %", "Time to finish": "37 min", "Delay": "8.81 min",
                "Rows written": "7 K rows/s", "Ready": "no"},
    "sessions": {"Phase": "paused", "Done": "100 %", "Rows written": "0 rows/s", "Data equal": "yes", "Ready": "no"},
}


def tables(page: str) -> dict[str, list[dict[str, str]]]:
    """The rows of each table, by its title, without empty cells."""
    found = re.findall(r'data-panel="([^"]*)" data-series="\d+" data-names="[^"]*" data-rows="([^"]*)"', page)
    return {title: [{column: text for column, text in row.items() if text} for row in json.loads(unescape(rows))]
            for title, rows in found}


@needs_chromium
@pytest.mark.parametrize("name", ["prometheus", "graphite"])
def test_each_panel_draws_something(name, tmp_path):
    now = int(time.time()) // STEP * STEP
    pictures = {TOP / f"build/dashboard-{name}.png": 3200}
    if name == "prometheus":
        pictures[TOP / "build/dashboard.png"] = 1184
    (TOP / "build").mkdir(exist_ok=True)
    with store(name, tmp_path, now) as source:
        (tmp_path / "page.html").write_text(page_of(name, source.port, now))
        page = run_browser(tmp_path, "--dump-dom")
        for picture, height in pictures.items():
            run_browser(tmp_path, f"--screenshot={picture}", f"--window-size=1600,{height}")
    assert "data-error" not in page.partition("<body")[2], re.findall(r'data-error="([^"]*)"', page)
    found = {unescape(title): json.loads(unescape(names)) for title, names in
             re.findall(r'data-panel="([^"]*)" data-series="\d+" data-names="([^"]*)"', page)}
    assert found.keys() == {panel["title"] for panel in drawn(dashboard(name))} and all(found.values()), found
    assert {"shop orders-db", "bank ledger"} <= set(found["Progress"])
    rows = {row.pop("Job"): row for row in tables(page)["Jobs"]}
    # Prometheus is looked at in steps of five minutes.
    rows["orders-db"]["Ready since"] = re.sub(r"1\.[789]\d* h", "1.8 h", rows["orders-db"]["Ready since"])
    assert rows == TABLE
    assert not re.search(r"unit \w+\?|NaN|undefined|No data", page.partition("<body>")[2].rpartition("<script>")[0])
    assert all(picture.stat().st_size > 50_000 for picture in pictures)


def now_in(source, expression: str) -> dict[str, float]:
    """The values of an expression, by the labels or names of its series."""
    if isinstance(source, Prometheus):
        return {str(sorted(one["metric"].items())): float(one["value"][1]) for one in source.query(expression)}
    return {name: values[-1] for name, values in source.render(expression).items() if values}


def test_a_second_collectd_changes_no_sum_and_no_row(tmp_path):
    """The stats and the tables, of two hosts, and with a third one that polls what one of these polls."""
    now = int(time.time()) // STEP * STEP
    for name, host, two, three in (("prometheus", "$instance", "|".join(DRAWN), ".+"),
                                   ("graphite", "$host", "{" + ",".join(DRAWN) + "}", "*")):
        folded = [panel for panel in drawn(dashboard(name))
                  if panel["type"] == "table" or panel["gridPos"]["y"] < SUMMARY_END]
        with store(name, tmp_path, now) as source:
            for target in [one for panel in folded for one in panel["targets"]]:
                text = target.get("expr") or target["target"]
                answers = [now_in(source, filled_in(text.replace(host, hosts), three)) for hosts in (two, three)]
                # A time without a digit of the seconds, in which Graphite answers.
                assert answers[0] and answers[0] == pytest.approx(answers[1], rel=1e-8), text
