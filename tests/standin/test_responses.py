# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's responses: as recorded, and each possibility of what no document specifies."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import threading
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from standin import ApiError, BadJob, StandIn, Throttle, rpo_and_rto
from standin.clock import HANG
from standin.drs import ACTIONS
from standin.conftest import HEADERS, JOB, OTHER, PROJECT, ClientResponse, progress, send

LIST = {"cur_page": 0, "per_page": 0, "db_use_type": "migration"}


def listed(cloud: StandIn, **changes: object) -> ClientResponse:
    return send(f"{cloud.endpoint}/v3/{PROJECT}/jobs", body=LIST | changes, headers=HEADERS)


def recovery(cloud: StandIn, *jobs: str) -> ClientResponse:
    """A request for RPO and RTO."""
    return send(f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-rpo-and-rto", body={"jobs": list(jobs)}, headers=HEADERS)


# Progress

def test_a_literal_item_is_sent_unchanged(cloud):
    item = {"job_id": OTHER, "progress": None, "x": [1.5, ""], "progress_map": []}
    cloud.jobs[OTHER] = item
    response = progress(cloud, OTHER, JOB)
    assert response.status == 202
    assert response.json == {"count": 2, "results": [item, cloud.jobs[JOB]]}


@pytest.mark.parametrize("bad, status, expected", [
    (BadJob(), 400, {"error_code": "DRS.M05003", "error_msg": "The task does not exist."}),
    (BadJob(code="DRS.M05004"), 400, {"error_code": "DRS.M05004", "error_msg": "The task has been deleted."}),
    (BadJob(shape="envelope"), 400, {"count": 1}),
    (BadJob(how="omit"), 202, {"count": 1}),
    (BadJob(how="item"), 202, {"count": 2})])
def test_a_bad_id_plays_every_possibility(cloud, bad, status, expected):
    cloud.drs.unknown_job = bad
    response = progress(cloud, JOB, OTHER)
    assert response.status == status
    assert expected.items() <= response.json.items()
    assert cloud.problems() == []


@pytest.mark.parametrize("named, job_id", [(True, OTHER), (False, None)])
def test_an_error_in_the_envelope_may_name_the_id(cloud, named, job_id):
    cloud.jobs[OTHER] = BadJob(shape="envelope", named=named)
    [item] = progress(cloud, JOB, OTHER).json["results"]
    assert (item.get("job_id"), item["error_code"]) == (job_id, "DRS.M05003")


def test_empty_results_limits_order_and_status_are_settings(cloud):
    cloud.drs.unknown_job = BadJob(how="omit")
    assert progress(cloud, "a").json == {"count": 0, "results": []}
    cloud.drs.empty = "reject"
    assert progress(cloud, "a").status == 422
    cloud.drs.most_ids = 2
    assert progress(cloud, JOB, "b", "c").code == "DRS.M00299"
    cloud.drs.too_many = ApiError("APIG.0201", status=494, shape="html")
    assert progress(cloud, JOB, "b", "c").status == 494
    cloud.jobs[OTHER] = {"job_id": OTHER}
    cloud.drs.order, cloud.drs.success_status = "reversed", 200
    response = progress(cloud, JOB, OTHER)
    assert response.status == 200
    assert [item["job_id"] for item in response.json["results"]] == [OTHER, JOB]


# Pace and encoding

@pytest.mark.parametrize("code, status", [("APIG.0308", 429), ("DRS.M01503", 400)])
def test_throttling_rejects_until_the_window_has_passed(cloud, code, status):
    cloud.drs.throttle = Throttle(requests=2, window=0.3, code=code)
    assert [progress(cloud).status for _ in range(3)] == [202, 202, status]
    deadline = time.monotonic() + HANG
    while progress(cloud).status != 202:
        assert time.monotonic() < deadline, "still throttled"


def test_retry_after_is_a_number_or_a_date(cloud):
    cloud.drs.throttle = Throttle(0, 60, retry_after=7)
    assert progress(cloud).headers["Retry-After"] == "7"
    cloud.drs.throttle = Throttle(0, 60, retry_after=7, as_date=True)
    headers = progress(cloud).headers
    until, now = (parsedate_to_datetime(headers[name]) for name in ("Retry-After", "Date"))
    assert 5 <= (until - now).total_seconds() <= 8


def test_requests_in_flight_are_counted(cloud):
    cloud.drs.latency = 0.2
    threads = [threading.Thread(target=progress, args=(cloud,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cloud.drs.journal.most_in_flight == 4


def test_gzip_only_where_it_is_accepted(cloud):
    cloud.drs.gzip = True
    assert "Content-Encoding" not in progress(cloud).headers
    response = progress(cloud, headers={**HEADERS, "Accept-Encoding": "deflate, gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.body))["count"] == 1


def test_a_connection_serves_requests_and_responses_in_chunks(cloud):
    cloud.drs.chunked = True
    client = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=HANG)
    for _ in range(2):
        parts = iter([b'{"jobs":', b'["%s"]}' % JOB.encode()])
        client.request("POST", f"/v3/{PROJECT}/jobs/batch-progress", parts, HEADERS, encode_chunked=False)
        response = client.getresponse()
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert json.loads(response.read())["count"] == 1
    assert {(request.connection, *request.jobs) for request in cloud.requests} == {(1, JOB)}
    client.close()


# The list of tasks

def test_sub_tasks_are_in_their_task_and_may_be_rejected(cloud):
    cloud.jobs.update({job: {"job_id": job, "transfer_status": "CREATING"} for job in ("p", "c-1", "c-2")})
    cloud.drs.children = {"p": ["c-1", "c-2", "gone"]}
    tasks = {task["id"]: task for task in listed(cloud).json["jobs"]}
    assert not {"c-1", "c-2"} & {*tasks}
    assert [child["id"] for child in tasks["p"]["children"]] == ["c-1", "c-2"]
    assert {*tasks["p"]["children"][0]} == {
        "id", "name", "status", "description", "create_time", "engine_type", "net_type", "task_type", "db_use_type",
        "job_direction", "error_msg", "billing_tag", "node_newFramework"}
    assert [one["job_id"] for one in progress(cloud, "p", "c-1").json["results"]] == ["p", "c-1"]
    cloud.drs.child_job = BadJob()
    assert progress(cloud, "p", "c-1").status == 400
    assert progress(cloud, "p").status == 202


def test_the_task_list_is_paged(cloud):
    cloud.jobs.update({f"id-{i}": {"transfer_status": "CREATING"} for i in range(5)})
    cloud.jobs["bad"] = BadJob()
    cloud.drs.use_types[JOB] = "sync"

    def page(number: int, size: int, use_type: str = "migration") -> list[str]:
        document = listed(cloud, cur_page=number, per_page=size, db_use_type=use_type).json
        assert document["total_record"] == (5 if use_type == "migration" else 1)
        return [task["id"] for task in document["jobs"]]

    assert page(2, 2) == ["id-2", "id-3"]
    assert len(page(0, 2)) == 5
    assert page(0, 0, "sync") == [JOB]
    cloud.drs.list_in_pages = True
    assert page(0, 2) == ["id-0", "id-1"]
    assert cloud.problems() == []
    cloud.drs.list_error = ApiError("DRS.M00004")
    assert listed(cloud).status == 500


def test_a_task_is_written_as_recorded(cloud):
    response = listed(cloud)
    assert response.body.startswith(b'{"jobs":[{"id":') and response.body.endswith(b',"total_record":1}')
    [task] = response.json["jobs"]
    assert task["create_time"] == "2026-06-26T17:08:57Z"
    arrays = [value for value in task["job_action"].values() if value]
    assert len(arrays) == 2 and sum(map(len, arrays)) > 30


@pytest.mark.parametrize("by, found", [
    ({}, {JOB, OTHER}), ({"engine_type": "mongodb"}, {OTHER}), ({"net_type": "vpn"}, {OTHER}),
    ({"status": "PAUSING"}, {OTHER}), ({"name": "ord"}, {JOB}), ({"name": f"x,{OTHER}"}, {OTHER}),
    ({"tags": {"team": "db"}}, {JOB}), ({"name": "ord", "status": "PAUSING"}, set()),
    ({"name": "", "status": None, "tags": None}, {JOB, OTHER})])
def test_the_documented_members_narrow_the_list(cloud, by, found):
    cloud.jobs[OTHER] = {"job_id": OTHER, "transfer_status": "PAUSING"}
    cloud.drs.names = {JOB: "orders", OTHER: "mails"}
    cloud.drs.task_fields[OTHER] = {"engine_type": "mongodb", "net_type": "vpn"}
    cloud.drs.tags[JOB] = {"team": "db", "stage": "prod"}
    response = listed(cloud, **by).json
    assert {task["id"] for task in response["jobs"]} == found
    assert response["total_record"] == len(found)
    assert cloud.problems() == []


# RPO and RTO

def test_rpo_and_rto_are_written_as_recorded(cloud):
    cloud.drs.rpo_and_rto[OTHER] = rpo_and_rto(OTHER, rpo=250, rto=None, now=1782494478.0)
    response = recovery(cloud, JOB, OTHER)
    assert (response.status, response.json["count"]) == (202, 2)
    first, second = response.json["results"]
    assert list(first) == ["job_id", "rpo_info", "rto_info"]
    assert list(first["rto_info"]) == ["delay", "time", "gtid_set", "check_point"]
    assert first["rpo_info"]["delay"] == first["rto_info"]["delay"] == "0"
    # In GMT+8, as recorded.
    assert second["rpo_info"] == {"delay": "250", "time": "2026-06-27 01:21:18", "gtid_set": "NA",
                                  "check_point": "mysql-bin-changelog.001732:62558"}
    assert second["rto_info"]["delay"] == "-1"
    assert cloud.problems() == []


def test_rpo_and_rto_know_the_jobs_that_progress_knows(cloud):
    assert recovery(cloud, JOB, OTHER).code == "DRS.M05003"
    assert recovery(cloud, JOB, JOB).code == "DRS.M00301"
    cloud.drs.rpo_and_rto[OTHER] = BadJob(how="item")
    assert recovery(cloud, OTHER).json["results"][0]["error_code"] == "DRS.M05003"
    cloud.drs.rpo_and_rto_error = ApiError("", status=405, shape="html")
    assert (recovery(cloud, JOB).status, progress(cloud, JOB).status) == (405, 202)
    cloud.drs.throttle = Throttle(0, 60)
    assert recovery(cloud, JOB).status == 429


# Permissions

TOP = Path(__file__).resolve().parents[2]
BODIES = {"/batch-progress": {"jobs": [JOB]}, "/batch-rpo-and-rto": {"jobs": [JOB]}, "/batch-detail": {"jobs": [JOB]},
          "/query-compare-result": {"job_id": JOB, "current_page": 1, "per_page": 9}, "": LIST}


@pytest.mark.parametrize("without", sorted({action for actions in ACTIONS.values() for action in actions}))
def test_a_user_may_do_what_his_actions_say(cloud, without):
    cloud.drs.actions = {action for actions in ACTIONS.values() for action in actions} - {without}
    for path, body in BODIES.items():
        response = send(f"{cloud.endpoint}/v3/{PROJECT}/jobs{path}", body=body, headers=HEADERS)
        assert (response.status == 403) == (without in ACTIONS[path])
    assert cloud.problems() == []


def test_the_documented_policy_has_these_actions_and_no_others():
    [policy] = re.findall(r"(?s)```json\n(\{\s*\"Version\".*?)```", (TOP / "docs/credentials.md").read_text())
    [statement] = json.loads(policy)["Statement"]
    assert sorted(statement["Action"]) == sorted(action for actions in ACTIONS.values() for action in actions)
