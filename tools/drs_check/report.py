# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What is printed of a finished run: text, a list, JSON, or the line of a Nagios plugin."""

from __future__ import annotations

import json
from typing import NamedTuple

from . import printable
from .jobs import Job
from .options import Options
from .results import Project, Results
from .stages import KINDS, NOTHING_TO_MONITOR, advice, kind_of, stages_of, status_of
from .view import table

JOBS_SHOWN = 20
LIST_WIDTH = 80
BAD_STATES = ("failed", "missing")


class Outcome(NamedTuple):
    """Everything that the reports are made of."""

    results: Results
    errors: list[str]  # of the configuration as a whole
    what_to_do: str
    warnings: list[str]
    exit_status: int

    @property
    def bad_jobs(self) -> list[Job]:
        return [job for job in self.results.all_jobs() if job.state in BAD_STATES or job.has_error]


def say(text: str = "") -> None:
    print(printable(text))


# Text


def show_project(project: Project, options: dict[str, str]) -> None:
    """Its section, printed as soon as its cycle is over."""
    say(f'project "{project.name}"')
    for stage in stages_of(project):
        if stage.messages and stage.state == "failed":
            for text in stage.messages:
                say(f"  {stage.name}: FAILED: {text}")
            continue
        say(f"  {stage.name}: {'ok' if stage.state == 'warning' else stage.state}")
        for text in stage.messages:
            say(f"    warning: {text}")
    to_do = [one for one in project.messages if one.is_error or one.kind == "no-jobs"]
    for text in dict.fromkeys(advice(project, one, options) for one in to_do):
        say(f"  to do: {text}")
    if project.jobs:
        say(f"  jobs reported: {project.answered} of {project.jobs}")


def describe(job: Job) -> str:
    """A job in a line."""
    done = f", {job.percent:.0f} %" if job.percent is not None else ""
    late = f", {job.delay:.0f} s behind" if job.delay is not None else ""
    status = "missing" if job.missing else job.status or "status not known"
    reason = f": {job.reason}" if job.reason else ", with an error code" if job.has_error else ""
    named = f"{job.name} ({job.id})" if job.name != job.id else job.id
    return f"{named}: {status}{done}{late}{reason}"


def counted(jobs: list[Job], bad: list[Job]) -> str:
    """ "1 of 45 jobs has failed: orders"."""
    failed = [job for job in bad if job.state == "failed"]
    others = [job for job in bad if job.state != "failed"]
    words = []
    for some, one, more in ((failed, "has failed", "have failed"), (others, "needs attention", "need attention")):
        if some:
            names = ", ".join(job.name for job in some[:3]) + (", ..." if len(some) > 3 else "")
            words.append(f"{len(some)} of {len(jobs)} jobs {one if len(some) == 1 else more}: {names}")
    return "; ".join(words)


def last_line(outcome: Outcome) -> str:
    if outcome.exit_status == NOTHING_TO_MONITOR:
        return "nothing to monitor; exit status 15"
    if outcome.exit_status != 0:
        return f"exit status {outcome.exit_status}; drs-check(8) has the table"
    if outcome.bad_jobs:
        return f"the monitoring works; {counted(list(outcome.results.jobs.values()), outcome.bad_jobs)}"
    return "everything works"


def show_configuration(outcome: Outcome) -> None:
    for text in outcome.errors:
        say(f"configuration: FAILED: {text}")
    for text in outcome.warnings:
        say(f"configuration: warning: {text}")
    if outcome.errors:
        say(f"to do: {outcome.what_to_do}")


def show_rest(outcome: Outcome) -> None:
    """What follows the projects."""
    jobs = [job for job in outcome.results.all_jobs() if job.state]
    if jobs:
        say("jobs")
    for job in jobs[:JOBS_SHOWN]:
        say(f"  {describe(job)}")
    if len(jobs) > JOBS_SHOWN:
        say(f"  and {len(jobs) - JOBS_SHOWN} more; drs-check --list has all")
    say(last_line(outcome))


# List


def failures(outcome: Outcome) -> list[str]:
    """A line for each error."""
    lines = [f"configuration: {text}" for text in outcome.errors]
    for project in outcome.results.projects.values():
        for one in project.errors:
            lines.append(f'project "{project.name}": {KINDS[kind_of(project, one)].stage}: {one.text}')
    return lines


def show_list(outcome: Outcome, width: int) -> None:
    jobs = [job for job in outcome.results.all_jobs() if job.state]
    if jobs:
        for line in table(jobs, width):
            say(line)
    for line in failures(outcome):
        say(line)
    if outcome.exit_status or outcome.bad_jobs or not jobs:
        say(last_line(outcome))


# JSON


def job_as_json(job: Job) -> dict[str, object]:
    """The keys are documented and stay; later ones are added behind them."""
    return {"id": job.id, "name": job.name, "project": job.project, "state": job.state or "unknown",
            "status": job.status or None, "percent": job.percent, "delay": job.delay, "error": job.reason or None,
            "phase": job.phase, "phases": job.phases, "timeleft": job.timeleft, "ready": job.ready,
            "consistent": job.consistent,
            "rpo": job.rpo, "rto": job.rto, "rows_rate": job.rows, "bytes_rate": job.bytes}


def show_json(outcome: Outcome) -> None:
    projects = [{"name": project.name, "endpoint": project.endpoint or None, "exit_status": status_of(project),
                 "jobs": project.jobs, "answered": project.answered,
                 "stages": [stage._asdict() for stage in stages_of(project)]}
                for project in outcome.results.projects.values()]
    report = {"exit_status": outcome.exit_status,
              "configuration": {"errors": outcome.errors, "warnings": outcome.warnings},
              "projects": projects, "jobs": [job_as_json(job) for job in outcome.results.all_jobs()]}
    print(json.dumps(report, indent=2))


# Nagios

OK, WARNING, CRITICAL, UNKNOWN = range(4)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def grade(job: Job, options: Options) -> int:
    """How bad the state of a job is."""
    delay = job.delay or 0
    if job.state in BAD_STATES or job.has_error or delay >= options.critical_delay:
        return CRITICAL
    return WARNING if job.state in ("paused", "unknown", "") or delay >= options.warning_delay else OK


def limit(value: float) -> str:
    """A limit in the performance data; empty: none."""
    return "" if value == float("inf") else f"{value:g}"


def show_nagios(outcome: Outcome, options: Options) -> int:
    """One line with performance data, and the status that it has."""
    jobs = outcome.results.all_jobs()
    grades = [grade(job, options) for job in jobs]
    if outcome.exit_status == NOTHING_TO_MONITOR:
        status, text = WARNING, "nothing to monitor"
    elif outcome.exit_status:
        status, text = UNKNOWN, "; ".join(failures(outcome)) or last_line(outcome)
    else:
        status, text = OK, f"{len(jobs)} jobs"
    bad = max(grades, default=OK)
    if bad > status % UNKNOWN:  # a job that has failed outweighs what could not be looked at
        worst = [describe(job) for job, one in zip(jobs, grades) if one == bad]
        text = f"{len(worst)} of {len(jobs)} jobs: {worst[0]}" + (f"; {text}" if outcome.exit_status else "")
        status = bad
    delays = [job.delay for job in jobs if job.delay is not None]
    data = [f"jobs={len(jobs)}", f"failed={sum(job.state == 'failed' for job in jobs)}"]
    if delays:
        data.append(f"delay={max(delays):g}s;{limit(options.warning_delay)};{limit(options.critical_delay)};0")
    say(f"DRS {WORDS[status]}: {text.replace('|', '/')} | {' '.join(data)}")
    return status
