# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""DiscoverJobs: the service's list, fetched beside the cycles and without an effect on them."""

import json
import re
from contextlib import ExitStack

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import ApiError, BadJob, Migration, StandIn
from support.polled_jobs import log_lines, wait_until_watched, watched

OFTEN = ("DiscoverJobs true", "DiscoverInterval 0.4")
USE_TYPES = ["migration", "sync", "cloudDataGuard"]


def discovering(cloud, *lines: str, name: str = "prod") -> str:
    """A project that finds all its jobs, often unless lines set another interval."""
    return project(name, cloud, *(lines or OFTEN), without=["Job"])


def lists(cloud) -> list[dict]:
    """What the requests for the list wanted."""
    return [json.loads(request.body) for request in cloud.requests
            if request.path.endswith("/jobs")]


def item(job: str, **more: str) -> dict:
    return {"job_id": job, "progress": "7", "transfer_status": "FULL_TRANSFER_STARTED", **more}


def test_the_jobs_of_each_kind_are_found(cloud):
    cloud.jobs[OTHER_JOB] = Migration()
    cloud.drs.use_types[OTHER_JOB] = "sync"
    cloud.drs.names = {JOB: "orders; db", OTHER_JOB: "invoices"}
    with Collectd(discovering(cloud, "DiscoverJobs true")) as daemon:
        wait_until_watched(daemon, "orders__db", "invoices")
        daemon.wait_for_reads(5)
        read = daemon.reads("prod")[-1]
        assert read["prod/bool-up"] == 1
        assert read["prod/count-jobs"] == read["prod/count-answered"] == 2
        assert log_lines(daemon) == []
    assert lists(cloud) == [{"cur_page": 0, "per_page": 100, "db_use_type": kind}
                            for kind in USE_TYPES]
    # The first read had all jobs, and so had each that followed.
    requested = [request.jobs for request in cloud.requests if request.jobs]
    assert {tuple(sorted(jobs)) for jobs in requested} == {tuple(sorted([JOB, OTHER_JOB]))}


def test_jobs_come_and_go_without_a_restart(cloud):
    cloud.drs.names = {JOB: "first", OTHER_JOB: "second"}
    with Collectd(discovering(cloud)) as daemon:
        wait_until_watched(daemon, "first")
        cloud.jobs[OTHER_JOB] = item(OTHER_JOB)
        wait_until_watched(daemon, "first", "second")
        cloud.jobs[JOB] = item(JOB, transfer_status="RELEASE_RESOURCE_COMPLETE")  # it has ended
        wait_until_watched(daemon, "second")
        cloud.drs.names[OTHER_JOB] = "renamed"
        wait_until_watched(daemon, "renamed")
        del cloud.jobs[OTHER_JOB]
        daemon.wait_until(lambda: daemon.reads("prod")[-1]["prod/count-jobs"] == 0, "no job")
        daemon.wait_for_new_reads(2)
        assert daemon.reads("prod")[-1]["prod/bool-up"] == 1
        wait_until_watched(daemon)
        # A job may be deleted between two looks at the list: then its cycle reports so, once.
        assert [line for line in log_lines(daemon) if "DiscoverJobs" in line] == []


def test_the_state_of_a_job_survives(cloud):
    """A rejected job stays in quarantine, however often the list is fetched."""
    cloud.jobs[OTHER_JOB] = BadJob()
    config = project("prod", cloud, *OFTEN, f'Job "{OTHER_JOB}"')
    cloud.drs.names[JOB] = "good"
    with Collectd(config) as daemon:
        wait_until_watched(daemon, "good")
        before, looks = len(cloud.requests), len(lists(cloud))
        daemon.wait_until(lambda: len(lists(cloud)) >= looks + 9, "three more looks")
        assert not any(OTHER_JOB in request.jobs for request in cloud.requests[before + 1:])
        assert len(log_lines(daemon)) == 1


def test_its_requests_are_counted(cloud):
    with Collectd(discovering(cloud)) as daemon:
        daemon.wait_until(lambda: len(lists(cloud)) >= 9, "three looks at the list")
        reads = daemon.wait_for_new_reads(2, "prod")
        counted = reads[-1]["prod/total_requests-progress"]
        assert counted >= 9 + len(reads)
    assert len(cloud.requests) >= counted


def test_a_list_in_pages_is_complete(cloud):
    cloud.drs.list_in_pages = True
    jobs = [f"00000000-0000-4000-8000-00000000j{number:03}" for number in range(250)]
    cloud.jobs.clear()
    cloud.jobs.update({job: item(job) for job in jobs})
    cloud.drs.names = {job: f"job-{job[-3:]}" for job in jobs}
    with Collectd(discovering(cloud, "DiscoverJobs true", "Interval 6")) as daemon:
        wait_until_watched(daemon, *cloud.drs.names.values())
        assert log_lines(daemon) == []
    pages = [wanted["cur_page"] for wanted in lists(cloud) if wanted["db_use_type"] == "migration"]
    assert pages == [0, 1, 2, 3]


def test_configured_jobs_keep_their_names(cloud, tmp_path):
    cloud.jobs[OTHER_JOB] = item(OTHER_JOB)
    cloud.drs.names = {JOB: "listed-1", OTHER_JOB: "listed-2"}
    (tmp_path / "jobs").write_text(f"{OTHER_JOB} of-the-file\n")
    config = project("prod", cloud, *OFTEN, f'Job "{JOB}" "configured"',
                     f'JobsFile "{tmp_path / "jobs"}"')
    with Collectd(config) as daemon:
        wait_until_watched(daemon, "configured", "of-the-file")
        (tmp_path / "jobs").write_text("")
        wait_until_watched(daemon, "configured", "listed-2")
        cloud.jobs[JOB] = item(JOB, transfer_status="DELETED")
        looks = len(lists(cloud))
        daemon.wait_until(lambda: len(lists(cloud)) >= looks + 6, "two more looks")
        assert watched(daemon) == {"configured", "listed-2"}
        assert log_lines(daemon) == []


@pytest.mark.parametrize("code", ["DRS.M00004", "DRS.M00102", "DRS.M01503", "APIG.0201"])
def test_a_rejected_list_keeps_its_jobs(cloud, code):
    cloud.drs.names[JOB] = "first"
    with Collectd(discovering(cloud)) as daemon:
        wait_until_watched(daemon, "first")
        cloud.drs.list_error = ApiError(code)
        daemon.wait_until(lambda: log_lines(daemon), "the error")
        looks = len(lists(cloud))
        cloud.wait_for_requests(looks + 1, where=lambda request: request.path.endswith("/jobs"))
        assert watched(daemon) == {"first"}
        assert daemon.reads("prod")[-1]["prod/bool-up"] == 1
        [line] = log_lines(daemon)
        assert re.match(r'project "prod": (auth|throttled|http|response): DiscoverJobs: the list of '
                        rf'({"|".join(USE_TYPES)}) tasks: ', line)
        assert code in line
        cloud.drs.list_error = None
        daemon.wait_until(lambda: len(log_lines(daemon)) == 2, "the recovery")
        assert log_lines(daemon)[1] == 'project "prod": recovered: DiscoverJobs'


# Of one kind of task: the service's own codes, and what may pass.
REFUSALS = [("DRS.M00102", None), ("DRS.M00202", None), ("APIG.0101", None)]
OUTAGES = [("APIG.0201", None), ("", 404), ("", 403), ("", 400), ("DRS.M00004", None), ("", 502)]


def test_one_kind_of_list_may_be_refused(cloud):
    """Said once, asked for once a day, and the project is up; any other failure is an outage of the list."""
    with ExitStack() as stack:
        config = ""
        for number, (code, status) in enumerate(REFUSALS + OUTAGES):
            other = stack.enter_context(StandIn(PROJECT_ID, TOKEN))
            other.jobs[f"{number}{JOB[1:]}"] = item(f"{number}{JOB[1:]}")
            other.drs.list_errors["cloudDataGuard"] = ApiError(code, status=status, shape="flat" if code else "html")
            config += discovering(other, *OFTEN, name=f"p{number}")
        daemon = stack.enter_context(Collectd(config))
        for number in range(len(REFUSALS + OUTAGES)):
            name, refused = f"p{number}", number < len(REFUSALS)
            reads = daemon.wait_for_reads(6, name)
            line, = lines_of(daemon, name)
            assert "DiscoverJobs: the list of cloudDataGuard tasks" in line
            assert ("is set aside for a day" in line) == refused
            assert {read[f"{name}/bool-up"] for read in reads[1:]} == {float(refused)}, line
            assert {read[f"{name}/count-answered"] for read in reads} == {1}


def test_a_list_that_hangs_holds_up_no_other_job(cloud):
    cloud.inject("black-hole", times=1)
    with Collectd(project("prod", cloud, *OFTEN, f'Job "{JOB}"', "Interval 1")) as daemon:
        daemon.wait_until(lambda: watched(daemon), "values")
        assert daemon.reads("prod")[0]["prod/count-answered"] == 1


def test_the_list_is_signed_like_progress(cloud):
    cloud.keys.add("AK", "a secret")
    cloud.gate.token = None
    config = project("prod", cloud, "DiscoverJobs true", 'AccessKey "AK"',
                     'SecretKey "a secret"', without=["Token", "Job"])
    assert Collectd(config).test_read().status == 0
    assert all("authorization" in request.headers for request in cloud.requests)
    assert len(cloud.requests) == 4


def test_the_test_run_waits_for_the_list(cloud):
    result = Collectd(discovering(cloud, "DiscoverJobs true")).test_read()
    assert result.status == 0
    assert [request.jobs for request in cloud.requests] == [[], [], [], [JOB]]


def test_the_test_run_fails_without_the_list(cloud):
    cloud.drs.list_error = ApiError("DRS.M00102")
    result = Collectd(project("prod", cloud, "DiscoverJobs true", f'Job "{JOB}"')).test_read()
    assert result.status != 0
    assert [line.level for line in result.lines if "DiscoverJobs" in line.text] == ["error"]


CHILDREN = [f"00000000-0000-4000-8000-00000000j{number:03}" for number in range(3)]


@pytest.fixture
def family(cloud):
    """A task with three sub-tasks, and one without."""
    cloud.jobs[JOB] = item(JOB, transfer_status="CHILD_TRANSFER_STARTED")
    cloud.jobs[OTHER_JOB] = item(OTHER_JOB)
    cloud.jobs.update({child: item(child) for child in CHILDREN})
    cloud.jobs[CHILDREN[2]] = item(CHILDREN[2], transfer_status="RELEASE_RESOURCE_COMPLETE")
    cloud.drs.children = {JOB: CHILDREN}
    cloud.drs.names = {JOB: "all", OTHER_JOB: "other", CHILDREN[0]: "eu", CHILDREN[1]: "us"}
    return cloud


def batches(cloud) -> list[list[str]]:
    return [request.jobs for request in cloud.requests if request.path.endswith("/batch-progress")]


def test_sub_tasks_are_jobs_once_one_was_answered(family):
    with Collectd(discovering(family)) as daemon:
        wait_until_watched(daemon, "all", "other", "all-eu", "all-us")
        read = daemon.wait_for_new_reads(2, "prod")[-1]
        assert read["prod/count-jobs"] == read["prod/count-answered"] == 4
        looks = len(lists(family))
        daemon.wait_until(lambda: len(lists(family)) >= looks + 6, "two more looks")
        assert log_lines(daemon) == []
    alone, *others = batches(family)
    assert alone == [CHILDREN[0]]
    assert others and all(sorted(jobs) == sorted([JOB, OTHER_JOB, *CHILDREN[:2]]) for jobs in others)
    assert family.problems() == []


REJECTED = {"batch": BadJob(), "envelope": BadJob("reject", "DRS.M00289", "envelope", named=True),
            "omitted": BadJob("omit"), "item": BadJob("item")}


@pytest.mark.parametrize("bad", REJECTED.values(), ids=REJECTED)
def test_rejected_sub_tasks_are_left_out(family, bad):
    family.drs.child_job = bad
    with Collectd(discovering(family)) as daemon:
        wait_until_watched(daemon, "all", "other")
        daemon.wait_until(lambda: len(lists(family)) >= 12, "four looks")
        for read in daemon.wait_for_new_reads(2, "prod"):
            assert read["prod/count-jobs"] == 2 and read["prod/bool-up"] == 1
        line, = log_lines(daemon)
        assert line.startswith('project "prod": job: DiscoverJobs: the sub-tasks of the lists are set aside for a day')
        assert daemon.notifications() == []
    assert [jobs for jobs in batches(family) if set(jobs) & {*CHILDREN}] == [[CHILDREN[0]]]
    assert family.problems() == []


# Each with its options; after its end no trace of it is left.
FAULTS = [
    ("refused", {}), ("reset-at-accept", {}), ("silent", {}), ("black-hole", {}),
    ("reset-after-request", {}), ("close-after-request", {}), ("reset-in-header", {}),
    ("reset-in-body", {}), ("header-drips", {}), ("header-endless", {}), ("body-stalls", {}),
    ("body-drips", {}), ("body-short", {}), ("chunks-cut", {}), ("chunks-bad", {}),
    ("body-endless", {}), ("not-http", {}), ("raw", {"body": b"[]"}),
    ("raw", {"body": b'{"jobs":{}}'}),
    ("raw", {"body": b'{"total_record":9,"jobs":[]}'}),
    ("error", {}), ("error", {"code": "DRS.M00102"}), ("error", {"code": "APIG.0301"}),
    ("error", {"code": "DRS.M01504"}), ("error", {"code": "APIG.0308"}),
    ("error", {"code": "DRS.M00202", "shape": "envelope"}), ("html", {}),
    ("html", {"status": 502}), ("empty", {}), ("json-cut", {"at": 20}), ("json-deep", {}),
    ("json-wide", {}), ("long-string", {"member": "name"}), ("long-number", {"member": "id"}),
    ("redirect", {"to": "http://127.0.0.1:1"}), ("gzip-bomb", {"size": 64 << 20}),
]
# A list with a job that cannot be requested: it is a list, and the project is up.
BAD_JOBS = [
    ("raw", {"body": b'{"jobs":[{}]}'}), ("value", {"member": "id", "raw": b"[]"}),
    ("value", {"member": "id", "raw": b'"a/../b"'}), ("bad-text", {"member": "id"}),
]


def test_each_fault_is_logged_once_and_ends_with_its_cause():
    with ExitStack() as stack:
        clouds, config = {}, ""
        for number, (fault, options) in enumerate(FAULTS + BAD_JOBS):
            name = f"{number}-{fault}"
            cloud = clouds[name] = stack.enter_context(StandIn(PROJECT_ID, TOKEN))
            cloud.jobs[JOB] = item(JOB)
            cloud.drs.names[JOB] = f"job-{name}"
            cloud.inject(fault, **options)
            config += discovering(cloud, "DiscoverJobs true", "DiscoverInterval 4", "Timeout 10000", "Interval 10",
                                  name=name)
        daemon = stack.enter_context(Collectd(config))
        for number, name in enumerate(clouds):
            daemon.wait_until(lambda name=name: lines_of(daemon, name), f"an error of {name}")
            daemon.wait_for_reads(2, name)
            up = daemon.reads(name)[-1][f"{name}/bool-up"]
            assert up == (number >= len(FAULTS)), name
        for cloud in clouds.values():
            cloud.remove_faults()
        for name in clouds:
            daemon.wait_until(lambda name=name: len(lines_of(daemon, name)) == 2,
                              f"the recovery of {name}")
            daemon.wait_for_reads(1, f"job-{name}")
        for name in clouds:
            first, second = lines_of(daemon, name)
            assert re.match(rf'project "{name}": \w+: DiscoverJobs: the list of ', first)
            assert second == f'project "{name}": recovered: DiscoverJobs'


def lines_of(daemon, name: str) -> list[str]:
    """The lines about the lists of one project, apart from that there may be nothing to monitor."""
    return [line for line in log_lines(daemon) if line.startswith(f'project "{name}": ') and "DiscoverJobs" in line]


@pytest.mark.parametrize("rules, wanted", [
    (['DiscoverSelect "name" "^prod-"'], {"prod-1", "prod-test"}),
    (['DiscoverIgnore "name" "-test$"'], {"prod-1", "dev-1"}),
    (['DiscoverSelect "name" "^prod-"', 'DiscoverIgnore "name" "-test$"'], {"prod-1"}),
    (['DiscoverSelect "name" "-(1|2)$"', 'DiscoverSelect "engine_type" "mysql"'], {"prod-1"}),
    (['DiscoverIgnore "status" "STARTED"'], set()),
])
def test_only_selected_tasks_are_watched(cloud, rules, wanted):
    names = {JOB: "prod-1", OTHER_JOB: "prod-test", "third": "dev-1"}
    cloud.jobs.update({job: item(job) for job in names})
    cloud.drs.names = names
    cloud.drs.task_fields = {JOB: {"engine_type": "mysql"}, "third": {"engine_type": "oracle"}}
    with Collectd(discovering(cloud, *OFTEN, *rules)) as daemon:
        wait_until_watched(daemon, *wanted)
        daemon.wait_for_reads(3, "prod")
        assert watched(daemon) == wanted
        assert daemon.reads("prod")[-1]["prod/bool-up"] == 1


@pytest.mark.parametrize("rule, expected", [
    ('DiscoverSelect "name"', 'DiscoverSelect: expected "FIELD" "REGEX"'),
    ('DiscoverIgnore "name" 7', 'DiscoverIgnore: expected "FIELD" "REGEX"'),
    ('DiscoverSelect "colour" "red"', 'got "colour"'),
    ('DiscoverIgnore "name" "(prod"', 'DiscoverIgnore: expected an extended regular expression, got "(prod"'),
])
def test_an_invalid_rule_is_rejected_in_one_line(cloud, rule, expected):
    with Collectd(discovering(cloud, *OFTEN, rule)) as daemon:
        line, = log_lines(daemon)
        assert expected in line
