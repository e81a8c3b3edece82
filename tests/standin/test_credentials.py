# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's credentials: published signatures, what ends, and what locks."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from standin import Throttle, signing
from standin.conftest import HEADERS, PROJECT, USER, login, login_with, progress, send, signed

# Published: key, method, path, query, headers, signed, body, signature.
VECTORS = {
    "vpcs": (
        "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", "GET",
        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
        "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
        {"content-type": "application/json", "host": "service.region.example.com",
         "x-sdk-date": "20191115T033655Z"},
        b"", "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
    ),
    "get": (
        "SecretKey", "GET", "/resources", "size=1",
        {"host": "service.endpoint.myhuaweicloud.com", "x-sdk-date": "20200608T023900Z"},
        b"", "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842",
    ),
    "post": (
        "SecretKey", "POST", "/resources", "size=1",
        {"host": "service.endpoint.myhuaweicloud.com", "x-sdk-date": "20200608T023900Z"},
        b'{"name":"test","id":1}',
        "436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f",
    ),
    "date alone": (
        "SecretKey", "GET", "/path", "limit=1", {"x-sdk-date": "20060102T150405Z"},
        b"", "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
    ),
}
TOKEN_PATH = "/meta-data/latest/api/token"
KEY_PATH = "/openstack/latest/securitykey"


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_the_published_vectors(vector):
    secret, method, path, query, headers, body, expected = vector
    canonical = signing.canonical_request(method, path, query, headers, sorted(headers), body)
    to_sign = signing.string_to_sign(headers["x-sdk-date"], canonical)
    assert signing.signature(secret, to_sign) == expected


def test_the_canonical_forms():
    assert signing.canonical_uri("/a b/%7e%2f/ü") == "/a%20b/~%2F/%C3%BC/"
    assert signing.canonical_uri("/") == "/"
    assert signing.canonical_query("b=2&a=x y&a=&c") == "a=&a=x%20y&b=2&c="


def test_the_clock_may_be_a_quarter_of_an_hour_off(cloud):
    cloud.keys.add("AK", "SK")
    for offset, status in ((-890, 202), (890, 202), (-910, 401), (910, 401)):
        assert signed(cloud, "AK", "SK", when=time.time() + offset).status == status
    cloud.clock.advance(910)
    assert signed(cloud, "AK", "SK", when=time.time() + 910).status == 202


def test_a_key_is_locked_after_more_than_five_rejections(cloud):
    key = cloud.keys.add("AK", "SK")
    for _ in range(5):
        assert signed(cloud, "AK", "wrong").status == 401
    assert signed(cloud, "AK", "SK").status == 202
    for _ in range(6):
        assert signed(cloud, "AK", "wrong").status == 401
    assert signed(cloud, "AK", "SK").status == 401
    assert (key.lockouts, key.tries) == (1, 13)
    cloud.clock.advance(301)
    assert signed(cloud, "AK", "SK", when=cloud.clock.now()).status == 202


def test_a_temporary_key_has_a_token_and_an_end(cloud):
    cloud.keys.add("AK", "SK", security_token="st", expires=cloud.clock.now() + 60)
    assert signed(cloud, "AK", "SK").status == 401
    assert signed(cloud, "AK", "SK", x_security_token="st").status == 202
    cloud.clock.advance(61)
    assert signed(cloud, "AK", "SK", x_security_token="st").status == 401


def test_tokens_end_and_are_revoked(cloud):
    user = cloud.iam.add_user(*USER, PROJECT)
    cloud.iam.token_life, cloud.iam.token_size = 60, 32 * 1024

    def use(token):
        return progress(cloud, headers={**HEADERS, "X-Auth-Token": token})

    response = login(cloud)
    first = response.headers["X-Subject-Token"]
    ends = datetime.strptime(response.json["token"]["expires_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(ends.timestamp() - time.time() - 60) < 60
    assert (response.status, len(first), use(first).status) == (201, 32 * 1024, 202)
    for code, status in {"APIG.0307": 401, "DRS.M00100": 403, "DRS.M00102": 403, "DRS.M00103": 401}.items():
        cloud.revoke_tokens(code)
        assert (use(first).status, use(first).code) == (status, code)
    second = login(cloud).headers["X-Subject-Token"]
    assert use(second).status == 202
    assert (user.tries, cloud.problems()) == (2, [])
    cloud.clock.advance(61)
    assert use(second).code == "DRS.M00100"
    assert "past its expires_at" in cloud.problems()[0]


def test_a_wrong_password_locks_the_user(cloud):
    user = cloud.iam.add_user(*USER, PROJECT)
    cloud.iam.lock_after = 3
    for _ in range(3):
        response = login(cloud, login_with(password="wrong"))
        assert (response.status, response.json["error"]["title"]) == (401, "Unauthorized")
    assert "locked" in login(cloud).json["error"]["message"]
    assert (user.tries, user.lockouts) == (4, 1)
    cloud.clock.advance(cloud.iam.lock_seconds + 1)
    assert login(cloud).status == 201


def test_other_errors_of_a_login(cloud):
    cloud.iam.add_user(*USER, PROJECT)
    assert login(cloud, login_with(user="nobody")).status == 401
    assert login(cloud, login_with(project="other")).status == 403
    cloud.iam.throttle = Throttle(0, 60, code="IAM.0012")
    assert (login(cloud).status, login(cloud).code) == (429, "IAM.0012")
    assert cloud.problems() == []


@pytest.mark.parametrize("query, catalog", [("", True), ("?nocatalog", False), ("?nocatalog=true", False)])
def test_the_catalog_comes_where_nobody_declines_it(cloud, query, catalog):
    cloud.iam.add_user(*USER, PROJECT)
    cloud.iam.catalog = [{"type": "drs", "endpoints": []}]
    assert login(cloud, query=query).json["token"].get("catalog") == (cloud.iam.catalog if catalog else None)


def test_the_metadata_service_hands_out_keys_that_work(cloud):
    base = cloud.metadata_endpoint
    session = send(base + TOKEN_PATH, "PUT", headers={"X-Metadata-Token-Ttl-Seconds": "21600"})
    headers = {"X-Metadata-Token": session.body.decode()}
    cloud.metadata.needs_token = True
    assert send(base + KEY_PATH, "GET").status == 401
    key = send(base + KEY_PATH, "GET", headers=headers).json["credential"]
    assert cloud.metadata.keys_given == [key["access"]]
    more = {"x_security_token": key["securitytoken"]}
    assert signed(cloud, key["access"], key["secret"], **more).status == 202
    cloud.clock.advance(cloud.metadata.key_life + 1)
    assert signed(cloud, key["access"], key["secret"], when=cloud.clock.now(), **more).status == 401


@pytest.mark.parametrize("status", [404, 405, 503])
def test_the_session_token_may_not_be_offered(cloud, status):
    cloud.metadata.offers_token = status
    assert send(cloud.metadata_endpoint + TOKEN_PATH, "PUT").status == status
    assert send(cloud.metadata_endpoint + KEY_PATH, "GET").status == 200
    cloud.metadata.agency = False
    response = send(cloud.metadata_endpoint + KEY_PATH, "GET")
    assert (response.status, response.body) == (401, b"Please configure Cloud Service Agency first")
    assert cloud.problems() == []
