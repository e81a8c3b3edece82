# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Details: since when a job runs, its own limits, why it failed, and nothing else of the response."""

import pytest
from support.blocks import JOB, OTHER_JOB, project
from daemons import Collectd, WriteHttp
from standin import ApiError, BadJob, Migration, Stage
from standin.details import SECRET, written
from support.polled_jobs import log_lines

OPTIONS = (f'Job "{JOB}" "orders"', f'Job "{OTHER_JOB}"', "Details true")
METRICS = {"gauge-started", "gauge-full_transfer_completed", "delay-threshold", "delay-rpo_threshold",
           "delay-rto_threshold"}


@pytest.fixture
def two(cloud):
    """A stand-in with two jobs: one that replays changes, and one that is literal."""
    cloud.jobs[JOB] = Migration([Stage("FULL_TRANSFER_STARTED", 0.01, phase="data"),
                                 Stage("INCRE_TRANSFER_STARTED", incremental=True)])
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "1", "transfer_status": "FULL_TRANSFER_STARTED"}
    return cloud


def requests(cloud) -> list:
    return [request for request in cloud.requests if request.path.endswith("/batch-detail")]


def test_details_are_values_of_each_cycle(two):
    two.drs.details[OTHER_JOB] = {"alarm_notify": {"delay_time": 0, "rpo_delay": 7}}
    with Collectd(project("prod", two, *OPTIONS)) as daemon:
        reads = daemon.wait_for_reads(4)
        assert log_lines(daemon) == []
    for read in reads:
        assert METRICS == {name.removeprefix("orders/") for name in read if name.removeprefix("orders/") in METRICS}
        assert (read["orders/delay-threshold"], read["orders/delay-rpo_threshold"],
                read["orders/delay-rto_threshold"]) == (300, 120, 180)
        assert read["orders/gauge-full_transfer_completed"] >= read["orders/gauge-started"] > 1e9
        assert read[f"{OTHER_JOB}/delay-rpo_threshold"] == 7
        assert not {f"{OTHER_JOB}/{name}" for name in METRICS - {"delay-rpo_threshold"}} & {*read}
    assert [request.jobs for request in requests(two)] == [[JOB, OTHER_JOB]]
    assert two.problems() == []


def test_they_are_off_by_default(two):
    with Collectd(project("prod", two)) as daemon:
        daemon.wait_for_reads(3)
    assert requests(two) == []


def test_the_reason_of_a_failure_is_in_its_notification_and_meta_data(two):
    with WriteHttp() as web, Collectd(project("prod", two, *OPTIONS), web.configuration) as daemon:
        daemon.wait_for_reads(2)
        two.drs.details[OTHER_JOB] = {"failed_reason": "the disk of the destination is full"}
        two.jobs[OTHER_JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED", "error_msg": "it failed"}
        daemon.wait_until(daemon.notifications, "the failure")
        daemon.wait_for_new_reads(3)
        messages = [one["message"] for one in daemon.notifications()]
        daemon.flush("write_http")
        daemon.wait_until(lambda: any(one["meta"].get("failed_reason") for one in web.documents("drs")
                                      if one["type_instance"] == "status"), "meta data with the reason")
    assert messages == [f"Job {OTHER_JOB} went from FULL_TRANSFER_STARTED to FULL_TRANSFER_FAILED: "
                        "the disk of the destination is full"]
    assert [request.jobs for request in requests(two)] == [[JOB, OTHER_JOB], [OTHER_JOB]]


def test_a_failure_goes_without_a_reason_that_cannot_be_had(two):
    two.drs.details_error = ApiError("DRS.M00102")
    with Collectd(project("prod", two, *OPTIONS)) as daemon:
        daemon.wait_for_reads(2)
        two.jobs[OTHER_JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED", "error_msg": "it failed"}
        daemon.wait_until(daemon.notifications, "the failure")
        assert [one["message"] for one in daemon.notifications()] == [
            f"Job {OTHER_JOB} went from FULL_TRANSFER_STARTED to FULL_TRANSFER_FAILED: it failed"]
        line, = log_lines(daemon)
        assert "Details: " in line
    assert len(requests(two)) == 1


def test_a_bad_job_costs_the_others_nothing(two):
    two.drs.details[OTHER_JOB] = BadJob()
    with Collectd(project("prod", two, *OPTIONS)) as daemon:
        read = daemon.wait_for_reads(3)[-1]
    assert read["orders/delay-threshold"] == 300
    assert read["prod/bool-up"] == 1


def test_no_secret_of_the_response_is_seen_anywhere(two):
    two.jobs[OTHER_JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED"}
    two.drs.details[OTHER_JOB] = {"id": OTHER_JOB, SECRET: [{SECRET: SECRET}]}
    with WriteHttp() as web, Collectd(project("prod", two, *OPTIONS), web.configuration,
                                      log_level="debug") as daemon:
        daemon.wait_for_reads(3)
        daemon.flush("write_http")
        daemon.wait_until(lambda: web.documents("drs"), "values in write_http")
        seen = [daemon.log_text(), daemon.notifications(), daemon.reads(), web.documents("drs")]
    assert SECRET in str(written(OTHER_JOB, None, 0, two.drs.details[OTHER_JOB]))  # what the stand-in has sent
    assert SECRET not in str(seen)
