# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A service that puts a secret where a text is cut, or where a name comes from: it is not shown."""

import json

import pytest
from support.blocks import JOB, project, write_secret
from daemons import Collectd
from support.raw_server import RawServer

LONG = 60
TOKEN = "SECRETtoken-ABCDEFGHIJKLMNOP"
LATIN = "SECRETp\xe4ssw\xf6rd-0123456789".encode("latin-1")
BODY = b'{"count":0,"results":[]}'
# How many bytes of the secret are left: too few to recognize a secret within a text.
LEFT = 11


def error_body(message: bytes) -> bytes:
    return response(b'{"error_code":"DRS.X","error_msg":"%s"}' % message, status=b"500 x")


def response(body: bytes, header: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), header, body)


def item(**members: str) -> bytes:
    job = {"job_id": JOB, "progress": "50", **members}
    return response(json.dumps({"count": 1, "results": [job]}).encode())


WHERE = {
    "a message that is cut": error_body(b"x" * (256 - LEFT) + TOKEN.encode()),
    "an encoding that is cut": response(BODY, b"Content-Encoding: %s%s\r\n" % (b"e" * (40 - LEFT), TOKEN.encode())),
    "a status that is cut": item(transfer_status="z" * (55 - LEFT) + TOKEN, error_msg="after it", error_code="E"),
    "a notification that is cut": item(error_code="E", error_msg="y" * 180 + TOKEN),
    "bytes that are no text": error_body(b"got " + LATIN + b" there"),
}


@pytest.mark.parametrize("where", WHERE)
def test_no_secret_remains(cloud, tmp_path, where):
    path = tmp_path / "token"
    write_secret(path, TOKEN)
    if "text" in where:
        path.write_bytes(LATIN)
    with RawServer(lambda: [WHERE[where]]) as server:
        config = project("prod", cloud, f'Endpoint "{server.endpoint}"', f'TokenFile "{path}"', without=["Token"])
        with Collectd(config) as daemon:
            daemon.wait_until(daemon.notifications, "a notification", LONG)
            daemon.wait_for_reads(3, timeout=LONG)
            log = daemon.log_text()
    assert "***" in log
    assert "SECRET" not in log


def test_a_name_of_the_service(cloud):
    """Names of tasks and of phases are names of metrics."""
    cloud.token = TOKEN
    cloud.drs.names = {JOB: f"db {TOKEN}"}
    cloud.jobs[JOB] |= {"error_code": "E", "progress_map": {TOKEN: {"completed": "5%", "remaining_time": "7"}}}
    config = project("prod", cloud, f'Token "{TOKEN}"', "DiscoverJobs true", without=["Job"])
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: "test-host/drs-db____/percent-___" in daemon.names(), "values", LONG)
        daemon.wait_until(daemon.notifications, "a notification", LONG)
        log, names = daemon.log_text(), daemon.names()
    assert "SECRET" not in log
    assert not [name for name in names if "SECRET" in name]
