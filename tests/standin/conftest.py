# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A stand-in for each test, and a plain client."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from standin import Certificates, StandIn, signing
from standin.clock import HANG

PROJECT = "054ba152d480d55b2f5dc0069e7ddef0"
TOKEN = "t0k3n"
JOB = "8d0e8e36-a618-490d-8a46-8c61ac9jb502"
OTHER = "f95c5d83-d0c9-42bd-b295-38c31cd1jb15"
JSON = {"Content-Type": "application/json"}
HEADERS = {**JSON, "X-Auth-Token": TOKEN}
USER = ("collectd", "s3cret", "OTC00000000001000000001")  # name, password, domain


@dataclass
class ClientResponse:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["error_code"]


def send(
    url: str, method: str = "POST", body: bytes | dict = b"", headers: dict | None = None,
    tls: ssl.SSLContext | None = None, timeout: float = HANG,
) -> ClientResponse:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    if tls:
        client = http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=tls)
    else:
        client = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        client.request(method, target, content, headers or {})
        response = client.getresponse()
        return ClientResponse(response.status, response.headers, response.read())
    finally:
        client.close()


def progress(cloud: StandIn, *jobs: str, headers: dict | None = None, **more) -> ClientResponse:
    """The request of the plugin, valid unless arguments change it."""
    more.setdefault("body", {"jobs": list(jobs) or [JOB]})
    url = f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-progress"
    return send(url, headers=HEADERS if headers is None else headers, **more)


def sdk_date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def signed_headers(
    cloud: StandIn, access: str, secret: str, body: bytes, when: float | None = None, **more: str
) -> dict[str, str]:
    """Headers of a signed request for progress; `more` is signed as well."""
    headers = {
        "content-type": "application/json", "host": f"127.0.0.1:{cloud.port}",
        "x-sdk-date": sdk_date(time.time() if when is None else when),
        **{name.replace("_", "-"): value for name, value in more.items()}}
    names = sorted(headers)
    canonical = signing.canonical_request("POST", f"/v3/{PROJECT}/jobs/batch-progress", "", headers, names, body)
    value = signing.signature(secret, signing.string_to_sign(headers["x-sdk-date"], canonical))
    headers["authorization"] = (
        f"SDK-HMAC-SHA256 Access={access}, SignedHeaders={';'.join(names)}, Signature={value}")
    return headers


def signed(cloud: StandIn, access: str, secret: str, **more) -> ClientResponse:
    body = b'{"jobs":["%s"]}' % JOB.encode()
    return progress(cloud, body=body, headers=signed_headers(cloud, access, secret, body, **more))


def login_with(
    password: str | None = USER[1], project: str | dict | None = PROJECT, user: str | dict = USER[0]
) -> dict:
    """The body of a login; a user or a project may be given by name and domain, or by id."""
    named = user if isinstance(user, dict) else {"name": user, "domain": {"name": USER[2]}}
    identity = {"methods": ["password"], "password": {"user": {**named, "password": password}}}
    scope = project if isinstance(project, dict) else {"id": project}
    return {"auth": {"identity": identity, "scope": {"project": scope}}}


LOGIN = login_with()


def login(
    cloud: StandIn, body: bytes | dict | None = None, query: str = "?nocatalog=true", headers: dict | None = None
) -> ClientResponse:
    url = f"{cloud.identity_endpoint}/auth/tokens{query}"
    return send(url, body=LOGIN if body is None else body, headers=headers or JSON)


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn(project_id=PROJECT, token=TOKEN) as stand_in:
        stand_in.jobs[JOB] = {"job_id": JOB, "progress": "100"}
        yield stand_in


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Certificates(folder)
