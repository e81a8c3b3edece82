# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Notification plugins that block, and storms of notifications: no project and no stop waits."""

import pytest
from support.blocks import JOB, OTHER_JOB, project
from daemons import Collectd, proc_of_threads
from standin import BadJob
from support.build_module import load

PER_CYCLE = 32
QUEUE = 256


@pytest.fixture
def hold(tmp_path):
    """The file that holds notifications while it is there."""
    path = tmp_path / "hold"
    path.touch()
    return path


@pytest.fixture
def holding(tmp_path, hold):
    """What Collectd takes for a notification plugin that blocks."""
    return {"stock": load("hold_notifications", tmp_path), "variables": {"HOLD_NOTIFICATIONS": str(hold)}}


def many(count: int) -> list[str]:
    """Options for so many jobs."""
    return [f'Job "00000000-0000-4000-8000-{number:08}jb50"' for number in range(count)]


def notified(daemon: Collectd) -> list[dict[str, str]]:
    return [notification for notification in daemon.notifications() if notification["plugin"] == "drs"]


def test_a_notification_plugin_that_blocks_holds_no_project_and_no_stop(cloud, holding):
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "1"}
    config = project("failing", cloud) + project("healthy", cloud, f'Job "{OTHER_JOB}"')
    with Collectd(config, **holding) as daemon:
        daemon.wait_for_reads(1, "healthy")
        cloud.jobs[JOB] |= {"error_code": "DRS.M05004"}
        daemon.wait_until(lambda: notified(daemon), "the notification that is held")
        daemon.wait_for_new_reads(5, "healthy")
        daemon.wait_for_new_reads(5, "failing")
        daemon.stop()


def test_the_thread_starts_with_the_first_notification(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(2, "prod")
        assert "drs notify\n" not in proc_of_threads(daemon.process.pid, "comm")
        cloud.jobs[JOB] |= {"error_code": "DRS.M05004"}
        daemon.wait_until(lambda: notified(daemon), "the notification")
        assert "drs notify\n" in proc_of_threads(daemon.process.pid, "comm")


def test_a_change_of_many_jobs_is_summed_up(cloud):
    cloud.drs.unknown_job = BadJob("omit")
    with Collectd(project("prod", cloud, *many(1000), f'Job "{JOB}"')) as daemon:
        daemon.wait_until(lambda: len(notified(daemon)) > PER_CYCLE, "the sum")
        daemon.wait_for_new_reads(3, "prod")
        notifications = notified(daemon)
    assert len(notifications) == PER_CYCLE + 1
    assert notifications[-1] | {"time": ""} == notifications[-1] | {
        "time": "", "severity": "WARNING", "plugin_instance": "prod", "type": "gauge", "type_instance": "status",
        "message": f"Project prod: {1000 - PER_CYCLE} more jobs are not found"}


def test_dropped_notifications_are_counted_and_logged_once(cloud, hold, holding):
    cloud.drs.unknown_job = BadJob("omit")
    projects = 2 * QUEUE // PER_CYCLE
    config = "".join(project(f"p{number}", cloud, f'Host "host-{number}"', f'Job "{JOB}"', *many(PER_CYCLE))
                     for number in range(projects))
    with Collectd(config, **holding) as daemon:
        def lines(level: str, expected: str) -> list[str]:
            return [line.text for line in daemon.lines("drs plugin: ")
                    if line.level == level and expected in line.text]

        for number in range(projects):
            daemon.wait_for_reads(2, f"p{number}")
        assert lines("warning", "notifications") == [
            "drs plugin: local: notifications are dropped: collectd's notification plugins do not keep up"]
        hold.unlink()
        daemon.wait_until(lambda: len(notified(daemon)) >= QUEUE, "those that waited")
        cloud.jobs[JOB] |= {"error_code": "DRS.M05004"}
        daemon.wait_until(lambda: lines("info", "recovered: notifications"), "the recovery")
        [line] = lines("info", "recovered: notifications")
    dropped = int(line.split("; ")[1].split()[0])
    assert projects * PER_CYCLE - QUEUE - 1 <= dropped <= projects * PER_CYCLE
