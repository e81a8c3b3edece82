# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""OpenStack's own client logs in, at the stand-in and at real Keystone; its token serves the plugin."""

import warnings

import pytest
from support.blocks import JOB, PROJECT_ID, project, reported, write_secret
from daemons import Collectd
from standin import StandIn

with warnings.catch_warnings():  # of libraries that it imports, about their own future
    warnings.simplefilter("ignore", DeprecationWarning)
    from keystoneauth1 import exceptions, identity, session
    from keystoneauth1.identity import v3

DOMAIN, USER, PASSWORD = "OTC-EU-DE-00000000002", "collectd", 'a "pass\\word" of 1€'


@pytest.fixture
def user(cloud):
    return cloud.iam.add_user(USER, PASSWORD, DOMAIN, PROJECT_ID)


def plugin(kind: type, endpoint: str, **more: object):
    """A login of keystoneauth."""
    login = {"username": USER, "password": PASSWORD, "user_domain_name": DOMAIN,
             "project_id": PROJECT_ID} | more
    return kind(auth_url=endpoint, **login)


def serve(cloud: StandIn, token: str, path, project_id: str) -> None:
    """Let the plugin work with a token until it has values."""
    write_secret(path, token)
    config = project("prod", cloud, f'TokenFile "{path}"', f'ProjectID "{project_id}"',
                     without=["Token"])
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values")
    assert {request.headers["x-auth-token"] for request in cloud.requests} == {token}


# Version 3 at once, or whatever version the service offers.
@pytest.mark.parametrize("kind", [v3.Password, identity.Password])
def test_its_token_from_the_stand_in_serves_the_plugin(cloud, user, tmp_path, kind):
    login = plugin(kind, cloud.identity_endpoint)
    token = session.Session(auth=login).get_token()
    assert token in cloud.iam.issued
    serve(cloud, token, tmp_path / "token", PROJECT_ID)
    requested = [(request.method, request.target) for request in cloud.iam.requests]
    version = [("GET", "/v3")] if kind is identity.Password else []
    assert requested == [*version, ("POST", "/v3/auth/tokens")]


@pytest.mark.parametrize("more", [
    {"include_catalog": False}, {"project_id": None, "project_name": "eu-de",
                                 "project_domain_name": DOMAIN},
    {"username": None, "user_domain_name": None, "user_id": f"id-of-{USER}"},
    {"user_domain_name": None, "user_domain_id": DOMAIN},
])
def test_each_form_of_login_is_accepted(cloud, user, more):
    login = plugin(v3.Password, cloud.identity_endpoint, **more)
    access = login.get_access(session.Session())
    assert (access.username, access.project_id) == (USER, PROJECT_ID)
    assert access.expires is not None and not access.will_expire_soon()
    assert user.tries == 1


def test_it_finds_the_service_in_the_catalog(cloud, user):
    endpoint = {"id": "1", "interface": "public", "region": "eu-de", "region_id": "eu-de",
                "url": cloud.endpoint}
    cloud.iam.catalog = [{"id": "2", "type": "drs", "name": "drs", "endpoints": [endpoint]}]
    found = session.Session(auth=plugin(v3.Password, cloud.identity_endpoint))
    response = found.post(f"/v3/{PROJECT_ID}/jobs/batch-progress", json={"jobs": [JOB]},
                          endpoint_filter={"service_type": "drs", "interface": "public"})
    assert (response.status_code, response.json()["count"]) == (202, 1)


def test_it_understands_an_error_of_the_stand_in(cloud, user):
    login = plugin(v3.Password, cloud.identity_endpoint, password="wrong")
    with pytest.raises(exceptions.Unauthorized, match="requires authentication"):
        session.Session(auth=login).get_token()
    assert user.tries == 1


def test_its_token_from_real_keystone_serves_the_plugin(keystone, tmp_path):
    domain = keystone.create_domain(DOMAIN)
    project_id = keystone.create_project("eu-de", domain)
    keystone.grant(keystone.create_user(USER, PASSWORD, domain), project_id)
    login = plugin(identity.Password, keystone.endpoint, project_id=project_id)
    token = session.Session(auth=login).get_token()
    with StandIn(project_id=project_id, token=None) as cloud:
        cloud.gate.knows = keystone.token_is_valid
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
        serve(cloud, token, tmp_path / "token", project_id)
        assert cloud.problems() == []
