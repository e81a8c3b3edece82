# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's DRS: its responses, how strict it is, and each of its unknowns."""

import gzip
import http.client
import json
import threading
import time
from email.utils import parsedate_to_datetime

import pytest

from standin import BadJob, ApiError, StandIn, Throttle, rpo_and_rto, strict_json
from standin.clock import HANG
from standin.conftest import HEADERS, JOB, OTHER, PROJECT, TOKEN, ClientResponse, send, progress


def test_a_literal_item_is_sent_unchanged(cloud):
    item = {"job_id": OTHER, "progress": None, "x": [1.5, ""], "progress_map": []}
    cloud.jobs[OTHER] = item
    response = progress(cloud, OTHER, JOB)
    assert response.status == 202
    assert response.json == {"count": 2, "results": [item, cloud.jobs[JOB]]}
    assert cloud.problems() == []


def test_the_journal_records_each_request(cloud):
    progress(cloud, JOB)
    [request] = cloud.wait_for_requests(1)
    assert (request.method, request.status, request.jobs) == ("POST", 202, [JOB])
    assert request.path == f"/v3/{PROJECT}/jobs/batch-progress"
    assert request.headers["x-auth-token"] == TOKEN
    assert json.loads(request.as_json())["body"] == json.dumps({"jobs": [JOB]})


def test_a_failed_wait_reports_the_requests(cloud):
    progress(cloud, JOB)
    with pytest.raises(AssertionError, match="1 of 2 requests within 0.05 s.*\n.*-> 202"):
        cloud.wait_for_requests(2, timeout=0.05)


def test_waiting_ends_when_the_request_comes(cloud):
    timer = threading.Timer(0.1, progress, (cloud, JOB))
    timer.start()
    assert len(cloud.wait_for_requests(1)) == 1
    timer.join()


BODIES = {
    "empty": b"",
    "not json": b"{jobs}",
    "trailing": b'{"jobs":["a"]}x',
    "no jobs": b'{"more":1}',
    "repeated member": b'{"jobs":["a"],"jobs":["b"]}',
    "no list": b'{"jobs":"a"}',
    "empty list": b'{"jobs":[]}',
    "empty id": b'{"jobs":[""]}',
    "number": b'{"jobs":[1]}',
    "null": b'{"jobs":[null]}',
    "a list": b'["a"]',
    "latin-1": b'{"jobs":["\xe4"]}',
    "byte order mark": b'\xef\xbb\xbf{"jobs":["a"]}',
    "half a surrogate": rb'{"jobs":["\ud800"]}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_wrong_body_is_rejected_and_recorded(cloud, body):
    response = progress(cloud, body=body)
    assert response.status == 400
    assert response.code in ("DRS.M00201", "DRS.M00202")
    assert len(cloud.requests[0].problems) == 1


def test_extensions_of_json_are_rejected():
    for text in (b"[NaN]", b"[-Infinity]", b'{"a":1,"a":1}', rb'["\udc00"]'):
        with pytest.raises(ValueError):
            strict_json.decode(text)


def test_duplicates_have_their_own_code(cloud):
    response = progress(cloud, JOB, JOB)
    assert (response.status, response.code) == (400, "DRS.M00301")
    assert cloud.requests[0].problems == ["an id twice"]


WRONG_HEADERS = {
    "no type": ({"X-Auth-Token": TOKEN}, 400, "DRS.M00202"),
    "type": ({**HEADERS, "Content-Type": "text/json"}, 400, "DRS.M00202"),
    "charset": ({**HEADERS, "Content-Type": "application/json; charset=x"}, 400, "DRS.M00202"),
    "language": ({**HEADERS, "X-Language": "de-de"}, 400, "DRS.M00202"),
    "no token": ({"Content-Type": "application/json"}, 401, "APIG.0301"),
    "empty token": ({**HEADERS, "X-Auth-Token": ""}, 401, "APIG.0301"),
    "token": ({**HEADERS, "X-Auth-Token": "wrong"}, 403, "DRS.M00100"),
    "both": ({**HEADERS, "Authorization": "SDK-HMAC-SHA256 Access=a"}, 401, "APIG.0301"),
}


@pytest.mark.parametrize("headers, status, code", WRONG_HEADERS.values(), ids=WRONG_HEADERS.keys())
def test_a_wrong_header_is_rejected_and_recorded(cloud, headers, status, code):
    response = progress(cloud, headers=headers)
    assert (response.status, response.code) == (status, code)
    assert len(cloud.requests[0].problems) == 1


@pytest.mark.parametrize("language", ["en-us", "zh-cn"])
def test_both_languages_are_accepted(cloud, language):
    assert progress(cloud, headers={**HEADERS, "X-Language": language}).status == 202
    assert cloud.problems() == []


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", f"/v3/{PROJECT}/jobs/batch-progress", 404),
        ("POST", f"/v3/{PROJECT}/jobs/batch-progress/", 404),
        ("POST", f"/v3/{PROJECT}/jobs/batch-progress?a=b", 404),
        ("POST", f"/x/v3/{PROJECT}/jobs/batch-progress", 404),
        ("POST", "/v3//jobs/batch-progress", 404),
        ("POST", "/v3/0123/jobs/batch-progress", 403),
    ],
)
def test_a_wrong_path_is_rejected_and_recorded(cloud, method, path, status):
    response = send(cloud.endpoint + path, method, {"jobs": [JOB]}, HEADERS)
    assert response.status == status
    assert len(cloud.requests[0].problems) == 1


def test_a_prefix_is_required():
    with StandIn(PROJECT, TOKEN, prefix="/drs") as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        assert cloud.endpoint.endswith(f":{cloud.port}/drs")
        assert progress(cloud).status == 202
        bare = cloud.endpoint.removesuffix("/drs") + f"/v3/{PROJECT}/jobs/batch-progress"
        assert send(bare, body={"jobs": [JOB]}, headers=HEADERS).status == 404


def test_a_header_twice_is_recorded(cloud):
    client = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=HANG)
    client.putrequest("POST", f"/v3/{PROJECT}/jobs/batch-progress")
    body = json.dumps({"jobs": [JOB]}).encode()
    length = ("Content-Length", str(len(body)))
    for name, value in [*HEADERS.items(), ("X-Auth-Token", TOKEN), length]:
        client.putheader(name, value)
    client.endheaders(body)
    assert client.getresponse().status == 400
    assert cloud.requests[0].problems == ["header X-Auth-Token twice"]
    client.close()


def test_a_former_token_is_rejected_and_no_client_error(cloud):
    cloud.token = "other"
    assert progress(cloud).code == "DRS.M00100"
    assert cloud.problems() == []
    assert progress(cloud, headers={**HEADERS, "X-Auth-Token": "other"}).status == 202


@pytest.mark.parametrize(
    "bad, status, expected",
    [
        (BadJob(), 400, {"error_code": "DRS.M05003"}),
        (BadJob(code="DRS.M00289"), 400, {"error_code": "DRS.M00289"}),
        (BadJob(shape="envelope"), 400, {"count": 1}),
        (BadJob(how="omit"), 202, {"count": 1}),
        (BadJob(how="item"), 202, {"count": 2}),
    ],
)
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


def test_an_empty_result_may_be_an_error(cloud):
    cloud.drs.unknown_job = BadJob(how="omit")
    assert progress(cloud, OTHER).json == {"count": 0, "results": []}
    cloud.drs.empty = "reject"
    assert progress(cloud, OTHER).status == 422


def test_the_limit_of_ids_is_settable(cloud):
    cloud.drs.unknown_job = BadJob(how="omit")
    cloud.drs.most_ids = 2
    assert progress(cloud, "a", "b").status == 202
    assert progress(cloud, "a", "b", "c").code == "DRS.M00299"
    cloud.drs.too_many = ApiError("APIG.0201", status=494, shape="html")
    assert progress(cloud, "a", "b", "c").status == 494


def test_order_and_status_are_settable(cloud):
    cloud.jobs[OTHER] = {"job_id": OTHER}
    cloud.drs.order, cloud.drs.success_status = "reversed", 200
    response = progress(cloud, JOB, OTHER)
    assert response.status == 200
    assert [item["job_id"] for item in response.json["results"]] == [OTHER, JOB]


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
    dates = [parsedate_to_datetime(headers[name]) for name in ("Retry-After", "Date")]
    assert 5 <= (dates[0] - dates[1]).total_seconds() <= 8


def test_latency_and_most_in_flight(cloud):
    cloud.drs.latency = 0.2
    began = time.monotonic()
    threads = [threading.Thread(target=progress, args=(cloud,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 0.2
    assert cloud.drs.journal.most_in_flight == 4


def test_gzip_only_where_it_is_accepted(cloud):
    cloud.drs.gzip = True
    assert "Content-Encoding" not in progress(cloud).headers
    response = progress(cloud, headers={**HEADERS, "Accept-Encoding": "deflate, gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.body))["count"] == 1


def test_chunked_responses_and_chunked_requests(cloud):
    cloud.drs.chunked = True
    client = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=HANG)
    parts = iter([b'{"jobs":', b'["%s"]}' % JOB.encode()])
    path = f"/v3/{PROJECT}/jobs/batch-progress"
    client.request("POST", path, parts, HEADERS, encode_chunked=False)
    response = client.getresponse()
    assert json.loads(response.read())["count"] == 1
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert cloud.requests[0].jobs == [JOB]
    client.close()


def test_connections_are_kept(cloud):
    client = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=HANG)
    for _ in range(3):
        body = json.dumps({"jobs": [JOB]})
        client.request("POST", f"/v3/{PROJECT}/jobs/batch-progress", body, HEADERS)
        assert json.loads(client.getresponse().read())["count"] == 1
    assert cloud.listeners["drs"].accepted == 1
    assert {request.connection for request in cloud.requests} == {1}
    client.close()


def test_a_port_in_use_is_an_error(cloud):
    with pytest.raises(OSError, match="in use"), StandIn(PROJECT, TOKEN, port=cloud.port):
        pass


def test_members_that_the_service_does_not_know_mean_nothing(cloud):
    assert progress(cloud, body={"jobs": [JOB], "page_req": {}}).json["count"] == 1
    body = {"cur_page": 0, "per_page": 0, "db_use_type": "migration", "more": 1}
    assert listed(cloud, body).json["total_record"] == 1
    assert cloud.problems() == []


def test_the_text_of_an_error_is_the_codes_own(cloud):
    cloud.jobs[OTHER] = BadJob(code="DRS.M05003")
    assert progress(cloud, OTHER).json["error_msg"] == "The task does not exist."
    cloud.jobs[OTHER] = BadJob(code="DRS.M05004")
    assert progress(cloud, OTHER).json["error_msg"] == "The task has been deleted."


def listed(cloud: StandIn, body: dict) -> ClientResponse:
    return send(f"{cloud.endpoint}/v3/{PROJECT}/jobs", body=body, headers=HEADERS)


def test_the_task_list_is_paged(cloud):
    cloud.jobs.update({f"id-{i}": {"transfer_status": "CREATING"} for i in range(5)})
    cloud.jobs["bad"] = BadJob()
    cloud.drs.use_types[JOB] = "sync"

    def page(number: int, size: int, use_type: str = "migration") -> dict:
        response = listed(cloud, {"cur_page": number, "per_page": size, "db_use_type": use_type})
        assert response.status == 200
        return response.json

    assert [job["id"] for job in page(2, 2)["jobs"]] == ["id-2", "id-3"]
    assert (page(0, 2)["total_record"], len(page(0, 2)["jobs"])) == (5, 5)
    assert [job["id"] for job in page(0, 0, "sync")["jobs"]] == [JOB]
    cloud.drs.list_in_pages = True
    assert [job["id"] for job in page(0, 2)["jobs"]] == ["id-0", "id-1"]
    assert cloud.problems() == []
    body = {"cur_page": 0, "per_page": 1, "db_use_type": "migration"}
    cloud.drs.list_error = ApiError("DRS.M00004")
    assert listed(cloud, body).status == 500


@pytest.mark.parametrize("wrong", [
    {"per_page": 101}, {"cur_page": -1}, {"cur_page": 2}, {"cur_page": "0"}, {"per_page": None},
    {"db_use_type": "dr"}, {"db_use_type": None},
])
def test_a_wrong_list_request_is_rejected_and_recorded(cloud, wrong):
    body = {"cur_page": 0, "per_page": 0, "db_use_type": "migration"} | wrong
    body = {name: value for name, value in body.items() if value is not None}
    assert listed(cloud, body).status == 400
    assert len(cloud.requests[0].problems) == 1


def test_a_task_is_written_as_recorded(cloud):
    response = listed(cloud, {"cur_page": 0, "per_page": 0, "db_use_type": "migration"})
    assert response.body.startswith(b'{"jobs":[{"id":') and response.body.endswith(b',"total_record":1}')
    [task] = response.json["jobs"]
    assert task["create_time"] == "2026-06-26T17:08:57Z"
    arrays = [value for value in task["job_action"].values() if value]
    assert len(arrays) == 2 and sum(map(len, arrays)) > 30


@pytest.mark.parametrize("by, found", [
    ({}, {JOB, OTHER}), ({"engine_type": "mongodb"}, {OTHER}), ({"net_type": "vpn"}, {OTHER}),
    ({"status": "PAUSING"}, {OTHER}), ({"name": "ord"}, {JOB}), ({"name": f"x,{OTHER}"}, {OTHER}),
    ({"tags": {"team": "db"}}, {JOB}), ({"name": "ord", "status": "PAUSING"}, set()),
    ({"name": "", "status": None, "tags": None}, {JOB, OTHER}),
])
def test_the_documented_members_narrow_the_list(cloud, by, found):
    cloud.jobs[OTHER] = {"job_id": OTHER, "transfer_status": "PAUSING"}
    cloud.drs.names = {JOB: "orders", OTHER: "mails"}
    cloud.drs.task_fields[OTHER] = {"engine_type": "mongodb", "net_type": "vpn"}
    cloud.drs.tags[JOB] = {"team": "db", "stage": "prod"}
    body = {"cur_page": 0, "per_page": 0, "db_use_type": "migration", **by}
    response = listed(cloud, body).json
    assert {task["id"] for task in response["jobs"]} == found
    assert response["total_record"] == len(found)
    assert cloud.problems() == []


def recovery(cloud: StandIn, *jobs: str) -> ClientResponse:
    """A request for RPO and RTO."""
    url = f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-rpo-and-rto"
    return send(url, body={"jobs": list(jobs)}, headers=HEADERS)


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
    response = recovery(cloud, JOB, OTHER)
    assert (response.status, response.code) == (400, "DRS.M05003")
    assert recovery(cloud, JOB, JOB).code == "DRS.M00301"
    cloud.drs.most_ids = 1
    assert recovery(cloud, JOB, OTHER).code == "DRS.M00299"
    cloud.drs.rpo_and_rto[OTHER] = BadJob(how="item")
    assert recovery(cloud, OTHER).json["results"][0]["error_code"] == "DRS.M05003"
    cloud.drs.throttle = Throttle(0, 60)
    assert recovery(cloud, OTHER).status == 429


@pytest.mark.parametrize("error", [
    ApiError("APIG.0101"), ApiError("", status=405, shape="html"), ApiError("DRS.M00102"),
])
def test_rpo_and_rto_may_not_be_offered(cloud, error):
    cloud.drs.rpo_and_rto_error = error
    assert recovery(cloud, JOB).status == recovery(cloud, JOB).status == error.status
    assert progress(cloud, JOB).status == 202
    assert cloud.problems() == []
