# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The vendor's own code as an oracle: it signs what the plugin sent, and talks to the stand-in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import Migration, StandIn
from standin.request_log import Request
from support.npm_code import NpmCode

ACCESS, SECRET = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
SECURITY_TOKEN = "gQpjbi1ub3J0aC00+/AB==" * 20
# Headers that the vendor's client takes from its caller; it adds the others by itself.
GIVEN = {"content-type": "content-type", "x-language": "X-Language", "x-sdk-date": "X-Sdk-Date"}


@pytest.fixture(scope="module")
def vendor() -> NpmCode:
    return NpmCode()


def capture(*lines: str, prefix: str = "", jobs: int = 1, token: str | None = None,
            without: tuple[str, ...] = ()) -> list[Request]:
    """What real collectd with the plugin sends in a read, signed with a key."""
    with StandIn(PROJECT_ID, TOKEN, prefix=prefix) as cloud:
        cloud.keys.add(ACCESS, SECRET, token)
        ids = [JOB] + [f"00000000-0000-4000-8000-00000000j{number:03}"
                       for number in range(1, jobs)]
        cloud.jobs.update({job: {"job_id": job} for job in ids})
        key = [f'AccessKey "{ACCESS}"', f'SecretKey "{SECRET}"']
        key += [f'SecurityToken "{token}"'] if token else []
        watched = [] if "Job" in without else [f'Job "{job}"' for job in ids]
        block = project("prod", cloud, *key, *watched, *lines, "Interval 60",
                        without=["Token", *without])
        assert Collectd(block).test_read().status == 0
        assert cloud.problems() == []
        return cloud.requests


def as_input(request: Request) -> dict:
    """A request for the vendor's signer, with what its caller would have given."""
    return {
        "method": request.method, "origin": f"http://{request.headers['host']}",
        "path": request.path, "body": request.body.decode(), "project": PROJECT_ID,
        "access": ACCESS, "secret": SECRET,
        "securityToken": request.headers.get("x-security-token"),
        "headers": {name: request.headers[lower] for lower, name in GIVEN.items()},
    }


def differences(vendor: NpmCode, requests: list[Request]) -> list[tuple[str, str]]:
    """What the plugin sent and the vendor would have, where that is not the same byte for byte."""
    found = []
    for request, signed in zip(requests, vendor.run("sign.js", [*map(as_input, requests)])):
        for sent, right in ((request.headers["authorization"], signed["authorization"]),
                            (request.body.decode(), signed["body"])):
            if sent != right:
                found.append((sent, right))
    return found


CASES = {
    "key": (1, {}),
    "temporary key": (1, {"token": SECURITY_TOKEN}),
    "zh-cn": (1, {"lines": ['Language "zh-cn"']}),
    "prefix": (1, {"prefix": "/drs/a-b_c.d~e"}),
    "RPO and RTO": (2, {"lines": ["RPOAndRTO true"]}),
    "discovery": (4, {"lines": ["DiscoverJobs true"], "without": ("Job",)}),
    "250 ids": (3, {"jobs": 250}),
}


@pytest.mark.parametrize("count, options", CASES.values(), ids=CASES.keys())
def test_the_vendors_signer_signs_as_the_plugin_does(vendor, count, options):
    options = dict(options)
    requests = capture(*options.pop("lines", ()), **options)
    assert len(requests) == count
    assert differences(vendor, requests) == []


def test_a_temporary_key_signs_all_headers_that_the_vendor_signs(vendor):
    [request] = capture(token=SECURITY_TOKEN)
    [signed] = vendor.run("sign.js", [as_input(request)])
    assert ("SignedHeaders=content-type;host;x-language;x-project-id;x-sdk-date;x-security-token,"
            in signed["authorization"])
    assert request.headers["authorization"] == signed["authorization"]


@pytest.fixture(scope="module")
def captured() -> Request:
    [request] = capture(token=SECURITY_TOKEN)
    return request


CHANGES = {
    "signature": ("authorization", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")),
    "signed headers": ("authorization", lambda value: value.replace("host;", "")),
    "access key": ("authorization", lambda value: value.replace("Access=Q", "Access=q")),
    "date": ("x-sdk-date", lambda value: str(int(value[:4]) + 1) + value[4:]),
    "language": ("x-language", lambda value: "zh-cn"),
    "security token": ("x-security-token", lambda value: value + "="),
    "host": ("host", lambda value: "localhost"),
}


@pytest.mark.parametrize("name, change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_byte_of_a_header_is_seen(vendor, captured, name, change):
    changed = change(captured.headers[name])
    assert changed != captured.headers[name]
    request = replace(captured, headers={**captured.headers, name: changed})
    assert len(differences(vendor, [captured, request])) == 1


@pytest.mark.parametrize("part, changed", [
    ("body", b'{"jobs":["x"]}'), ("body", b'{"jobs": []}'), ("path", "/v3/x/jobs/batch-progress"),
    ("method", "PUT"),
])
def test_a_changed_byte_of_the_request_is_seen(vendor, captured, part, changed):
    assert differences(vendor, [replace(captured, **{part: changed})])


# The vendor's client


def send(vendor: NpmCode, cloud: StandIn, operation: str, data: dict, **more: str) -> dict:
    """A request of the vendor's client, and what it made of the response."""
    return vendor.run("client.js", {
        "endpoint": cloud.endpoint, "url": f"/v3/{{project_id}}/jobs{operation}", "data": data,
        "project": PROJECT_ID, "access": ACCESS, "secret": SECRET, **more})


@pytest.mark.parametrize("token", [None, SECURITY_TOKEN], ids=["key", "temporary key"])
def test_the_vendors_client_reads_the_stand_in(vendor, cloud, token):
    cloud.keys.add(ACCESS, SECRET, token)
    cloud.jobs[JOB] = Migration()
    more = {"securityToken": token} if token else {}
    progress = send(vendor, cloud, "/batch-progress", {"jobs": [JOB], "page_req": {}}, **more)
    assert (progress["httpStatusCode"], progress["count"]) == (202, 1)
    assert progress["results"][0]["transfer_status"] == "CONFIGURATION"
    recovery = send(vendor, cloud, "/batch-rpo-and-rto", {"jobs": [JOB]}, **more)
    assert list(recovery["results"][0]) == ["job_id", "rpo_info", "rto_info"]
    tasks = send(vendor, cloud, "", {"cur_page": 0, "per_page": 0, "db_use_type": "migration"},
                 **more)
    assert (tasks["httpStatusCode"], tasks["total_record"]) == (200, 1)
    assert tasks["jobs"][0]["id"] == JOB


def test_the_vendors_client_understands_an_error(vendor, cloud):
    cloud.keys.add(ACCESS, SECRET)
    unknown = send(vendor, cloud, "/batch-progress", {"jobs": ["unknown"]})
    assert unknown["error"] == {"status": 400, "code": "DRS.M05003",
                                "message": "The task does not exist."}
    wrong = send(vendor, cloud, "/batch-progress", {"jobs": [JOB]}, secret="wrong")
    assert (wrong["error"]["status"], wrong["error"]["code"]) == (401, "APIG.0301")
    cloud.requests[-1].problems.clear()


def test_the_stand_in_and_the_vendor_agree_on_what_was_signed(vendor, cloud):
    """Both check the plugin elsewhere; here one checks the other."""
    cloud.keys.add(ACCESS, SECRET)
    send(vendor, cloud, "/batch-progress", {"jobs": [JOB]})
    [request] = cloud.requests
    assert request.status == 202
    assert json.loads(request.body) == {"jobs": [JOB]}
    assert "SignedHeaders=content-type;host;x-language;x-project-id;x-sdk-date," in (
        request.headers["authorization"])
