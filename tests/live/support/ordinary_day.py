# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A day of a migration on which nothing is wrong, in several variants, and troubles, as input of promtool.

    PYTHONPATH=tests/live /usr/bin/python3 -m support.ordinary_day [RULES]

prints the tables of monitoring/README.md, of these rules or of ours. `RULES` may be those of another version.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, Optional

TOP = Path(__file__).resolve().parents[3]
RULES = TOP / "monitoring/prometheus-alerts.yml"
DAY = 24 * 60  # minutes
JOB, PROJECT = "orders", "prod"
READY_DELAY = 3  # seconds

Values = dict[str, Optional[float]]  # by TYPE-INSTANCE; None: no value
Course = Callable[[float], Optional[Values]]  # at a minute, of one job; None: it is not reported


class Project(NamedTuple):
    """What a project is like at a minute."""

    up: float = 1
    jobs: float = 1
    answered: float = 1
    failing: bool = False  # its requests end with errors


Projects = Callable[[float], Optional[Project]]  # None: collectd is gone


# A job


def copying(total: float, rows: float, **phases: float) -> Values:
    """In the full copy: the percents, rows a second."""
    return {"gauge-status": 201, "bool-error": 0, "percent-total": total, "gauge-apply_rows_rate": rows,
            "gauge-apply_bytes_rate": rows * 300, **{f"percent-{phase}": value for phase, value in phases.items()}}


def replicating(delay: float, rows: float = 40) -> Values:
    """In the incremental phase: seconds behind."""
    return {"gauge-status": 203, "bool-error": 0, "percent-total": 100, "percent-struct": 100, "percent-data": 100,
            "percent-index": 100, "delay-incremental": delay, "delay-rpo": min(delay, 2), "delay-rto": delay,
            "gauge-apply_rows_rate": rows, "gauge-apply_bytes_rate": rows * 300}


def full_copy(minute: float) -> Values:
    """Six hours: structures, data, indexes."""
    if minute < 20:
        return copying(0, 0, struct=int(minute * 5), data=0, index=0)
    if minute < 270:
        return copying(int((minute - 20) / 250 * 95), 5000, struct=100, data=int((minute - 20) / 2.5), index=0)
    return copying(95, 0, struct=100, data=100, index=int((minute - 270) / 30) * 30)


# Start, end and minutes of catching up.
PAUSES = [(600, 645, 40), (800, 890, 70)]
SPIKES = [700, 750, 1000, 1060, 1130, 1200]


def behind(minute: float) -> float:
    """Seconds in the incremental phase of the day, which begins with what was written during the copy."""
    if minute < 495:
        return (495 - minute) / 120 * 21600
    for start, end, catching_up in PAUSES:
        if start <= minute < end:
            return (minute - start) * 60
        if end <= minute < end + catching_up:
            return (end - start) * 60 * (end + catching_up - minute) / catching_up
    return 400 if any(spike <= minute < spike + 4 for spike in SPIKES) else int(minute) % 3


def a_day(minute: float) -> Values | None:
    """Configured, copied in six hours, caught up in two, paused twice, released in the evening."""
    if minute < 15:
        return {"gauge-status": 102, "bool-error": 0, "percent-total": 0}
    if minute < 375:
        return full_copy(minute - 15)
    if minute >= 1410:
        return {"gauge-status": 401 if minute < 1413 else 501, "bool-error": 0, "percent-total": 100}
    values = replicating(behind(minute), rows=2000 if behind(minute) > 60 else 40)
    if any(start <= minute < end for start, end, _ in PAUSES):
        return values | {"gauge-status": 301, "gauge-apply_rows_rate": 0, "gauge-apply_bytes_rate": 0}
    return values


def long_copy(minute: float) -> Values:
    """A day of a copy of three: a percent is 43 minutes."""
    return copying(20 + int(minute / 43), 5000, struct=100, data=20 + int(minute / 43), index=0)


def without(course: Course, *names: str) -> Course:
    def changed(minute: float) -> Values | None:
        values = course(minute)
        return values and {name: value for name, value in values.items()
                           if not any(name.startswith(one) for one in names)}
    return changed


def absent_in_a_pause(course: Course) -> Course:
    def changed(minute: float) -> Values | None:
        values = course(minute)
        paused = values and values["gauge-status"] == 301
        return without(course, "delay-")(minute) if paused else values
    return changed


def noisy(course: Course) -> Course:
    """Delays and rates that are never quiet."""
    dice = random.Random(203)

    def changed(minute: float) -> Values | None:
        values = course(minute)
        for name in [name for name in values or {} if name.startswith("delay-")]:
            values[name] = max(0, round(values[name] * dice.uniform(0.9, 1.1) + dice.choice([0, 0, 0, 1, 1, 2])))
        if values and values.get("gauge-apply_rows_rate"):
            values["gauge-apply_rows_rate"] = round(values["gauge-apply_rows_rate"] * dice.uniform(0.2, 1.8))
        return values
    return changed


def later(course: Course, minutes: float) -> Course:
    """The same, shifted around the clock."""
    return lambda minute: course((minute - minutes) % DAY)


# A project


def a_days_project(minute: float) -> Project | None:
    """collectd is restarted, and the service is unreachable for five minutes."""
    if 1100 <= minute < 1102:
        return None
    if 1250 <= minute < 1255:
        return Project(up=0, answered=0, failing=True)
    return Project()


class Variant(NamedTuple):
    """Which job, polled how."""

    course: Course = a_day
    interval: float = 1  # minutes
    instances: tuple[str, ...] = ("collectd-0",)
    clusters: tuple[str, ...] = ("",)


VARIANTS = {
    "every minute, with phases, RPO and RTO": Variant(),
    "a copy of 72 hours": Variant(long_copy),
    "no phases, no RPO and RTO": Variant(without(a_day, "percent-struct", "percent-data", "percent-index", "delay-r")),
    "no delay while paused": Variant(absent_in_a_pause(a_day)),
    "noise": Variant(noisy(a_day)),
    "`Interval 10`": Variant(interval=1 / 6),
    "`Interval 600`": Variant(interval=10),
    "two collectd poll the project": Variant(instances=("collectd-0", "collectd-1")),
    "one host name in two clusters": Variant(clusters=("east", "west")),
}


# Troubles, after an hour that was good


TROUBLE_AT = 60


def then(course: Course, base: Course = lambda minute: replicating(int(minute) % 3)) -> Course:
    return lambda minute: base(minute) if minute < TROUBLE_AT else course(minute - TROUBLE_AT)


def with_values(**changes: float) -> Course:
    """A job that replicates, with these values in place of its own; underscores for the first hyphen."""
    names = {name.replace("_", "-", 1): value for name, value in changes.items()}
    return then(lambda minute: replicating(int(minute) % 3) | names)


def rises(minute: float) -> Values:
    dice = random.Random(int(minute))
    return replicating(max(0, round(20 + 4 * minute + dice.uniform(-20, 20))))


def halfway(minute: float) -> Values:
    return copying(int(minute / 5), 5000, struct=100, data=int(minute / 5), index=0)


def constant(project: Project | None, before: Project | None = Project()) -> Projects:
    return lambda minute: before if minute < TROUBLE_AT else project


class Trouble(NamedTuple):
    """What goes wrong, and the alert that says so."""

    alert: str
    course: Course = with_values()
    project: Projects = constant(Project())
    hours: float = 3.5
    at: float = TROUBLE_AT  # minutes


def gone(minute: float) -> None:
    """No value of the job."""


TROUBLES = {
    "the task has failed": Trouble("DrsTaskFailed", with_values(gauge_status=604, bool_error=1)),
    "an error code stays": Trouble("DrsTaskHasError", with_values(bool_error=1)),
    "an error code comes and goes with each poll": Trouble(
        "DrsTaskHasError", then(lambda minute: replicating(0) | {"bool-error": (minute // 1 + minute // 10) % 2})),
    "a pause is forgotten": Trouble("DrsTaskPaused", with_values(gauge_status=301)),
    "a task is never started": Trouble(
        "DrsTaskNotConfigured", lambda minute: {"gauge-status": 102, "bool-error": 0}, hours=49, at=0),
    "the destination stays 400 s behind": Trouble("DrsDelayHigh", with_values(delay_incremental=400)),
    "it is 900 s behind, but for one poll in ten": Trouble(
        "DrsDelayHigh", then(lambda minute: replicating(10 if int(minute) % 10 == 5 else 900))),
    "it is behind the task's own limit of 60 s": Trouble(
        "DrsDelayHigh", lambda minute: replicating(120 if minute >= TROUBLE_AT else 1) | {"delay-threshold": 60}),
    "the delay grows by 4 s a minute, with jitter": Trouble("DrsDelayRises", then(rises)),
    "the source is read late": Trouble("DrsRpoHigh", with_values(delay_rpo=600)),
    "the destination replays late": Trouble("DrsRtoHigh", with_values(delay_rto=600)),
    "the copy stalls while data is copied": Trouble(
        "DrsRateZero", then(lambda minute: copying(36, 0, struct=100, data=36, index=0), halfway)),
    "the copy stalls while indexes are built": Trouble(
        "DrsNoProgress", then(lambda minute: copying(95, 0, struct=100, data=100, index=40), halfway)),
    "the destination is 90 s behind and nothing is written": Trouble(
        "DrsRateZero", then(lambda minute: replicating(90, rows=0))),
    "log files pile up": Trouble(
        "DrsLogFilesBehind", lambda minute: replicating(int(minute) % 3) | {
            "gauge-log_files_behind": 3 + (minute - TROUBLE_AT) // 30 if minute >= TROUBLE_AT else 0}),
    "the full copy takes longer than a week": Trouble(
        "DrsCopyTakesLong", lambda minute: halfway(minute) | {"gauge-started": 60 * TROUBLE_AT - 7 * 86400}),
    "the data differs": Trouble("DrsDataDiffers", with_values(bool_consistent=0)),
    "the service is unreachable": Trouble(
        "DrsProjectUnreachable", then(gone), constant(Project(up=0, answered=0, failing=True))),
    "the project's block is rejected": Trouble(
        "DrsProjectUnreachable", then(gone), constant(Project(up=0, jobs=-1, answered=-1))),
    "one of three jobs is deleted": Trouble(
        "DrsJobsMissing", project=constant(Project(up=0, jobs=3, answered=2), Project(jobs=3, answered=3))),
    "the last job is deleted": Trouble("DrsJobsMissing", then(gone), constant(Project(up=0, answered=0))),
    "the service's list has no task any more": Trouble(
        "DrsNothingMonitored", then(gone), constant(Project(jobs=0, answered=0))),
    "collectd has ended": Trouble("DrsProjectSilent", then(gone), constant(None)),
}
# What else a trouble brings by and by, rightly.
ALSO = {
    "the destination stays 400 s behind": {"DrsRtoHigh"},
    "it is 900 s behind, but for one poll in ten": {"DrsRtoHigh"},
    "the delay grows by 4 s a minute, with jitter": {"DrsDelayHigh", "DrsRtoHigh"},
    "the copy stalls while data is copied": {"DrsNoProgress"},
    "collectd has ended": {"DrsNoData"},
}


# promtool


class Readiness:
    """bool-ready, which the plugin makes of the polls; near enough: here a slot is a poll."""

    def __init__(self, interval: float) -> None:
        self.window = max(3, round(10 / interval))
        self.end = max(2, round(5 / interval))
        self.slots: list[bool] = []
        self.is_ready = False

    def poll(self, values: Values) -> float | None:
        if values["gauge-status"] != 203:
            self.slots, self.is_ready = [], False
            return 0
        delays = [value for name, value in values.items() if name in ("delay-incremental", "delay-rpo", "delay-rto")]
        self.slots.append(all(delay <= READY_DELAY for delay in delays))
        last = self.slots[-self.window:]
        if self.is_ready:
            self.is_ready = any(self.slots[-self.end:])
        else:
            self.is_ready = last[-1] and len(self.slots) >= self.window and sum(last) >= 0.8 * len(last)
        return float(self.is_ready) if len(self.slots) >= self.window else None


def project_values(project: Project, errors: float) -> Values:
    """The self-metrics; a block that was rejected has bool-up alone."""
    values: Values = {"bool-up": project.up}
    if project.jobs >= 0:
        values |= {"count-jobs": project.jobs, "count-answered": project.answered, "errors-http": errors}
    return values


def samples(
    course: Course, projects: Projects, interval: float, minutes: float
) -> Iterator[dict[tuple[str, str], float]]:
    """The values of each poll by drs and TYPE-INSTANCE."""
    errors, readiness = 0.0, Readiness(interval)
    for poll in range(int(minutes / interval) + 1):
        minute = poll * interval
        project = projects(minute)
        if project is None:
            yield {}
            continue
        errors += project.failing
        values = {} if project.failing else course(minute) or {}
        is_ready = readiness.poll(values) if values else None
        found = {(JOB, name): value for name, value in values.items() if value is not None}
        if is_ready is not None:
            found[JOB, "bool-ready"] = is_ready
        yield found | {(PROJECT, name): value for name, value in project_values(project, errors).items()}


def notation(values: list[float | None]) -> str:
    """promtool's: 5x3 are four values, _x3 are three gaps."""
    parts = []
    for value, run in groupby(values):
        count = len(list(run))
        parts.append(f"_x{count}" if value is None else f"{value:g}" + f"x{count - 1}" * (count > 1))
    return " ".join(parts)


def series_of(polls: list[dict[tuple[str, str], float]], labels: str) -> list[dict[str, str]]:
    names = sorted({name for poll in polls for name in poll})
    found = []
    for drs, name in names:
        kind, _, instance = name.partition("-")
        total = "_total" * (kind == "errors")
        found.append({"series": f'collectd_drs_{kind}{total}{{drs="{drs}",type="{instance}",{labels}}}',
                      "values": notation([poll.get((drs, name)) for poll in polls])})
    return found


INFORMATION = {"DrsReadyForCutover"}
FIRING = 'ALERTS{alertstate="firing"}'
# By the name of an alert, two collectd folded: how often it began, for how many minutes it fired, and from which on.
FOLDED = f"group by (alertname, drs, cluster) ({FIRING})"
FOLDED_BEFORE = f"group by (alertname, drs, cluster) ({FIRING} offset 1m)"
QUESTIONS = {
    "times": f"sum by (alertname) (sum_over_time(({FOLDED} unless {FOLDED_BEFORE})[100h:1m]))",
    "minutes": f"max by (alertname) (count_over_time(({FOLDED})[100h:1m]))",
    "from": f"min by (alertname) (min_over_time(timestamp({FIRING})[100h:1m])) / 60",
}
Answer = dict[str, dict[str, float]]  # by question, by alert


def test_of(name: str, interval: float, minutes: int, series: list[dict[str, str]]) -> dict:
    """One that asks: what it expects is nothing, so promtool says what there is, with the name in front."""
    questions = [f'label_replace(vector(1), "test", "{name}", "", "")', *QUESTIONS.values()]
    return {"interval": f"{round(interval * 60)}s", "input_series": series, "promql_expr_test": [
        {"expr": question, "eval_time": f"{minutes}m", "exp_samples": []} for question in questions]}


def ask(rules: Path, tests: list[dict]) -> dict[str, Answer]:
    """The answers of each test, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "day.yml"
        file.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}))
        done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    answers: dict[str, Answer] = {}
    name = ""
    for expr, got in re.findall(r'expr: "(.*)", time: .*\n\s+exp:.*\n\s+got: (.*)', done.stdout + done.stderr):
        asked = next((key for key, question in QUESTIONS.items() if question == expr.replace('\\"', '"')), None)
        if asked is None:
            [name] = re.findall(r'^\{test="(.*)"\}', got)
            answers[name] = {question: {} for question in QUESTIONS}
        else:
            answers[name][asked] = {alert: float(value) for alert, value in
                                    re.findall(r'\{alertname="(\w+)"\} ([^,\s]+)', got)}
    assert len(answers) == len(tests) or "many-to-many" in done.stderr + done.stdout, done.stdout + done.stderr
    return answers


def day(name: str, rules: Path = RULES) -> Answer:
    """What fires on this variant of the ordinary day."""
    variant, series = VARIANTS[name], []
    for number, cluster in enumerate(variant.clusters):
        polls = list(samples(later(variant.course, 360 * number), a_days_project, variant.interval, DAY))
        for instance in variant.instances:
            series += series_of(polls, f'instance="{instance}"' + f',cluster="{cluster}"' * bool(cluster))
    return ask(rules, [test_of(name, variant.interval, DAY, series)])[name]


def troubles(interval: float = 1, rules: Path = RULES) -> dict[str, Answer]:
    """What fires for each trouble, polled once in so many minutes."""
    tests = []
    for name, trouble in TROUBLES.items():
        polls = list(samples(trouble.course, trouble.project, interval, 60 * trouble.hours))
        tests.append(test_of(name, interval, round(60 * trouble.hours), series_of(polls, 'instance="collectd-0"')))
    return ask(rules, tests)


def row_of_day(name: str, answer: Answer) -> str:
    """Its alerts, and its information."""
    cells = [", ".join(f"`{alert}` {times:g} × ({answer['minutes'][alert]:g} min)"
                       for alert, times in sorted(answer["times"].items())
                       if (alert in INFORMATION) == wanted) or "none"
             for wanted in (False, True)]
    return f"| {name} | {cells[0]} | {cells[1]} |\n"


def minutes_until(trouble: Trouble, answer: Answer) -> str:
    first = answer["from"].get(trouble.alert)
    return "never" if first is None else f"{first - trouble.at:g}"


def row_of_trouble(name: str, minute: Answer, ten: Answer) -> str:
    """Its alert, and the minutes until that fires at an Interval of 60 and of 600 seconds."""
    trouble = TROUBLES[name]
    return f"| {name} | `{trouble.alert}` | {minutes_until(trouble, minute)} | {minutes_until(trouble, ten)} |\n"


def tables(rules: Path) -> str:
    text = "| The ordinary day, in 24 hours | Alerts | Information |\n|---|---|---|\n"
    text += "".join(row_of_day(name, day(name, rules)) for name in VARIANTS)
    text += "\n| Trouble | Alert | Minutes until it fires | At `Interval 600` |\n|---|---|---|---|\n"
    minute, ten = troubles(1, rules), troubles(10, rules)
    return text + "".join(row_of_trouble(name, minute[name], ten[name]) for name in TROUBLES)


if __name__ == "__main__":
    print(tables(Path(sys.argv[1]).resolve() if sys.argv[1:] else RULES))
