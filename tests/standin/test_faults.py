# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's faults: each is seen on the raw bytes, and ends when it is removed."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib

import pytest

from standin import CODES, FAULTS, SHAPES, StandIn
from standin.clock import HANG
from standin.conftest import HEADERS, JOB, OTHER, PROJECT, TOKEN, send, progress

BODY = json.dumps({"jobs": [JOB]}).encode()
REQUEST = (
    f"POST /v3/{PROJECT}/jobs/batch-progress HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {TOKEN}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY


def raw(cloud: StandIn, at_most: int = 1 << 30, until: bytes | None = None) -> tuple[bytes, str]:
    """The bytes of the response to a request, and how they ended: "fin", "rst", "silence" or "enough".

    Silence is a moment in which nothing comes, after the bytes `until`, which may be none.
    """
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=HANG) as client:
            client.sendall(REQUEST)
            while len(received) < at_most:
                if until is not None and until in received:
                    client.settimeout(0.3)
                data = client.recv(65536)
                if not data:
                    return received, "fin"
                received += data
    except socket.timeout:  # TimeoutError from Python 3.10 on
        return received, "silence"
    except (ConnectionResetError, BrokenPipeError):
        return received, "rst"
    return received, "enough"


def promised(data: bytes) -> tuple[int, bytes]:
    """Content-Length and the body that came."""
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
    return int(length.split()[1]), body


def test_a_refused_port_opens_again(cloud):
    port = cloud.port
    with cloud.inject("refused"):
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                progress(cloud)
    assert cloud.port == port
    assert progress(cloud).status == 202


def test_a_refused_port_ends_open_connections(cloud):
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=HANG) as client:
        client.sendall(REQUEST)
        assert client.recv(65536).startswith(b"HTTP/1.1 202")
        cloud.inject("refused")
        assert client.recv(1) == b""


def test_a_fault_of_the_connection_meets_the_next_request(cloud):
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=HANG) as client:
        client.sendall(REQUEST)
        assert client.recv(65536).startswith(b"HTTP/1.1 202")
        cloud.inject("silent", times=1)
        assert client.recv(1) == b""
    assert raw(cloud, until=b"") == (b"", "silence")


def test_the_identity_service_can_fail_alone(cloud):
    with cloud.inject("refused", service="iam"):
        assert progress(cloud).status == 202
        with pytest.raises(ConnectionRefusedError):
            send(cloud.identity_endpoint)


def test_a_door_cannot_be_counted(cloud):
    with pytest.raises(ValueError, match="cannot be counted"):
        cloud.inject("refused", times=1)


@pytest.mark.parametrize("name", ["no-such-fault", "json-cut"])
def test_a_wrong_name_or_option_is_reported_at_once(cloud, name):
    with pytest.raises((ValueError, TypeError)):
        cloud.inject(name, no_such_option=1)


def test_faults_are_counted_and_come_in_order(cloud):
    cloud.inject("error", times=2, code="DRS.M00004")
    cloud.inject("html", times=1)
    seen = [(response.status, response.body[:1]) for response in (progress(cloud) for _ in range(4))]
    assert seen == [(500, b"{"), (500, b"{"), (200, b"<"), (202, b"{")]
    assert [request.fault for request in cloud.requests] == ["error", "error", "html", ""]


def test_a_fault_lasts_until_it_is_switched_off(cloud):
    switch = cloud.inject("empty")
    assert [progress(cloud).body for _ in range(3)] == [b"", b"", b""]
    assert switch.hits == 3
    cloud.remove_faults()
    assert progress(cloud).json["count"] == 1


ENDS = {
    "reset-at-accept": "rst",
    "silent": "silence",
    "tls-cut": "fin",
    "black-hole": "silence",
    "reset-after-request": "rst",
    "close-after-request": "fin",
    "reset-in-header": "rst",
    "reset-in-body": "rst",
    "header-drips": "silence",
    "body-stalls": "silence",
    "body-drips": "silence",
    "body-short": "fin",
    "chunks-cut": "fin",
    "chunks-bad": "fin",
    "not-http": "fin",
}


@pytest.mark.parametrize("name, expected", ENDS.items(), ids=ENDS.keys())
def test_how_the_wire_ends(cloud, name, expected):
    switch = cloud.inject(name, times=1)
    _, end = raw(cloud, until=b"" if expected == "silence" else None)
    assert end == expected
    switch.wait_for_hits(1)
    assert progress(cloud).status == 202


def test_bytes_of_the_cut_responses(cloud):
    cloud.inject("reset-in-header", times=1)
    data, _ = raw(cloud)
    assert data.startswith(b"HTTP/1.1 202") and b"\r\n\r\n" not in data
    for name in ("reset-in-body", "body-stalls", "body-short"):
        cloud.inject(name, times=1)
        length, body = promised(raw(cloud, until=b"\r\n\r\n{" if name == "body-stalls" else None)[0])
        assert 0 < len(body) < length
    cloud.inject("chunks-cut", times=1)
    data, _ = raw(cloud)
    assert b"Transfer-Encoding: chunked" in data and not data.endswith(b"0\r\n\r\n")


def test_drips_come_byte_by_byte(cloud):
    cloud.inject("header-drips", pace=0.001)
    data, end = raw(cloud, at_most=250)
    assert end == "enough" and data.endswith(b"aaa") and b"\r\n\r\n" not in data
    cloud.remove_faults()
    cloud.inject("body-drips", times=1, pace=0.001)
    length, body = promised(raw(cloud)[0])
    assert len(body) == length


@pytest.mark.parametrize("name", ["header-endless", "body-endless"])
def test_endless_responses(cloud, name):
    cloud.inject(name)
    assert raw(cloud, at_most=20_000)[1] == "enough"


@pytest.mark.parametrize("shape", SHAPES)
def test_any_status_with_any_shape(cloud, shape):
    cloud.inject("error", times=1, code="APIG.0201", status=502, shape=shape)
    assert progress(cloud).status == 502
    assert cloud.requests[0].code == "APIG.0201"


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_status(cloud, code):
    cloud.inject("error", code=code)
    response = progress(cloud)
    assert (response.status, response.code) == (CODES[code][0], code)


def test_the_keystone_shape_has_an_integer(cloud):
    cloud.inject("error", code="", status=403, shape="keystone")
    assert progress(cloud).json["error"]["code"] == 403


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_keeps_the_path(cloud, status):
    cloud.inject("redirect", to="http://127.0.0.1:9", status=status)
    response = progress(cloud)
    assert response.status == status
    target = f"http://127.0.0.1:9/v3/{PROJECT}/jobs/batch-progress"
    assert response.headers["Location"] == target


def test_documents_cut_deep_wide_and_long(cloud):
    whole = progress(cloud).body
    cloud.inject("json-cut", times=1, at=17)
    assert progress(cloud).body == whole[:17]
    cloud.inject("json-deep", times=1)
    assert b"[" * 10_000 + b"]" * 10_000 in progress(cloud).body
    cloud.inject("json-wide", times=1)
    wide = progress(cloud).body
    assert len(wide) == 17 << 20 and json.loads(wide) == json.loads(whole)
    cloud.inject("long-string", times=1)
    assert len(progress(cloud).json["results"][0]["error_msg"]) == 20 << 20
    cloud.inject("long-number", times=1)
    assert b'"progress": ' + b"9" * (20 << 20) in progress(cloud).body


def test_a_bomb_is_small_until_it_is_opened(cloud):
    cloud.inject("gzip-bomb", size=64 << 20)
    response = progress(cloud)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.body) < 200_000
    opened = zlib.decompress(response.body, zlib.MAX_WBITS | 16)  # checks length and CRC too
    assert len(json.loads(opened)["padding"]) == 64 << 20


def test_items_repeated_strange_and_twice(cloud):
    cloud.jobs[OTHER] = {"job_id": OTHER}
    cloud.inject("repeated-keys", times=1)
    assert progress(cloud, JOB).body.count(b'"job_id"') == 2
    cloud.inject("strangers", times=1)
    ids = [item["job_id"] for item in progress(cloud, JOB).json["results"]]
    assert len(ids) == 4 and ids[-1] == JOB
    cloud.inject("same-twice", times=1)
    ids = [item["job_id"] for item in progress(cloud, JOB, OTHER).json["results"]]
    assert ids == [JOB, OTHER, JOB]


@pytest.mark.parametrize(
    "kind, expected",
    [("nul", b"\\u0000"), ("raw-nul", b"\0"), ("raw-controls", b"\x1b["), ("controls", b"\\u001b"),
     ("invalid-utf8", b"\xff"), ("overlong-utf8", b"\xc0\xaf"), ("half-surrogate", b"\\ud800"),
     ("bidi", b"\xe2\x80\xae")],
)
def test_bad_text(cloud, kind, expected):
    cloud.inject("bad-text", kind=kind)
    assert expected in progress(cloud).body


def test_bad_names_values_and_raw_responses(cloud):
    cloud.inject("bad-names", times=1)
    assert "a\nb" in progress(cloud).json["results"][0]["progress_map"]
    cloud.inject("value", times=1, member="progress", raw=b"1e999")
    assert b'"progress": 1e999' in progress(cloud).body
    cloud.inject("raw", times=1, status=299, body=b"x", headers={"X-A": "b"})
    response = progress(cloud)
    assert (response.status, response.body, response.headers["X-A"]) == (299, b"x", "b")


def test_hostile_responses_fit_the_identity_service(cloud):
    cloud.iam.add_user("u", "p", "d", PROJECT)
    user = {"name": "u", "password": "p", "domain": {"name": "d"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    login = {"auth": {"identity": identity, "scope": {"project": {"id": PROJECT}}}}
    cloud.inject("value", service="iam", member="expires_at", raw=b'"soon"')
    url = f"{cloud.identity_endpoint}/auth/tokens?nocatalog=true"
    response = send(url, body=login, headers={"Content-Type": "application/json"})
    assert response.status == 201 and response.json["token"]["expires_at"] == "soon"


def test_a_wrong_date(cloud):
    cloud.inject("wrong-date", seconds=-86400 * 400)
    year = time.gmtime(time.time() - 86400 * 400).tm_year
    assert f" {year} " in progress(cloud).headers["Date"]


def test_every_fault_has_a_description():
    assert [fault.name for fault in FAULTS.values() if not fault.purpose] == []


@pytest.mark.parametrize("name", ["silent", "black-hole", "header-drips", "body-endless"])
def test_closing_ends_every_thread_at_once(name):
    before = threading.active_count()
    with StandIn(PROJECT, TOKEN) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        switch = cloud.inject(name)
        clients = [socket.create_connection(("127.0.0.1", cloud.port)) for _ in range(20)]
        for client in clients:
            client.sendall(REQUEST)
        switch.wait_for_hits(20)
    assert threading.active_count() == before
    for client in clients:
        client.close()


def test_a_fault_may_meet_one_operation_alone(cloud):
    fault = cloud.inject("html", path="/batch-rpo-and-rto")
    assert progress(cloud).status == 202
    url = f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-rpo-and-rto"
    assert send(url, body={"jobs": [JOB]}, headers=HEADERS).body.startswith(b"<")
    assert fault.hits == 1
    with pytest.raises(ValueError, match="before there is a path"):
        cloud.inject("silent", path="/batch-progress")
