# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A service that quotes secrets in its texts: none leaves through log, notification or meta data."""

import json
from base64 import b64encode

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd, WriteHttp
from support.raw_server import RawServer

PASSWORD = 'pass "word" 1234567890'
ENCODINGS = {
    "as it is": lambda secret: secret,
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in a header": lambda secret: f"X-Auth-Token: {secret}",
}


def api_error(code: str, message: str) -> bytes:
    """The body of an error."""
    return json.dumps({"error_code": code, "error_msg": message}).encode()


@pytest.mark.parametrize("how", ENCODINGS)
def test_a_token_in_an_error_of_the_service(cloud, how):
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(1)
        with cloud.inject("raw", status=403, body=api_error("DRS.M00102", f"no right for {ENCODINGS[how](TOKEN)}")):
            daemon.wait_until(lambda: daemon.notifications(), "a notification")
            daemon.wait_until(lambda: any(line.level == "error" for line in daemon.lines("drs plugin: ")), "a line")
        log = daemon.log_text()
    assert "no right for" in log and "***" in log
    assert TOKEN not in log


def test_a_token_in_an_item(cloud):
    encoded = b64encode(TOKEN.encode()).decode().rstrip("=")
    cloud.jobs[JOB] |= {"error_code": "DRS.M1", "error_msg": f"token {TOKEN} failed", "src_offset": f"at {TOKEN}",
                        "node_offset": f"mysql-bin.{TOKEN}:544", "dst_offset": encoded, "transfer_status": TOKEN}
    with WriteHttp() as web, Collectd(project("prod", cloud), web.configuration) as daemon:
        daemon.wait_for_reads(2)
        daemon.wait_until(lambda: len(daemon.notifications()) >= 2, "notifications")
        daemon.flush("write_http")
        daemon.wait_until(lambda: any(one.get("meta") for one in web.documents("drs")), "meta data in write_http")
        status = next(one for one in web.documents("drs") if one.get("meta"))
        log, documents = daemon.log_text(), json.dumps(web.documents("drs"))
    assert status["meta"] | {"error_msg": "token *** failed", "src_offset": "at ***",
                             "node_offset": "mysql-bin.***:544", "dst_offset": "***"} == status["meta"]
    assert "token *** failed" in log
    assert TOKEN not in log and TOKEN not in documents


@pytest.mark.parametrize("written", ["PROXY-pass-1234567890", "PROXY-p%40ss-1234567890"])
def test_the_password_of_a_proxy(cloud, written):
    """A proxy sees it, and quotes it in a response to a plain request."""
    secret = written.replace("%40", "@")
    body = api_error("DRS.M1", f"not with {secret}")
    with RawServer(lambda: [b"HTTP/1.1 500 E\r\nContent-Length: %d\r\n\r\n" % len(body) + body]) as server:
        proxy = server.endpoint.replace("//", f"//user:{written}@")
        config = project("prod", cloud, 'Endpoint "http://drs.example.com"', f'Proxy "{proxy}"')
        with Collectd(config) as daemon:
            daemon.wait_until(lambda: "DRS.M1: not with" in daemon.log_text(), "the proxy's text")
            daemon.wait_until(lambda: daemon.notifications(), "a notification")
            log = daemon.log_text()
    assert "not with ***" in log and secret not in log


def test_a_password_in_an_error_of_the_identity_service(cloud):
    cloud.iam.add_user("collectd", "another", "domain", PROJECT_ID)
    quoted = PASSWORD.replace('"', '\\"')
    lines = [f'IdentityEndpoint "{cloud.identity_endpoint}"', 'DomainName "domain"', 'User "collectd"',
             f'Password "{quoted}"']
    with cloud.inject("raw", service="iam", status=401, body=api_error("401", f"not with {PASSWORD}")), \
            Collectd(project("prod", cloud, *lines, without=["Token"])) as daemon:
        daemon.wait_until(lambda: [line for line in daemon.lines("drs plugin: ") if line.level == "error"], "a line")
        daemon.wait_until(lambda: daemon.notifications(), "a notification")
        log = daemon.log_text()
    assert "***" in log
    assert PASSWORD not in log and quoted not in log
