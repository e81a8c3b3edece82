# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's identity service, signatures and metadata service."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

from standin import StandIn, Throttle
from standin import signing
from standin.conftest import HEADERS, JOB, PROJECT, send, progress

JSON = {"Content-Type": "application/json"}
USER, PASSWORD, DOMAIN = "collectd", "s3cret", "OTC00000000001000000001"

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


def sdk_date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def signed_headers(
    cloud: StandIn, access: str, secret: str, body: bytes, when: float | None = None, **more: str
) -> dict[str, str]:
    """Headers of a signed request for progress; `more` is signed as well."""
    headers = {
        "content-type": "application/json",
        "host": f"127.0.0.1:{cloud.port}",
        "x-sdk-date": sdk_date(time.time() if when is None else when),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    path = f"/v3/{PROJECT}/jobs/batch-progress"
    names = sorted(headers)
    canonical = signing.canonical_request("POST", path, "", headers, names, body)
    value = signing.signature(secret, signing.string_to_sign(headers["x-sdk-date"], canonical))
    headers["authorization"] = (
        f"SDK-HMAC-SHA256 Access={access}, SignedHeaders={';'.join(names)}, Signature={value}"
    )
    return headers


def signed(cloud: StandIn, access: str, secret: str, **more):
    body = b'{"jobs":["%s"]}' % JOB.encode()
    return progress(cloud, body=body, headers=signed_headers(cloud, access, secret, body, **more))


def test_a_right_signature_is_let_in(cloud):
    cloud.keys.add("AK", "SK")
    cloud.keys.add("AK2", "SK2")
    assert signed(cloud, "AK", "SK").status == 202
    assert signed(cloud, "AK2", "SK2", x_project_id=PROJECT).status == 202
    assert cloud.problems() == []


@pytest.mark.parametrize(
    "change",
    [
        {"x-sdk-date": "20200101T000000Z"}, {"x-sdk-date": "now"}, {"host": "elsewhere"},
        {"content-type": "application/json; charset=utf-8"}, {"authorization": "SDK-HMAC-SHA256 x"},
        {"x-security-token": "uncalled"},
    ],
)
def test_a_changed_request_is_rejected(cloud, change):
    cloud.keys.add("AK", "SK")
    body = b'{"jobs":["%s"]}' % JOB.encode()
    headers = {**signed_headers(cloud, "AK", "SK", body), **change}
    response = progress(cloud, body=body, headers=headers)
    assert (response.status, response.code) == (401, "APIG.0301")
    assert len(cloud.requests[0].problems) == 1


def test_a_changed_body_is_rejected(cloud):
    cloud.keys.add("AK", "SK")
    headers = signed_headers(cloud, "AK", "SK", b'{"jobs":["x"]}')
    response = progress(cloud, body={"jobs": [JOB]}, headers=headers)
    assert response.status == 401 and "verify aksk signature fail" in response.body.decode()


def test_the_date_must_be_signed(cloud):
    cloud.keys.add("AK", "SK")
    date = sdk_date(time.time())
    host = f"127.0.0.1:{cloud.port}"
    path = f"/v3/{PROJECT}/jobs/batch-progress"
    canonical = signing.canonical_request("POST", path, "", {"host": host}, ["host"], b"{}")
    value = signing.signature("SK", signing.string_to_sign(date, canonical))
    authorization = f"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature={value}"
    headers = {**JSON, "Host": host, "X-Sdk-Date": date, "Authorization": authorization}
    response = progress(cloud, body=b"{}", headers=headers)
    assert response.status == 401 and "signed headers host" in response.body.decode()


def test_a_token_beside_a_signature_is_rejected(cloud):
    cloud.keys.add("AK", "SK")
    body = b'{"jobs":["%s"]}' % JOB.encode()
    headers = {**signed_headers(cloud, "AK", "SK", body), "X-Auth-Token": "t0k3n"}
    assert progress(cloud, body=body, headers=headers).status == 401


def test_the_clock_may_be_a_quarter_of_an_hour_off(cloud):
    cloud.keys.add("AK", "SK")
    for offset, status in ((-890, 202), (890, 202), (-910, 401), (910, 401)):
        assert signed(cloud, "AK", "SK", when=time.time() + offset).status == status
    cloud.clock.advance(910)
    response = signed(cloud, "AK", "SK", when=time.time() + 910)
    assert response.status == 202
    assert abs(cloud.clock.now() - time.time() - 910) < 60


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


def test_another_project_in_a_signature_is_rejected(cloud):
    cloud.keys.add("AK", "SK")
    assert signed(cloud, "AK", "SK", x_project_id="other").status == 403


def login_body(password: str = PASSWORD, project: str = PROJECT, user: str = USER) -> dict:
    requested = {"name": user, "password": password, "domain": {"name": DOMAIN}}
    identity = {"methods": ["password"], "password": {"user": requested}}
    return {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}


def login(cloud: StandIn, query: str = "?nocatalog=true", headers=None, body=None, **more):
    url = f"{cloud.identity_endpoint}/auth/tokens{query}"
    return send(url, body=login_body(**more) if body is None else body, headers=headers or JSON)


@pytest.fixture
def user(cloud):
    return cloud.iam.add_user(USER, PASSWORD, DOMAIN, PROJECT)


def test_a_login_issues_a_token_that_drs_accepts(cloud, user):
    response = login(cloud)
    token = response.headers["X-Subject-Token"]
    assert response.status == 201 and len(token) == cloud.iam.token_size
    ends = datetime.strptime(response.json["token"]["expires_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(ends.timestamp() - time.time() - 86400) < 60
    assert progress(cloud, headers={**HEADERS, "X-Auth-Token": token}).status == 202
    assert (user.tries, cloud.problems()) == (1, [])


def test_a_token_of_32_kilobytes(cloud, user):
    cloud.iam.token_size = 32 * 1024
    token = login(cloud).headers["X-Subject-Token"]
    assert len(token) == 32 * 1024
    assert progress(cloud, headers={**HEADERS, "X-Auth-Token": token}).status == 202


def test_tokens_end_and_are_revoked(cloud, user):
    cloud.iam.token_life = 60

    def use(token):
        return progress(cloud, headers={**HEADERS, "X-Auth-Token": token})

    first = login(cloud).headers["X-Subject-Token"]
    for code, status in {"APIG.0307": 401, "DRS.M00100": 403, "DRS.M00102": 403,
                         "DRS.M00103": 401}.items():
        cloud.revoke_tokens(code)
        response = use(first)
        assert (response.status, response.code) == (status, code)
    second = login(cloud).headers["X-Subject-Token"]
    assert use(second).status == 202
    assert cloud.problems() == []
    cloud.clock.advance(61)
    assert use(second).code == "DRS.M00100"
    assert "past its expires_at" in cloud.problems()[0]


def test_a_wrong_password_locks_the_user(cloud, user):
    cloud.iam.lock_after = 3
    for _ in range(3):
        response = login(cloud, password="wrong")
        assert response.status == 401
        assert response.json["error"]["code"] == 401
        assert response.json["error"]["title"] == "Unauthorized"
    assert "locked" in login(cloud).json["error"]["message"]
    assert (user.tries, user.lockouts) == (4, 1)
    cloud.clock.advance(cloud.iam.lock_seconds + 1)
    assert login(cloud).status == 201


def test_other_errors_of_a_login(cloud, user):
    assert login(cloud, user="nobody").status == 401
    assert login(cloud, project="other").status == 403
    cloud.iam.throttle = Throttle(0, 60, code="IAM.0012")
    response = login(cloud)
    assert (response.status, response.code) == (429, "IAM.0012")
    assert cloud.problems() == []


@pytest.mark.parametrize(
    "more",
    [
        {"query": "?catalog=false"}, {"query": "?nocatalog=true&a=b"},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {**JSON, "X-Auth-Token": "t"}}, {"body": b"{"}, {"body": {"auth": {}}},
        {"body": login_body(password=None)}, {"body": login_body(user="")},
        {"body": login_body(project=None)}, {"body": b"[1]"}, {"body": b'{"auth":{"identity":1}}'},
        {"body": {"auth": {**login_body()["auth"], "scope": {}}}},
    ],
)
def test_a_malformed_login_is_rejected_and_recorded(cloud, user, more):
    assert login(cloud, **more).status == 400
    assert len(cloud.iam.requests[0].problems) == 1
    assert user.tries == 0


@pytest.mark.parametrize("query, catalog", [
    ("", True), ("?nocatalog", False), ("?nocatalog=true", False),
])
def test_the_catalog_comes_where_nobody_declines_it(cloud, user, query, catalog):
    cloud.iam.catalog = [{"type": "drs", "endpoints": []}]
    response = login(cloud, query)
    assert response.status == 201
    assert response.json["token"].get("catalog") == (cloud.iam.catalog if catalog else None)
    assert cloud.problems() == []


@pytest.mark.parametrize("requested", [
    {"id": "id-of-collectd"}, {"name": USER, "domain": {"id": DOMAIN}},
    {"name": USER, "domain": {"name": DOMAIN}, "more": 1},
])
@pytest.mark.parametrize("project", [
    {"id": PROJECT}, {"name": "eu-de", "domain": {"name": DOMAIN}},
])
def test_ids_and_names_are_accepted(cloud, user, requested, project):
    body = login_body()
    body["auth"]["identity"]["password"]["user"] = {**requested, "password": PASSWORD}
    body["auth"]["scope"]["project"] = project
    response = login(cloud, body=body)
    assert response.status == 201
    assert response.json["token"]["project"]["id"] == PROJECT
    assert cloud.problems() == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_version_of_the_identity_service(cloud, slash):
    response = send(cloud.identity_endpoint + slash, "GET")
    [link] = response.json["version"]["links"]
    assert response.status == 200
    assert link == {"rel": "self", "href": cloud.identity_endpoint + "/"}
    assert cloud.problems() == []


TOKEN_PATH = "/meta-data/latest/api/token"
KEY_PATH = "/openstack/latest/securitykey"


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
    late = cloud.clock.now()
    assert signed(cloud, key["access"], key["secret"], when=late, **more).status == 401


@pytest.mark.parametrize("status", [404, 405, 503])
def test_the_session_token_may_not_be_offered(cloud, status):
    cloud.metadata.offers_token = status
    assert send(cloud.metadata_endpoint + TOKEN_PATH, "PUT").status == status
    assert send(cloud.metadata_endpoint + KEY_PATH, "GET").status == 200
    assert cloud.metadata.requests[0].problems == []


def test_a_server_without_agency_and_wrong_requests(cloud):
    base = cloud.metadata_endpoint
    cloud.metadata.agency = False
    response = send(base + KEY_PATH, "GET")
    assert response.status == 401
    assert response.body == b"Please configure Cloud Service Agency first"
    assert cloud.problems() == []
    assert send(base + TOKEN_PATH, "PUT").status == 400
    assert send(base + KEY_PATH, "GET", headers={"X-Metadata-Token": "x"}).status == 401
    assert send(base + "/", "GET").status == 404
    assert len(cloud.problems()) == 3
