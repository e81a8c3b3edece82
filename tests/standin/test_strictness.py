# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Mistakes of a client: the stand-in rejects each, and records it, so that no test passes beside one."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest

from standin import StandIn, signing, strict_json
from standin.clock import HANG
from standin.conftest import (
    HEADERS, JOB, JSON, LOGIN, OTHER, PROJECT, TOKEN, USER, ClientResponse, login, login_with, progress, sdk_date, send,
    signed, signed_headers)

BODY = b'{"jobs":["%s"]}' % JOB.encode()
PROGRESS = f"/v3/{PROJECT}/jobs/batch-progress"


class Row(NamedTuple):
    """What is wrong, the request, and the response's status and code; "": any."""

    mistake: str
    request: Callable[[StandIn], ClientResponse]
    status: int
    code: str = ""


def to(path: str, method: str = "POST") -> Callable[[StandIn], ClientResponse]:
    return lambda cloud: send(cloud.endpoint + path, method, {"jobs": [JOB]}, HEADERS)


def with_body(body: bytes) -> Callable[[StandIn], ClientResponse]:
    return lambda cloud: progress(cloud, body=body)


def with_headers(**changes: str | None) -> Callable[[StandIn], ClientResponse]:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return lambda cloud: progress(cloud, headers={name: value for name, value in headers.items() if value is not None})


def with_list(**changes: object) -> Callable[[StandIn], ClientResponse]:
    body = {"cur_page": 0, "per_page": 0, "db_use_type": "migration"} | changes
    return lambda cloud: send(f"{cloud.endpoint}/v3/{PROJECT}/jobs", headers=HEADERS,
                              body={name: value for name, value in body.items() if value is not None})


def with_signature(**changes: str) -> Callable[[StandIn], ClientResponse]:
    def request(cloud: StandIn) -> ClientResponse:
        headers = {**signed_headers(cloud, "AK", "SK", BODY),
                   **{name.replace("_", "-"): value for name, value in changes.items()}}
        return progress(cloud, body=BODY, headers=headers)
    return request


def with_unsigned_date(cloud: StandIn) -> ClientResponse:
    host, date = f"127.0.0.1:{cloud.port}", sdk_date(time.time())
    canonical = signing.canonical_request("POST", PROGRESS, "", {"host": host}, ["host"], BODY)
    value = signing.signature("SK", signing.string_to_sign(date, canonical))
    return progress(cloud, body=BODY, headers={
        **JSON, "Host": host, "X-Sdk-Date": date,
        "Authorization": f"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature={value}"})


def with_header_twice(cloud: StandIn) -> ClientResponse:
    client = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=HANG)
    client.putrequest("POST", PROGRESS)
    for name, value in [*HEADERS.items(), ("X-Auth-Token", TOKEN), ("Content-Length", str(len(BODY)))]:
        client.putheader(name, value)
    client.endheaders(BODY)
    response = client.getresponse()
    result = ClientResponse(response.status, response.headers, response.read())
    client.close()
    return result


def to_metadata(path: str, method: str = "GET", **headers: str) -> Callable[[StandIn], ClientResponse]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda cloud: send(cloud.metadata_endpoint + path, method, headers=named)


def login_of(**changes: object) -> Callable[[StandIn], ClientResponse]:
    return lambda cloud: login(cloud, **changes)


ROWS = [
    # the body
    *(Row(f"a body: {mistake}", with_body(body), 400, "DRS.M0020") for mistake, body in {
        "empty": b"", "not json": b"{jobs}", "trailing": BODY + b"x", "no jobs": b'{"more":1}',
        "repeated member": b'{"jobs":["a"],"jobs":["b"]}', "no list": b'{"jobs":"a"}', "empty list": b'{"jobs":[]}',
        "empty id": b'{"jobs":[""]}', "number": b'{"jobs":[1]}', "null": b'{"jobs":[null]}', "a list": b'["a"]',
        "latin-1": b'{"jobs":["\xe4"]}', "byte order mark": b"\xef\xbb\xbf" + BODY,
        "half a surrogate": rb'{"jobs":["\ud800"]}', "deep": b"[" * 100_000}.items()),
    Row("an id twice", lambda cloud: progress(cloud, JOB, JOB), 400, "DRS.M00301"),
    # headers
    Row("no type", with_headers(Content_Type=None), 400, "DRS.M00202"),
    Row("another type", with_headers(Content_Type="text/json"), 400, "DRS.M00202"),
    Row("another charset", with_headers(Content_Type="application/json; charset=x"), 400, "DRS.M00202"),
    Row("another language", with_headers(X_Language="de-de"), 400, "DRS.M00202"),
    Row("no token", with_headers(X_Auth_Token=None), 401, "APIG.0301"),
    Row("an empty token", with_headers(X_Auth_Token=""), 401, "APIG.0301"),
    Row("a wrong token", with_headers(X_Auth_Token="wrong"), 403, "DRS.M00100"),
    Row("a token and a signature", with_headers(Authorization="SDK-HMAC-SHA256 Access=a"), 401, "APIG.0301"),
    Row("a header twice", with_header_twice, 400),
    # the path
    Row("another method", to(PROGRESS, "GET"), 404),
    Row("a slash at the end", to(PROGRESS + "/"), 404),
    Row("a query", to(PROGRESS + "?a=b"), 404),
    Row("a prefix", to("/x" + PROGRESS), 404),
    Row("no project", to("/v3//jobs/batch-progress"), 404),
    Row("another project", to("/v3/0123/jobs/batch-progress"), 403),
    # the list of tasks
    Row("a page of 101", with_list(per_page=101), 400),
    Row("a page before the first", with_list(cur_page=-1), 400),
    Row("a page that there is not", with_list(cur_page=2), 400),
    Row("a page in quotes", with_list(cur_page="0"), 400),
    Row("no size of a page", with_list(per_page=None), 400),
    Row("another type of task", with_list(db_use_type="dr"), 400),
    Row("no type of task", with_list(db_use_type=None), 400),
    # signatures
    *(Row(f"signed, then changed: {name}", with_signature(**{name: value}), 401, "APIG.0301") for name, value in {
        "x_sdk_date": "20200101T000000Z", "host": "elsewhere", "content_type": "application/json; charset=utf-8",
        "authorization": "SDK-HMAC-SHA256 x", "x_security_token": "uncalled", "x_auth_token": TOKEN}.items()),
    Row("a date that is none", with_signature(x_sdk_date="now"), 401, "APIG.0301"),
    Row("a date that is not signed", with_unsigned_date, 401, "APIG.0301"),
    Row("another body than was signed", lambda cloud: progress(
        cloud, body=BODY, headers=signed_headers(cloud, "AK", "SK", b'{"jobs":["x"]}')), 401, "APIG.0301"),
    Row("another project in a signature", lambda cloud: signed(cloud, "AK", "SK", x_project_id="other"), 403),
    # logins
    *(Row(f"a login: {mistake}", login_of(**more), 400) for mistake, more in {
        "catalog": {"query": "?catalog=false"}, "more of a query": {"query": "?nocatalog=true&a=b"},
        "type": {"headers": {"Content-Type": "text/plain"}}, "a token": {"headers": {**JSON, "X-Auth-Token": "t"}},
        "no json": {"body": b"{"}, "a list": {"body": b"[1]"}, "no identity": {"body": {"auth": {}}},
        "a number": {"body": b'{"auth":{"identity":1}}'},
        "no scope": {"body": {"auth": {**LOGIN["auth"], "scope": {}}}},
        "no password": {"body": login_with(password=None)}, "no user": {"body": login_with(user="")},
        "no project": {"body": login_with(project=None)}}.items()),
    # the metadata service
    Row("a session without its life", to_metadata("/meta-data/latest/api/token", "PUT"), 400),
    Row("a wrong session", to_metadata("/openstack/latest/securitykey", X_Metadata_Token="x"), 401),
    Row("another path", to_metadata("/"), 404),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.mistake)
def test_each_mistake_is_rejected_and_recorded(cloud, row):
    cloud.keys.add("AK", "SK")
    user = cloud.iam.add_user(*USER, PROJECT)
    response = row.request(cloud)
    assert response.status == row.status
    assert row.code in response.body.decode()
    assert len(cloud.problems()) == 1
    assert user.tries == 0


RIGHT = {
    "a language": with_headers(X_Language="zh-cn"),
    "members that mean nothing": lambda cloud: progress(cloud, body={"jobs": [JOB], "page_req": {}}),
    "a list": with_list(more=1),
    "a signature": lambda cloud: signed(cloud, "AK", "SK", x_project_id=PROJECT),
    "a login": login_of(),
    "a login with ids": login_of(body=login_with(user={"id": "id-of-collectd"})),
    "a login with the domain's id": login_of(body=login_with(user={"name": USER[0], "domain": {"id": USER[2]}})),
    "a login with the project's name": login_of(
        body=login_with(project={"name": "eu-de", "domain": {"name": USER[2]}})),
    "the identity service's version": lambda cloud: send(cloud.identity_endpoint + "/", "GET"),
}


@pytest.mark.parametrize("request_", RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_is_accepted(cloud, request_):
    cloud.keys.add("AK", "SK")
    cloud.iam.add_user(*USER, PROJECT)
    assert request_(cloud).status in (200, 201, 202)
    assert cloud.problems() == []


def test_a_former_token_is_rejected_and_no_mistake(cloud):
    cloud.token = "other"
    assert progress(cloud).code == "DRS.M00100"
    assert cloud.problems() == []


def test_extensions_of_json_are_rejected():
    for text in (b"[NaN]", b"[-Infinity]", b'{"a":1,"a":1}', rb'["\udc00"]'):
        with pytest.raises(ValueError):
            strict_json.decode(text)


def test_a_prefix_is_required():
    with StandIn(PROJECT, TOKEN, prefix="/drs") as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        assert progress(cloud).status == 202
        assert send(f"http://127.0.0.1:{cloud.port}{PROGRESS}", body={"jobs": [JOB]}, headers=HEADERS).status == 404


def test_each_request_is_recorded(cloud):
    progress(cloud, JOB, OTHER)
    [request] = cloud.wait_for_requests(1)
    assert (request.method, request.path, request.status, request.jobs) == ("POST", PROGRESS, 400, [JOB, OTHER])
    assert json.loads(request.as_json())["body"] == json.dumps({"jobs": [JOB, OTHER]})
    with pytest.raises(AssertionError, match="1 of 2 requests within 0.05 s.*\n.*-> 400"):
        cloud.wait_for_requests(2, timeout=0.05)
