# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A stand-in for each test, and a plain client."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from standin import Certificates, StandIn
from standin.clock import HANG

PROJECT = "054ba152d480d55b2f5dc0069e7ddef0"
TOKEN = "t0k3n"
JOB = "8d0e8e36-a618-490d-8a46-8c61ac9jb502"
OTHER = "f95c5d83-d0c9-42bd-b295-38c31cd1jb15"
HEADERS = {"Content-Type": "application/json", "X-Auth-Token": TOKEN}


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


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn(project_id=PROJECT, token=TOKEN) as stand_in:
        stand_in.jobs[JOB] = {"job_id": JOB, "progress": "100"}
        yield stand_in


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Certificates(folder)
