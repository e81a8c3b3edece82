# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Responses as values in real collectd: each value, its name, its time, and no others."""

import subprocess

import pytest
from support.blocks import JOB, OTHER_JOB, project
from daemons import Collectd, WriteHttp
from daemons.collectd import INTERVAL
from support.examples import METRICS, SELF_METRICS, items, metrics
from standin import BadJob, Migration
from standin.migration import Stage, released
from support.build_module import load
from support.polled_jobs import log_lines


def watch(*jobs: str) -> list[str]:
    """The option Job for each of these ids."""
    return [f'Job "{job}"' for job in jobs]


def first_read(cloud, *lines: str) -> dict[str, float]:
    """All values of the first read of a project with these lines."""
    with Collectd(project("prod", cloud, *lines)) as daemon:
        return daemon.wait_for_reads(1)[0]


def values_of(cloud, item: dict) -> dict[str, float]:
    """The values of a job whose item has these fields, by type and type instance."""
    cloud.jobs[JOB] = {"job_id": JOB, **item}
    read = first_read(cloud, "SelfMetrics false")
    return {name.removeprefix(f"{JOB}/"): value for name, value in read.items()}


@pytest.mark.parametrize("example", METRICS)
def test_each_read_gives_the_values_of_the_example_with_one_time(cloud, example):
    cloud.jobs.update(items(example))
    config = project("prod", cloud, *watch(*items(example)), "SelfMetrics false")
    with Collectd(config) as daemon:
        for read in daemon.wait_for_reads(3):
            assert read == metrics(example)


@pytest.mark.parametrize("percent", ["250", "-5", "100.5", "100.0000001"])
def test_a_percentage_that_is_none_is_said_once(cloud, percent):
    cloud.jobs[JOB] = {"job_id": JOB, "progress": percent, "remaining_time": "0",
                       "progress_map": {"data": {"completed": f"{percent}%"}, "struct": {"completed": "100%"}}}
    with Collectd(project("prod", cloud)) as daemon:
        for read in daemon.wait_for_reads(3):
            assert not {f"{JOB}/percent-total", f"{JOB}/percent-data"} & set(read)
            assert read[f"{JOB}/percent-struct"] == 100 and read["prod/bool-up"] == 1
        line, = log_lines(daemon)
        assert line == (f'project "prod": response: job {JOB}: '
                        f"no percentage is dispatched: expected 0 to 100, got {percent}")


def test_a_phase_that_nobody_can_read_is_known_by_its_position(cloud):
    phases = {"data": {"completed": "1%"}, "..": {"completed": "2%"}, "数据": {"completed": "3%"},
              "": {"completed": "4%"}}
    values = values_of(cloud, {"progress_map": phases})
    assert {name: value for name, value in values.items() if name.startswith("percent-")} == {
        "percent-data": 1, "percent-1": 2, "percent-2": 3, "percent-3": 4}


@pytest.mark.parametrize("example", METRICS)
def test_unixsock_has_the_values_of_the_example(cloud, example):
    cloud.jobs.update(items(example))
    config = project("prod", cloud, *watch(*items(example)), "SelfMetrics false")
    with Collectd(config) as daemon:
        daemon.wait_for_reads(1)
        values = daemon.values()
    expected = {f"test-host/drs-{name}": value for name, value in metrics(example).items()}
    assert values == pytest.approx(expected, rel=1e-6)


def test_a_job_goes_by_its_name_where_it_has_one(cloud):
    cloud.jobs.update(items("example-2"))
    named, plain = items("example-2")
    read = first_read(cloud, f'Job "{named}" "orders-db"', *watch(plain), "SelfMetrics false")
    assert {name.partition("/")[0] for name in read} == {"orders-db", plain}


def test_a_name_is_made_safe_for_a_metric_path(cloud):
    read = first_read(cloud, f'Job "{JOB}" "orders db;x=1/ü"', "SelfMetrics false")
    assert {name.partition("/")[0] for name in read} == {"orders_db_x_1__"}


def test_self_metrics_are_dispatched_with_each_cycle(cloud):
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "1"}
    with Collectd(project("prod", cloud, *watch(JOB, OTHER_JOB))) as daemon:
        reads = daemon.wait_for_reads(3)
    notified = [{name.removeprefix("prod/"): value for name, value in read.items()
                 if name.startswith("prod/")} for read in reads]
    assert {*notified[0]} == {*notified[1]} == SELF_METRICS
    for read in notified:
        assert 0 < read.pop("response_time-read") < INTERVAL
    assert notified[2]["total_requests-progress"] == notified[1]["total_requests-progress"] + 1
    assert notified[2] | {"total_requests-progress": 1} == {
        "bool-up": 1, "count-jobs": 2, "count-answered": 2, "count-running": 1, "count-unknown": 1,
        "count-starting": 0, "count-paused": 0, "count-changing": 0, "count-ended": 0, "count-failed": 0,
        "total_requests-progress": 1,
        "total_requests-token": 0, "errors-auth": 0, "errors-throttled": 0, "errors-http": 0,
        "errors-reply": 0, "errors-skipped": 0}
    assert f"{JOB}/percent-total" in reads[0]


def documents(cloud, *lines: str) -> list[dict]:
    """What write_http sends of the first cycle of a project with these lines."""
    with WriteHttp() as web, Collectd(project("prod", cloud, *lines), web.configuration) as daemon:
        daemon.wait_for_reads(1)
        daemon.flush("write_http")
        daemon.wait_until(lambda: web.documents("drs"), "values in write_http")
        return web.documents("drs")


def test_write_http_gets_interval_and_meta_data(cloud):
    cloud.jobs[JOB] |= {"task_mode": "FULL_TRANS", "error_code": "DRS.M05004", "error_msg": 'it is "gone"',
                        "src_offset": "binlog.001731:544", "node_offset": "binlog.001731:500", "dst_offset": "N/A"}
    found = documents(cloud)
    assert {one["interval"] for one in found} == {INTERVAL}
    status = next(one for one in found if one["type_instance"] == "status")
    assert status["meta"] == {
        "job_id": JOB, "task_mode": "FULL_TRANS", "transfer_status": "FULL_TRANSFER_STARTED",
        "error_code": "DRS.M05004", "error_msg": 'it is "gone"',
        "src_offset": "binlog.001731:544", "node_offset": "binlog.001731:500"}


def test_the_meta_data_of_a_job_is_its_own(cloud):
    jobs = [f"00000000-0000-4000-8000-00000000jb5{number}" for number in range(4)]
    plain = {"task_mode": "FULL_TRANS", "transfer_status": "FULL_TRANSFER_STARTED"}
    cloud.jobs.update({job: {"job_id": job, **plain} for job in jobs})
    cloud.jobs[jobs[1]] |= {"error_code": "DRS.M05004", "error_msg": "it is\ngone", "src_offset": "a:1"}
    cloud.jobs[jobs[2]] |= {"transfer_status": "PAUSING", "src_offset": "b:2"}
    del cloud.jobs[jobs[3]]["task_mode"]
    found = {one["plugin_instance"]: one for one in documents(cloud, *watch(*jobs))
             if one["type_instance"] == "status"}
    assert [found[job]["meta"] for job in jobs] == [
        {"job_id": jobs[0], **plain},
        {"job_id": jobs[1], **plain, "error_code": "DRS.M05004", "error_msg": "it is?gone", "src_offset": "a:1"},
        {"job_id": jobs[2], **plain, "transfer_status": "PAUSING", "src_offset": "b:2"},
        {"job_id": jobs[3], "transfer_status": "FULL_TRANSFER_STARTED"}]
    assert [found[job]["values"] for job in jobs] == [[201], [201], [301], [201]]


def test_projects_have_intervals_and_hosts_of_their_own(cloud):
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "1"}
    config = (project("fast", cloud, "Interval 0.1", 'Host "db-host"')
              + project("usual", cloud, *watch(OTHER_JOB), without=["Interval"]))
    with WriteHttp() as web, Collectd(config, web.configuration, interval=0.5) as daemon:
        daemon.wait_for_reads(2, "usual")
        daemon.flush("write_http")
        daemon.wait_until(lambda: len({one["host"] for one in web.documents("drs")}) == 2,
                          "values of both hosts in write_http")
        documents = web.documents("drs")
        reads = {name: len(daemon.reads(name)) for name in ("fast", "usual")}
    assert {(one["host"], one["plugin_instance"], one["interval"]) for one in documents} == {
        ("db-host", "fast", 0.1), ("db-host", JOB, 0.1),
        ("test-host", "usual", 0.5), ("test-host", OTHER_JOB, 0.5)}
    assert reads["fast"] > reads["usual"]


def test_a_delay_that_cannot_be_true_is_left_out_and_logged_once(cloud):
    for job in (JOB, OTHER_JOB):
        cloud.jobs[job] = {"job_id": job, "incre_trans_delay": "1709000000", "progress": "7"}
    with Collectd(project("prod", cloud, *watch(JOB, OTHER_JOB))) as daemon:
        reads = daemon.wait_for_reads(3)
        log = [line for line in daemon.log_text().splitlines() if "no delay is dispatched" in line]
    assert not any("delay-incremental" in name for read in reads for name in read)
    assert len(log) == 1 and 'project "prod": response: job ' in log[0] and "got 1709000000" in log[0]


def test_a_delay_is_dispatched_where_only_the_coarser_one_cannot_be_true(cloud):
    cloud.jobs[JOB] = {"job_id": JOB, "incre_trans_delay": "1709000000", "incre_trans_delay_millis": "500"}
    with Collectd(project("prod", cloud)) as daemon:
        assert {read[f"{JOB}/delay-incremental"] for read in daemon.wait_for_reads(3)} == {0.5}
        assert log_lines(daemon) == []


def test_the_time_left_of_a_full_copy_is_estimated(cloud):
    cloud.jobs[JOB] = Migration([Stage("FULL_TRANSFER_STARTED", 30, phase="data"), *released()])
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_until(lambda: any(f"{JOB}/timeleft-estimated" in read for read in daemon.reads()), "an estimate")
        reads = [read for read in daemon.reads() if f"{JOB}/percent-total" in read]
    first = next(read for read in reads if f"{JOB}/timeleft-estimated" in read)
    steps = {read[f"{JOB}/percent-total"] for read in reads[:reads.index(first) + 1]}
    assert len(steps) >= 4  # the first percentage, and three steps
    assert 0 < first[f"{JOB}/timeleft-estimated"] < 60


def test_a_missing_job_has_no_value(cloud):
    cloud.drs.unknown_job = BadJob("omit")
    read = first_read(cloud, *watch(JOB, OTHER_JOB))
    assert {name.partition("/")[0] for name in read} == {"prod", JOB}
    assert (read["prod/bool-up"], read["prod/count-jobs"], read["prod/count-answered"]) == (0, 2, 1)


def test_an_old_value_is_never_dispatched_again(cloud):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(1)
        cloud.drs.unknown_job = BadJob("omit")
        del cloud.jobs[JOB]
        daemon.wait_until(lambda: [read["prod/bool-up"] for read in daemon.reads()][-2:] == [0, 0],
                          "two cycles without a response")
        assert {name.partition("/")[0] for name in daemon.reads()[-1]} == {"prod"}


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
@pytest.mark.parametrize("status", [200, 202])
def test_order_and_status_of_the_response_do_not_matter(cloud, order, status):
    cloud.drs.order, cloud.drs.success_status = order, status
    jobs = [f"00000000-0000-4000-8000-00000{number:03}jb50" for number in range(100)]
    cloud.jobs.update({job: {"job_id": job, "progress": str(number)}
                       for number, job in enumerate(jobs)})
    read = first_read(cloud, *watch(*jobs), "SelfMetrics false")
    assert [read[f"{job}/percent-total"] for job in jobs] == [*range(100)]


@pytest.mark.parametrize("item, expected", [
    pytest.param({}, {"bool-error": 0}, id="an id alone"),
    pytest.param({"progress": None, "incre_trans_delay": "", "remaining_time": "soon",
                  "task_mode": "NEW_TRANS", "transfer_status": None, "process_time": None,
                  "progress_map": None, "error_code": None}, {"bool-error": 0},
                 id="nothing of use"),
    pytest.param({"progress": 12.5, "incre_trans_delay": 3, "remaining_time": 60,
                  "process_time": 1608274919000,
                  "progress_map": {"data": {"completed": 94, "remaining_time": 30}}},
                 {"percent-total": 12.5, "delay-incremental": 3, "timeleft-total": 60,
                  "gauge-process_time": 1608274919, "percent-data": 94, "timeleft-data": 30,
                  "bool-error": 0}, id="numbers for strings"),
    pytest.param({"progress_map": [{"completed": "94%", "remaining_time": "7"},
                                   {"completed": "100%", "remaining_time": None}]},
                 {"percent-0": 94, "timeleft-0": 7, "percent-1": 100, "bool-error": 0},
                 id="phases in an array"),
    pytest.param({"incre_trans_delay": "3", "incre_trans_delay_millis": "2718"},
                 {"delay-incremental": 2.718, "bool-error": 0}, id="delay in milliseconds"),
    pytest.param({"incre_trans_delay": "3", "incre_trans_delay_millis": "-1"},
                 {"delay-incremental": 3, "bool-error": 0}, id="no delay in milliseconds"),
    pytest.param({"incre_trans_delay": "1000000", "transfer_status": "PAUSING"},
                 {"delay-incremental": 1000000, "gauge-status": 301, "bool-ready": 0, "bool-error": 0},
                 id="the longest delay"),
    pytest.param({"incre_trans_delay": "0", "transfer_status": "PAUSING"},
                 {"gauge-status": 301, "bool-ready": 0, "bool-error": 0}, id="no delay while paused"),
    pytest.param({"incre_trans_delay_millis": "0", "transfer_status": "INCRE_TRANSFER_FAILED"},
                 {"gauge-status": 604, "bool-ready": 0, "bool-error": 1}, id="no delay of what has failed"),
    pytest.param({"progress_map": {"estimated": {"completed": "5%", "remaining_time": "7"}}}, {"bool-error": 0},
                 id="a phase of the name that is ours"),
    pytest.param({"incre_trans_delay": "-1", "remaining_time": "-1"}, {"bool-error": 0},
                 id="negative times"),
    pytest.param({"progress": "99", "remaining_time": "0",
                  "progress_map": {"data": {"completed": "0%", "remaining_time": "0"}}},
                 {"percent-total": 99, "percent-data": 0, "bool-error": 0}, id="time left not known"),
    pytest.param({"progress": "100", "remaining_time": "0",
                  "progress_map": {"data": {"completed": "100%", "remaining_time": "0"}}},
                 {"percent-total": 100, "timeleft-total": 0, "percent-data": 100, "timeleft-data": 0,
                  "bool-error": 0}, id="no time left"),
    pytest.param({"remaining_time": "0"}, {"timeleft-total": 0, "bool-error": 0}, id="no time left of what"),
    pytest.param({"src_offset": "mysql-bin.001731:544", "dst_offset": "mysql-bin.000099:4"},
                 {"gauge-log_files_behind": 1632, "bool-error": 0}, id="log files behind"),
    pytest.param({"src_offset": "mysql-bin.001731:544", "dst_offset": "binlog.001730:4"},
                 {"bool-error": 0}, id="logs of two names"),
    pytest.param({"apply_rows_rate": 1250, "apply_bytes_rate": 0.5},
                 {"gauge-apply_rows_rate": 1250, "gauge-apply_bytes_rate": 0.5, "bool-error": 0}, id="rates"),
    pytest.param({"apply_rows_rate": -1, "apply_bytes_rate": 0},
                 {"gauge-apply_bytes_rate": 0, "bool-error": 0}, id="no rate and a rate of nothing"),
    pytest.param({"progress": "0", "incre_trans_delay": "-1", "incre_trans_delay_millis": "-1",
                  "task_mode": "FULL_INCR_TRANS", "transfer_status": "FULL_TRANSFER_STARTED",
                  "process_time": "null", "remaining_time": "0",
                  "progress_map": {phase: {"completed": "0%", "remaining_time": None}
                                   for phase in ("struct", "data", "index")},
                  "apply_rows_rate": -1, "apply_bytes_rate": -1, "src_offset": "mysql-bin-changelog.001731:544",
                  "node_offset": "mysql-bin-changelog.001731:544", "dst_offset": "N/A"},
                 {"percent-total": 0, "percent-struct": 0, "percent-data": 0, "percent-index": 0,
                  "gauge-task_mode": 3, "gauge-status": 201, "bool-ready": 0, "bool-error": 0}, id="as recorded"),
    pytest.param({"task_mode": "FULL_TRANS", "transfer_status": "CREATING"},
                 {"gauge-task_mode": 1, "gauge-status": 101, "bool-error": 0}, id="starting"),
    pytest.param({"task_mode": "INCR_TRANS", "transfer_status": "PAUSEING"},
                 {"gauge-task_mode": 2, "gauge-status": 301, "bool-ready": 0, "bool-error": 0}, id="paused"),
    pytest.param({"transfer_status": "RELEASE_RESOURCE_STARTED"},
                 {"gauge-status": 401, "bool-ready": 0, "bool-error": 0}, id="changing"),
    pytest.param({"transfer_status": "RELEASE_RESOURCE_COMPLETE"},
                 {"gauge-status": 501, "bool-ready": 0, "bool-error": 0}, id="ended"),
    pytest.param({"transfer_status": "CREATE_FAILED"},
                 {"gauge-status": 601, "bool-ready": 0, "bool-error": 1}, id="failed"),
    pytest.param({"transfer_status": "TELEPORT_FAILED"},
                 {"gauge-status": 600, "bool-ready": 0, "bool-error": 1}, id="failed in a new way"),
    pytest.param({"transfer_status": "TELEPORT_STARTED"},
                 {"gauge-status": 0, "bool-ready": 0, "bool-error": 0}, id="unknown status"),
    pytest.param({"progress": "50", "error_code": "DRS.M05004"},
                 {"percent-total": 50, "bool-error": 1}, id="error code"),
    pytest.param({"progress": "50", "surprise": {"progress": [1, {"job_id": "x"}]}},
                 {"percent-total": 50, "bool-error": 0}, id="unknown field"),
])
def test_each_field_becomes_a_value(cloud, item, expected):
    assert values_of(cloud, item) == expected


def test_another_plugins_locale_has_no_decimal_comma_for_us(cloud, tmp_path):
    cloud.jobs[JOB] |= {"progress": "99.5", "incre_trans_delay_millis": 1500.5}
    subprocess.run(["localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE"], check=True)
    with Collectd(project("prod", cloud), load("set_locale", tmp_path), variables={"LOCPATH": str(tmp_path)}) as daemon:
        daemon.wait_until(lambda: f"test-host/drs-{JOB}/delay-incremental" in daemon.names(), "the delay")
        for name, value in {"percent-total": "value=9,950000e+01", "delay-incremental": "value=1,500500e+00"}.items():
            assert daemon.unixsock(f'GETVAL "test-host/drs-{JOB}/{name}"') == [value]
