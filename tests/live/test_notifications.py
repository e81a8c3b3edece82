# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Notifications in real collectd: each change once, and only problems at the start."""

import pytest
from support.blocks import JOB, OTHER_JOB, project
from daemons import Collectd
from standin import BadJob

NAME = "orders-db"
WATCH = f'Job "{JOB}" "{NAME}"'
START = "FULL_TRANSFER_STARTED"

# What the job's item becomes: by the change, the severity, the metric, the text about the job.
CHANGES = {
    "starting": ({"transfer_status": "CREATING"}, "OKAY", "gauge-status",
                 f"went from {START} to CREATING"),
    "running": ({"transfer_status": "INCRE_TRANSFER_STARTED"}, "OKAY", "gauge-status",
                f"went from {START} to INCRE_TRANSFER_STARTED"),
    "paused": ({"transfer_status": "PAUSING"}, "WARNING", "gauge-status",
               f"went from {START} to PAUSING"),
    "changing": ({"transfer_status": "CHANGE_JOB_STARTED"}, "WARNING", "gauge-status",
                 f"went from {START} to CHANGE_JOB_STARTED"),
    "ended": ({"transfer_status": "RELEASE_RESOURCE_COMPLETE"}, "OKAY", "gauge-status",
              f"went from {START} to RELEASE_RESOURCE_COMPLETE"),
    "failed": ({"transfer_status": "FULL_TRANSFER_FAILED", "error_msg": "disk, full"}, "FAILURE",
               "gauge-status", f"went from {START} to FULL_TRANSFER_FAILED: disk, full"),
    "failed in a new way": ({"transfer_status": "TELEPORT_FAILED"}, "FAILURE", "gauge-status",
                            f"went from {START} to TELEPORT_FAILED"),
    "unknown": ({"transfer_status": "TELEPORT_STARTED"}, "WARNING", "gauge-status",
                f"went from {START} to TELEPORT_STARTED"),
    "error": ({"error_code": "DRS.M05004", "error_msg": "it failed"}, "FAILURE", "bool-error",
              "reports an error: DRS.M05004: it failed"),
}


def notified(daemon) -> list[tuple[str, str, str, str]]:
    """Severity, plugin instance, metric and message of each notification so far."""
    notifications = [notification for notification in daemon.notifications() if notification["plugin"] == "drs"]
    assert all(notification["host"] in ("test-host", "db-host") for notification in notifications)
    return [(notification["severity"], notification["plugin_instance"],
             f"{notification['type']}-{notification['type_instance']}", notification["message"])
            for notification in notifications]


def more_reads(daemon) -> None:
    """Wait until three more reads are over: time for a repeated notification."""
    daemon.wait_for_new_reads(4)


def first_notifications(cloud, *lines: str) -> list[tuple[str, str, str, str]]:
    """The notifications of the first cycles of a project."""
    with Collectd(project("prod", cloud, *lines)) as daemon:
        more_reads(daemon)
        return notified(daemon)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_notified_once(cloud, change):
    item, severity, metric, expected = CHANGES[change]
    with Collectd(project("prod", cloud, WATCH)) as daemon:
        more_reads(daemon)
        assert notified(daemon) == []
        cloud.jobs[JOB] = {**cloud.jobs[JOB], **item}
        daemon.wait_until(lambda: notified(daemon), "a notification")
        more_reads(daemon)
        assert notified(daemon) == [(severity, NAME, metric, f"Job {NAME} ({JOB}) {expected}")]


def test_the_end_of_an_error_is_notified(cloud):
    healthy = cloud.jobs[JOB]
    cloud.jobs[JOB] = {**healthy, "error_code": "DRS.M05004"}
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_until(lambda: len(notified(daemon)) == 1, "the error")
        cloud.jobs[JOB] = healthy
        daemon.wait_until(lambda: len(notified(daemon)) == 2, "its end")
        assert notified(daemon)[1] == ("OKAY", JOB, "bool-error", f"Job {JOB}: error cleared")


@pytest.mark.parametrize("how, why", [
    ("omit", ""),
    ("reject", ": job rejected (HTTP 400 DRS.M05003: The task does not exist.)"),
])
def test_a_missing_job_is_notified_once_and_no_other_with_it(cloud, how, why):
    healthy = cloud.jobs[JOB]
    cloud.jobs[OTHER_JOB] = {**healthy, "job_id": OTHER_JOB}
    config = project("prod", cloud, WATCH, f'Job "{OTHER_JOB}"')
    with Collectd(config) as daemon:
        more_reads(daemon)
        cloud.jobs[JOB] = BadJob(how)
        daemon.wait_until(lambda: notified(daemon), "a notification")
        more_reads(daemon)
        assert notified(daemon) == [("WARNING", NAME, "gauge-status",
                                     f"Job {NAME} ({JOB}) is not found any more{why}")]


def test_a_job_that_is_back_is_notified_once(cloud):
    healthy = cloud.jobs.pop(JOB)
    cloud.drs.unknown_job = BadJob("omit")
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_until(lambda: notified(daemon), "a notification")
        cloud.jobs[JOB] = healthy
        daemon.wait_until(lambda: len(notified(daemon)) == 2, "a second notification")
        more_reads(daemon)
        assert notified(daemon) == [
            ("WARNING", JOB, "gauge-status", f"Job {JOB} is not found"),
            ("OKAY", JOB, "gauge-status", f"Job {JOB} is back: {START}")]


def test_an_unreachable_project_is_notified_once_and_its_recovery_too(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        more_reads(daemon)
        fault = cloud.inject("error", code="DRS.M00004")
        daemon.wait_until(lambda: notified(daemon), "a notification")
        more_reads(daemon)
        fault.stop()
        daemon.wait_until(lambda: len(notified(daemon)) == 2, "a second notification")
        more_reads(daemon)
        assert notified(daemon) == [
            ("FAILURE", "prod", "bool-up", "Project prod is unreachable: service error "
                                           "(HTTP 500 DRS.M00004: Internal error.)"),
            ("OKAY", "prod", "bool-up", "Project prod is reachable again")]


def test_a_problem_at_the_start_is_notified_once(cloud):
    cloud.jobs[JOB] |= {"transfer_status": "START_JOB_FAILED", "error_code": "DRS.M1"}
    assert first_notifications(cloud) == [("FAILURE", JOB, "gauge-status", f"Job {JOB} is START_JOB_FAILED: DRS.M1")]


def test_a_job_that_flaps_is_one_warning(cloud):
    with Collectd(project("prod", cloud, WATCH)) as daemon:
        daemon.wait_for_reads(1)
        for status in ("PAUSING", START) * 5:
            cloud.jobs[JOB] = {**cloud.jobs[JOB], "transfer_status": status}
            daemon.wait_for_new_reads(1)
        assert [severity for severity, *_ in notified(daemon)] == ["WARNING", "OKAY"] * 2 + ["WARNING"] * 2
        assert notified(daemon)[-1][3] == f"Job {NAME} ({JOB}) flaps: 6 changes in a short time, now {START}"


def test_a_notification_has_the_host_of_its_metric(cloud):
    cloud.jobs[JOB] |= {"error_code": "DRS.M1"}
    with Collectd(project("prod", cloud, 'Host "db-host"')) as daemon:
        daemon.wait_until(lambda: notified(daemon), "a notification")
        assert {notification["host"] for notification in daemon.notifications()} == {"db-host"}


def test_without_notify_there_is_no_notification(cloud):
    cloud.jobs[JOB] |= {"transfer_status": "START_JOB_FAILED", "error_code": "DRS.M1"}
    assert first_notifications(cloud, "Notify false") == []


def test_a_message_is_cut_and_made_printable(cloud):
    cloud.jobs[JOB] |= {"error_code": "DRS.M1", "error_msg": "a\nb\x1b[31m" + "ü" * 200}
    [(_, _, _, message)] = first_notifications(cloud)
    assert "DRS.M1: a?b?[31mü" in message and message.isprintable()
    assert 250 <= len(message.encode()) <= 255
