# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""No source of jobs that is empty, or cannot be read, is green and silent."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from support.blocks import PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import ApiError, StandIn
from support.polled_jobs import log_lines

ID = "{number:08}-a618-490d-8a46-8c61ac9jb502"
OTHER = "{number:08}-a618-490d-8a46-8c61ac9jb503"
GOOD = f"{ID} p{{number}}-job\n"
HALF = f"{GOOD}not/an-id\n{OTHER} a\x01b\n{ID} again\nnot/either\n"


@dataclass(frozen=True)
class Case:
    """A source that is good, then is not, then is again: what is seen in between."""

    name: str
    break_it: Callable[[StandIn, Path, int], None]
    mend_it: Callable[[StandIn, Path, int], None]
    jobs: float
    up: float
    line: str
    noticed: bool  # a WARNING and an OKAY of count-jobs
    discovers: bool = False


def write(text: str, encoding: str = "utf-8") -> Callable[[StandIn, Path, int], None]:
    """Replace the file as a careful program does."""
    def act(_: StandIn, path: Path, number: int) -> None:
        new = path.with_suffix(".new")
        new.write_bytes(text.format(number=number).encode(encoding))
        new.rename(path)
    return act


def unlink(_: StandIn, path: Path, __: int) -> None:
    path.unlink()


def end_jobs(cloud: StandIn, _: Path, __: int) -> None:
    for job in cloud.jobs.values():
        job["transfer_status"] = "RELEASE_RESOURCE_COMPLETE"


def start_jobs(cloud: StandIn, _: Path, __: int) -> None:
    for job in cloud.jobs.values():
        job["transfer_status"] = "INCRE_TRANSFER_STARTED"


def rename_tasks(name: str) -> Callable[[StandIn, Path, int], None]:
    def act(cloud: StandIn, _: Path, __: int) -> None:
        cloud.drs.names.update(dict.fromkeys(cloud.jobs, name))
    return act


GOOD_AGAIN = write(GOOD)
NOTHING = "nothing to monitor: the file"
STAY = "no line is a job, and the jobs stay as they were"
CASES = [
    Case("empty", write(""), GOOD_AGAIN, 0, 0, NOTHING, True),
    Case("comments only", write("# one\n\n  # two\n"), GOOD_AGAIN, 0, 0, NOTHING, True),
    Case("a mark only", write("\ufeff"), GOOD_AGAIN, 0, 0, NOTHING, True),
    Case("UTF-16", write(f"\ufeff{GOOD}", "utf-16-le"), GOOD_AGAIN, 1, 1, "expected UTF-8, got UTF-16", False),
    Case("UTF-16 without a mark", write(GOOD, "utf-16-be"), GOOD_AGAIN, 1, 1, STAY, False),
    Case("bad lines only", write("a/b\nc;d\n"), GOOD_AGAIN, 1, 1,
         f"{STAY}: 2 without a valid id (the first: line 1)", False),
    Case("half bad", write(HALF), GOOD_AGAIN, 1, 1,
         "4 of 5 lines are left out: 2 without a valid id (the first: line 2), "
         "1 with a control character in the name (line 3), 1 with the id of another line (", False),
    Case("gone", unlink, GOOD_AGAIN, 1, 1, "No such file", False),
    Case("no task", end_jobs, start_jobs, 0, 1, "nothing to monitor: the service's list has no task", True, True),
    Case("no task selected", rename_tasks("other"), rename_tasks("mine"), 0, 1,
         "nothing to monitor: no task of the service's list is selected", True, True),
]


def test_a_source_without_a_job_is_told_once_and_its_end_too(tmp_path):
    with ExitStack() as stack:
        clouds = [open_cloud(stack, number) for number in range(len(CASES))]
        daemon = stack.enter_context(Collectd("".join(
            block(case, number, cloud, tmp_path) for number, (case, cloud) in enumerate(zip(CASES, clouds)))))
        wait_for(daemon, lambda _: (1, 1))
        assert log_lines(daemon) == [] and daemon.notifications() == []
        for number, (case, cloud) in enumerate(zip(CASES, clouds)):
            case.break_it(cloud, tmp_path / f"jobs-{number}", number)
        daemon.wait_until(lambda: len(log_lines(daemon)) >= len(CASES), "a line for each")
        wait_for(daemon, lambda case: (case.jobs, case.up))
        for number, (case, cloud) in enumerate(zip(CASES, clouds)):
            case.mend_it(cloud, tmp_path / f"jobs-{number}", number)
        daemon.wait_until(lambda: len(log_lines(daemon)) >= 2 * len(CASES), "a recovery for each")
        wait_for(daemon, lambda _: (1, 1))
        for number, case in enumerate(CASES):
            first, second = [line for line in log_lines(daemon) if f'"p{number}"' in line]
            assert case.line in first and "recovered: " in second, (case.name, first, second)
            assert notified(daemon, number) == ["WARNING", "OKAY"] * case.noticed, case.name


def test_at_the_start_it_is_told_too(cloud, tmp_path):
    (tmp_path / "jobs").write_text("")
    (tmp_path / "utf-16").write_bytes("\ufeffa\n".encode("utf-16-le"))
    cloud.jobs.clear()
    config = (project("file", cloud, f'JobsFile "{tmp_path / "jobs"}"', without=["Job"])
              + project("unread", cloud, f'JobsFile "{tmp_path / "utf-16"}"', without=["Job"])
              + project("list", cloud, "DiscoverJobs true", without=["Job"]))
    with Collectd(config) as daemon:
        reads = daemon.wait_for_reads(9)
        assert {f"{name}/bool-up": reads[-1].get(f"{name}/bool-up", 0) for name in ("file", "unread")} == {
            "file/bool-up": 0, "unread/bool-up": 0}
        lines = sorted(log_lines(daemon))
        assert len(lines) == 3, lines
        assert lines[0] == f'project "file": no-jobs: nothing to monitor: the file {tmp_path / "jobs"} has no job'
        assert lines[1] == 'project "list": no-jobs: nothing to monitor: the service\'s list has no task'
        assert "got UTF-16" in lines[2]
        assert sorted((note["severity"], note["plugin_instance"]) for note in daemon.notifications()) == [
            ("WARNING", "file"), ("WARNING", "list")]


def test_a_list_that_is_unavailable_from_the_start_is_an_outage(cloud):
    cloud.drs.list_error = ApiError("DRS.M00004")
    with Collectd(project("prod", cloud, "DiscoverJobs true", without=["Job"])) as daemon:
        daemon.wait_until(daemon.notifications, "a notification")
        cloud.drs.list_error = None
        daemon.wait_until(lambda: len(daemon.notifications()) == 2, "its end")
        assert [(note["severity"], note["type_instance"]) for note in daemon.notifications()] == [
            ("FAILURE", "up"), ("OKAY", "up")]


def open_cloud(stack: ExitStack, number: int) -> StandIn:
    cloud = stack.enter_context(StandIn(PROJECT_ID, TOKEN))
    job = ID.format(number=number)
    cloud.jobs[job] = {"job_id": job, "progress": "1", "transfer_status": "INCRE_TRANSFER_STARTED"}
    cloud.drs.names[job] = "mine"
    return cloud


def block(case: Case, number: int, cloud: StandIn, folder: Path) -> str:
    path = folder / f"jobs-{number}"
    GOOD_AGAIN(cloud, path, number)
    lines = [f'JobsFile "{path}"']
    if case.discovers:
        lines = ["DiscoverJobs true", "DiscoverInterval 0.4", 'DiscoverSelect "name" "^mine"', f'Host "h{number}"']
    return project(f"p{number}", cloud, *lines, without=["Job"])


def wait_for(daemon: Collectd, expected: Callable[[Case], tuple[float, float]]) -> None:
    """Until each project has these values of count-jobs and bool-up."""
    def last(number: int, metric: str) -> float:
        series = [samples for name, samples in daemon.series("drs").items()
                  if name.endswith(f"/drs-p{number}/{metric}")]
        return series[0][-1].value if series and series[0] else -1

    daemon.wait_until(lambda: all((last(number, "count-jobs"), last(number, "bool-up")) == expected(case)
                                  for number, case in enumerate(CASES)), "count-jobs and bool-up")


def notified(daemon: Collectd, number: int) -> list[str]:
    """The severities of a project's notifications about count-jobs."""
    notes = [note for note in daemon.notifications() if note["plugin_instance"] == f"p{number}"]
    assert all((note["type"], note["type_instance"]) == ("count", "jobs") for note in notes), notes
    return [note["severity"] for note in notes]
