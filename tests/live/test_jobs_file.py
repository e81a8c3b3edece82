# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""JobsFile: reread however it changes; invalid lines affect nothing else."""

import os
from pathlib import Path

import pytest
from support.blocks import JOB, OTHER_JOB, kept_fresh, project
from daemons import Collectd
from support.polled_jobs import log_lines, wait_until_watched, watched

BAD_JOB = "00000000-0000-4000-8000-00000000jb99"


@pytest.fixture
def both(cloud):
    """The stand-in with a second job."""
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "7"}
    return cloud


@pytest.fixture
def jobs_file(tmp_path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "jobs"


def with_file(cloud, path: Path, name: str = "prod", *lines: str) -> str:
    return project(name, cloud, f'JobsFile "{path}"', *lines, without=["Job"])


def rename_over(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def truncate_and_write(path: Path, text: str) -> None:
    path.write_text(text)


def swap_link(path: Path, text: str) -> None:
    """As Kubernetes does it: a link to a folder on the way is swapped."""
    folder, data = path.parent, path.parent / "..data"
    fresh = folder / f"version-{len(list(folder.iterdir()))}"
    fresh.mkdir()
    (fresh / path.name).write_text(text)
    link = folder / "..data.new"
    link.symlink_to(fresh)
    link.rename(data)
    if not path.is_symlink():
        path.symlink_to(data / path.name)


WAYS = [rename_over, truncate_and_write, swap_link]


def test_ids_and_names_are_read(both, jobs_file):
    jobs_file.write_bytes(f"# ours\r\n\r\n{JOB}\r\n  {OTHER_JOB}\torders db # big\r\n".encode())
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, JOB, "orders_db")
        assert daemon.reads()[-1]["prod/count-jobs"] == 2
        assert log_lines(daemon) == []


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_a_change_is_seen_without_a_restart(both, jobs_file, change):
    change(jobs_file, f"{JOB} first\n")
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, "first")
        change(jobs_file, f"{JOB} first\n{OTHER_JOB} second\n")
        wait_until_watched(daemon, "first", "second")
        change(jobs_file, f"{OTHER_JOB} renamed\n")
        wait_until_watched(daemon, "renamed")
        assert daemon.reads()[-1]["prod/count-jobs"] == 1
        change(jobs_file, "")
        wait_until_watched(daemon)
        daemon.wait_until(lambda: daemon.reads()[-1]["prod/count-jobs"] == 0, "no job")
        assert daemon.reads()[-1]["prod/bool-up"] == 0
        [line] = log_lines(daemon)
        assert "nothing to monitor" in line


def test_no_read_sees_half_a_file(both, jobs_file):
    """A file that is truncated and then written takes no job away in between."""
    jobs_file.write_text(f"{JOB}\n{OTHER_JOB}\n")
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, JOB, OTHER_JOB)
        for _ in range(5):
            with jobs_file.open("w") as file:
                file.write(f"{JOB}\n{OTHER_JOB[:9]}")
                file.flush()
                with kept_fresh(jobs_file):
                    both.wait_for_requests(len(both.requests) + 1)
                file.write(f"{OTHER_JOB[9:]}\n")
        assert {tuple(request.jobs) for request in both.requests} == {(JOB, OTHER_JOB)}
        # After three seconds of changes it says so.
        assert {line.rpartition(": ")[2] for line in log_lines(daemon)} <= {"is being written", "JobsFile"}


def test_the_state_of_a_job_survives(both, jobs_file):
    """A rejected job stays in quarantine: no batch is rejected for it again."""
    jobs_file.write_text(f"{JOB}\n{BAD_JOB}\n")
    with Collectd(with_file(both, jobs_file)) as daemon:
        daemon.wait_until(lambda: len(log_lines(daemon)) == 1, "the bad job to be found")
        before = len(both.requests)
        rename_over(jobs_file, f"{OTHER_JOB}\n{BAD_JOB} with-a-name\n{JOB}\n")
        wait_until_watched(daemon, JOB, OTHER_JOB)
        assert daemon.reads()[-1]["prod/count-jobs"] == 3
        assert not any(BAD_JOB in request.jobs for request in both.requests[before + 1:])
        assert len(log_lines(daemon)) == 1


def test_an_invalid_line_is_logged_once_and_affects_no_other(both, jobs_file):
    jobs_file.write_text(f"{JOB}\n\n# not an id\na;b\n{OTHER_JOB}\n")
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, JOB, OTHER_JOB)
        daemon.wait_for_reads(5)
        [line] = log_lines(daemon)
        assert f"{jobs_file}: 1 of 3 lines are left out: 1 without a valid id (line 4)" in line
        rename_over(jobs_file, f"{JOB}\na;b\n")
        daemon.wait_until(lambda: len(log_lines(daemon)) == 2, "the other bad line")
        assert f"{jobs_file}: 1 of 2 lines are left out: 1 without a valid id (line 2)" in log_lines(daemon)[1]
        rename_over(jobs_file, f"{JOB}\n")
        daemon.wait_until(lambda: len(log_lines(daemon)) == 3, "the recovery")
        assert log_lines(daemon)[2] == 'project "prod": recovered: JobsFile'


def test_a_file_that_goes_away_keeps_its_jobs(both, jobs_file):
    jobs_file.write_text(f"{JOB}\n")
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, JOB)
        jobs_file.unlink()
        daemon.wait_until(lambda: log_lines(daemon), "the error")
        daemon.wait_for_new_reads(3)
        assert watched(daemon) == {JOB}
        assert daemon.reads()[-1]["prod/bool-up"] == 1
        [line] = log_lines(daemon)
        assert line == (f'project "prod": local: JobsFile: the file of jobs {jobs_file}: '
                        "cannot be opened: No such file or directory")
        jobs_file.write_text(f"{OTHER_JOB}\n")
        wait_until_watched(daemon, OTHER_JOB)
        assert log_lines(daemon)[1:] == ['project "prod": recovered: JobsFile']


def make_nothing(_: Path) -> None:
    pass


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_huge(path: Path) -> None:
    with path.open("w") as file:
        file.truncate(100 << 20)


UNREADABLE = {
    "missing": (make_nothing, "No such file"),
    "folder": (Path.mkdir, "not a regular file"),
    "fifo": (make_fifo, "not a regular file"),
    "link": (make_dead_link, "No such file"),
    "huge": (make_huge, "longer than 1048576 bytes"),
}


def test_an_unreadable_file_is_logged_once_and_affects_no_other_project(both, tmp_path):
    config = project("good", both)
    for name, (make, _) in UNREADABLE.items():
        make(tmp_path / name)
        config += with_file(both, tmp_path / name, name)
    with Collectd(config) as daemon:
        daemon.wait_for_reads(5, JOB)
        lines = log_lines(daemon)
        assert len(lines) == len(UNREADABLE)
        for name, (_, why) in UNREADABLE.items():
            [line] = [line for line in lines if line.startswith(f'project "{name}": local: JobsFile: ')]
            assert f"{tmp_path / name}: " in line and why in line
            reads = daemon.reads(name)
            assert (reads[-1][f"{name}/bool-up"], reads[-1][f"{name}/count-jobs"]) == (0, 0)


def test_a_file_that_comes_late_is_used(both, jobs_file):
    with Collectd(with_file(both, jobs_file)) as daemon:
        daemon.wait_until(lambda: log_lines(daemon), "the error")
        jobs_file.write_text(f"{JOB}\n")
        wait_until_watched(daemon, JOB)
        daemon.wait_until(lambda: len(log_lines(daemon)) == 2, "the recovery")


def test_bytes_of_any_kind_are_bad_lines(both, jobs_file):
    jobs_file.write_bytes(bytes(range(256)) * 10 + f"\n{JOB}\n\0\0\n".encode())
    with Collectd(with_file(both, jobs_file)) as daemon:
        wait_until_watched(daemon, JOB)
        [line] = log_lines(daemon)
        assert "lines are left out: " in line


def test_jobs_of_the_configuration_stay_and_keep_their_names(both, jobs_file):
    jobs_file.write_text(f"{JOB} in-the-file\n{OTHER_JOB} other\n")
    config = project("prod", both, f'JobsFile "{jobs_file}"', f'Job "{JOB}" "configured"')
    with Collectd(config) as daemon:
        wait_until_watched(daemon, "configured", "other")
        rename_over(jobs_file, "")
        wait_until_watched(daemon, "configured")
        assert log_lines(daemon) == []


def test_a_name_of_another_project_is_not_shared(both, jobs_file):
    jobs_file.write_text(f"{JOB} taken\n{OTHER_JOB} free\n")
    config = project("first", both, f'Job "{JOB}" "taken"') + with_file(both, jobs_file)
    with Collectd(config) as daemon:
        daemon.wait_for_reads(3, "taken")
        daemon.wait_for_reads(3, f"taken-{JOB[:8]}")
        daemon.wait_for_reads(3, "free")
        assert daemon.reads("prod")[-1]["prod/count-jobs"] == 2
        [line] = log_lines(daemon)
        assert line == (f'project "prod": local: JobsFile: job {JOB} is polled as "taken-{JOB[:8]}": '
                        f'the name "taken" is that of job {JOB}')


@pytest.mark.parametrize("text, status", [(f"{JOB}\n", 0), (f"{BAD_JOB}\n", 1), (None, 1)])
def test_the_test_run_reads_the_file(both, jobs_file, text, status):
    if text is not None:
        jobs_file.write_text(text)
    result = Collectd(with_file(both, jobs_file)).test_read()
    assert (result.status != 0) == bool(status)
