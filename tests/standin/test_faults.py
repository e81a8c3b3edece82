# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's faults: a row for each, seen on the raw bytes; and when each is played."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from typing import Any, NamedTuple

import pytest

from standin import CODES, FAULTS, SHAPES, StandIn
from standin.clock import HANG
from standin.conftest import HEADERS, JOB, PROJECT, TOKEN, progress, send

BODY = json.dumps({"jobs": [JOB]}).encode()
REQUEST = (
    f"POST /v3/{PROJECT}/jobs/batch-progress HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {TOKEN}\r\nConnection: close\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY
ENOUGH = 30 << 20

# Patterns of what comes.
HEAD = rb"HTTP/1\.1 202 .*\r\n\r\n"
WHOLE = HEAD + rb'\{"count":1,"results":\[\{"job_id":"[-\w]+","progress":"100"\}\]\}'
HALF = HEAD + rb'\{"count":1,"res[^}]*'
YEAR_BEFORE = str(time.gmtime().tm_year - 2).encode()


class Row(NamedTuple):
    """A fault with its options: the end of the connection, and all bytes before it, by a pattern.

    An end is "fin", "rst", "silence" or "enough": the bytes never end.
    """

    fault: str
    end: str
    received: bytes
    options: dict[str, Any] = {}


ROWS = [
    Row("reset-at-accept", "rst", b""),
    Row("silent", "silence", b""),
    Row("tls-cut", "fin", b""),
    Row("tls-plain", "fin", rb"HTTP/1\.1 400 .*\r\n\r\n"),
    Row("black-hole", "silence", b""),
    Row("reset-after-request", "rst", b""),
    Row("close-after-request", "fin", b""),
    Row("reset-in-header", "rst", rb"HTTP/1\.1 202 (?:(?!\r\n\r\n).)*"),
    Row("reset-in-body", "rst", HALF),
    Row("header-drips", "enough", rb"HTTP/1\.1 202 (?:(?!\r\n\r\n).)*X-Drip: a+", {"pace": 0.0001}),
    Row("header-endless", "enough", rb"HTTP/1\.1 202 .*\r\nX-Filler-9: a+\r\n.*", {"pace": 0.0001}),
    Row("body-stalls", "silence", HALF),
    Row("body-drips", "fin", WHOLE, {"pace": 0.0001}),
    Row("body-short", "fin", HALF),
    Row("chunks-cut", "fin", rb".*\nTransfer-Encoding: chunked\r\n.*(?<!\r\n0\r\n\r\n)"),
    Row("chunks-bad", "fin", rb".*\nTransfer-Encoding: chunked\r\n\r\nzz\r\n.*"),
    Row("body-endless", "enough", rb'.*"results":\[.*\{"job_id":"ffffffff.*'),
    Row("not-http", "fin", rb"SSH-2\.0.*"),
    Row("raw", "fin", rb"HTTP/1\.1 299 .*\nX-A: b\r\n.*\r\n\r\nx",
        {"status": 299, "body": b"x", "headers": {"X-A": "b"}}),
    *(Row("error", "fin", rb"HTTP/1\.1 502 .*\r\n\r\n.*", {"status": 502, "shape": shape}) for shape in SHAPES),
    *(Row("error", "fin", b"HTTP/1.1 %d .*" % status + re.escape(f'"{code}"'.encode()) + b".*", {"code": code})
      for code, (status, _) in CODES.items()),
    Row("html", "fin", rb"HTTP/1\.1 200 .*\r\n\r\n<.*"),
    Row("empty", "fin", HEAD),
    Row("json-cut", "fin", HEAD + b".{17}", {"at": 17}),
    Row("json-deep", "fin", HEAD + rb".*\[{10000}\]{10000}.*"),
    Row("json-wide", "fin", HEAD + rb"\{.* {17000000,}\}"),
    Row("long-string", "fin", HEAD + rb'.*"error_msg": "x{20000000,}".*'),
    Row("long-number", "fin", HEAD + rb'.*"progress": 9{20000000,}\D.*'),
    Row("value", "fin", HEAD + rb'.*"progress": 1e999\}.*', {"member": "progress", "raw": b"1e999"}),
    Row("repeated-keys", "fin", HEAD + rb'.*"job_id": "[-\w]+".*"job_id": null.*'),
    Row("strangers", "fin", HEAD + rb'.*("job_id": "ffffffff.*){3}"job_id": "8d0e8e36.*'),
    Row("same-twice", "fin", HEAD + rb'.*("job_id": "8d0e8e36.*){2}'),
    *(Row("bad-text", "fin", HEAD + b".*" + re.escape(text) + b".*", {"kind": kind}) for kind, text in {
        "nul": rb"\u0000", "raw-nul": b"\0", "raw-controls": b"\x1b[", "controls": rb"\u001b",
        "invalid-utf8": b"\xff", "overlong-utf8": b"\xc0\xaf", "half-surrogate": rb"\ud800",
        "bidi": b"\xe2\x80\xae"}.items()),
    Row("bad-names", "fin", HEAD + rb'.*"progress_map": \{.*"a\\nb": .*'),
    Row("redirect", "fin", b"HTTP/1.1 307 .*\nLocation: http://x:9" + REQUEST.split()[1] + b"\r\n.*",
        {"to": "http://x:9", "status": 307}),
    Row("wrong-date", "fin", rb".*\nDate: \w+, \d+ \w+ " + YEAR_BEFORE + b" .*", {"seconds": -2 * 365.25 * 86400}),
    Row("gzip-bomb", "fin", rb"HTTP/1\.1 202 .*\nContent-Encoding: gzip\r\n.*\r\n\r\n\x1f\x8b.{1000,200000}",
        {"size": 64 << 20}),
]


def in_use(cloud: StandIn) -> socket.socket:
    """A connection that has served a request and stays."""
    client = socket.create_connection(("127.0.0.1", cloud.port), timeout=HANG)
    client.sendall(REQUEST.replace(b"Connection: close\r\n", b""))
    assert client.recv(65536).startswith(b"HTTP/1.1 202")
    return client


def raw(cloud: StandIn, row: Row) -> tuple[bytes, str]:
    """The bytes of the response to a request, and their end.

    Silence is a moment in which nothing comes, after the bytes that the row has.
    """
    received, enough = b"", 2000 if row.end == "enough" else ENOUGH
    try:
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=HANG) as client:
            client.sendall(REQUEST)
            while len(received) < enough:
                if row.end == "silence" and re.fullmatch(row.received, received, re.DOTALL):
                    client.settimeout(0.3)
                data = client.recv(1 << 20)
                if not data:
                    return received, "fin"
                received += data
    except socket.timeout:  # TimeoutError from Python 3.10 on
        return received, "silence"
    except (ConnectionResetError, BrokenPipeError):
        return received, "rst"
    return received, "enough"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join([row.fault, *map(str, row.options.values())])[:40])
def test_each_fault(cloud, row):
    switch = cloud.inject(row.fault, times=1, **row.options)
    received, end = raw(cloud, row)
    assert end == row.end
    assert re.fullmatch(row.received, received, re.DOTALL), received[:2000]
    switch.wait_for_hits(1)
    assert progress(cloud).status == 202


def test_every_fault_has_a_row_and_a_description():
    assert {row.fault for row in ROWS} | {"refused"} == FAULTS.keys()
    assert [fault.name for fault in FAULTS.values() if not fault.purpose] == []


def test_a_refused_port_ends_connections_and_opens_again(cloud):
    port = cloud.port
    with in_use(cloud) as client, cloud.inject("refused"):
        assert client.recv(1) == b""
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                progress(cloud)
    assert cloud.port == port
    assert progress(cloud).status == 202


def test_a_fault_of_the_connection_meets_the_next_request(cloud):
    with in_use(cloud) as client:
        cloud.inject("silent", times=1)
        assert client.recv(1) == b""


@pytest.mark.parametrize("name, options", [
    ("refused", {"times": 1}), ("no-such-fault", {}), ("json-cut", {"no_such_option": 1}),
    ("silent", {"path": "/batch-progress"})])
def test_a_wrong_name_or_option_is_reported_at_once(cloud, name, options):
    with pytest.raises((ValueError, TypeError)):
        cloud.inject(name, **options)


def test_faults_are_counted_and_come_in_order(cloud):
    cloud.inject("error", times=2, code="DRS.M00004")
    switch = cloud.inject("html")
    seen = [(response.status, response.body[:1]) for response in (progress(cloud) for _ in range(4))]
    assert seen == [(500, b"{"), (500, b"{"), (200, b"<"), (200, b"<")]
    assert [request.fault for request in cloud.requests] == ["error", "error", "html", "html"]
    assert switch.hits == 2
    cloud.remove_faults()
    assert progress(cloud).status == 202


def test_a_fault_may_meet_one_service_or_operation_alone(cloud):
    fault = cloud.inject("html", path="/batch-rpo-and-rto")
    url = f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-rpo-and-rto"
    with cloud.inject("refused", service="iam"):
        assert progress(cloud).status == 202
        assert send(url, body={"jobs": [JOB]}, headers=HEADERS).body.startswith(b"<")
        with pytest.raises(ConnectionRefusedError):
            send(cloud.identity_endpoint)
    assert fault.hits == 1


@pytest.mark.parametrize("name", ["silent", "black-hole", "header-drips", "body-endless"])
def test_closing_ends_every_thread_at_once(name):
    before = threading.active_count()
    with StandIn(PROJECT, TOKEN) as cloud:
        switch = cloud.inject(name)
        clients = [socket.create_connection(("127.0.0.1", cloud.port)) for _ in range(20)]
        for client in clients:
            client.sendall(REQUEST)
        switch.wait_for_hits(20)
    assert threading.active_count() == before
    for client in clients:
        client.close()


@pytest.mark.parametrize("name, error", [
    ("tls-cut", (ssl.SSLError, ConnectionError)), ("tls-plain", ssl.SSLError), ("silent", socket.timeout)])
def test_faults_of_a_handshake(certificates, name, error):
    trusting = ssl.create_default_context(cafile=certificates.ca)
    with StandIn(PROJECT, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        cloud.inject(name, times=1)
        with pytest.raises(error):
            progress(cloud, tls=trusting, timeout=0.5)
        assert progress(cloud, tls=trusting).status == 202


@pytest.mark.parametrize("kind, reason", [
    ("wrong-name", "mismatch"), ("expired", "expired"), ("self-signed", "self.signed")])
def test_bad_certificates(certificates, kind, reason):
    with StandIn(PROJECT, TOKEN, tls=certificates.server(kind)) as cloud:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            progress(cloud, tls=ssl.create_default_context(cafile=certificates.ca))
