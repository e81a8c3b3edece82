# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Logins at real Keystone, which also validates the tokens for the stand-in DRS."""

import json
import urllib.error
import urllib.request

import pytest
from support.blocks import JOB, project, reported, write_secret
from daemons import Collectd, Keystone
from standin import StandIn

DOMAIN = "OTC-EU-DE-00000000001"


class Account:
    """A user with a role in a project, each of its own for each test."""

    def __init__(self, keystone: Keystone, domain: str, name: str) -> None:
        self.keystone = keystone
        self.name = name
        self.project = keystone.create_project(f"eu-de_{name}", domain)
        self.user = keystone.create_user(name, "first", domain)
        keystone.grant(self.user, self.project)
        self.logins_before = len(keystone.logins())

    def logins(self) -> list[int]:
        """The status of every login of the test."""
        return self.keystone.logins()[self.logins_before:]


@pytest.fixture(scope="module")
def domain(keystone):
    return keystone.create_domain(DOMAIN)


@pytest.fixture
def account(keystone, domain, request):
    return Account(keystone, domain, request.node.name)


@pytest.fixture
def service(account):
    """A DRS whose tokens are Keystone's."""
    with StandIn(project_id=account.project, token=None) as cloud:
        cloud.gate.knows = account.keystone.token_is_valid
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "50"}
        yield cloud
        assert cloud.problems() == []


def block(service, account, path) -> str:
    return project(
        "prod", service, f'IdentityEndpoint "{account.keystone.endpoint}"',
        f'DomainName "{DOMAIN}"', f'User "{account.name}"', f'PasswordFile "{path}"',
        # The stand-in validates the token at Keystone before it responds, which may take a while.
        f'ProjectID "{account.project}"', "Interval 9", without=["Token"])


def logins(daemon, account, expected: list[int]) -> None:
    """Wait until Keystone has seen these."""
    daemon.wait_until(lambda: account.logins() == expected, f"logins {expected}")


def test_keystone_issues_tokens_to_users_with_the_password(account):
    assert log_in(account, "first").status == 201
    account.keystone.change_password(account.user, "second")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        log_in(account, "first")
    account.keystone.wait_until(lambda: account.logins() == [201, 401], "both logins in its log")


def log_in(account: Account, password: str):
    """Ask for a token as the plugin does."""
    user = {"name": account.name, "password": password, "domain": {"name": DOMAIN}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                     "scope": {"project": {"id": account.project}}}}
    return urllib.request.urlopen(urllib.request.Request(
        f"{account.keystone.endpoint}/auth/tokens?nocatalog=true", json.dumps(body).encode(),
        {"Content-Type": "application/json"}))


def test_a_login_and_its_renewal(service, account, tmp_path):
    write_secret(tmp_path / "password", "first")
    with Collectd(block(service, account, tmp_path / "password")) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values")
        logins(daemon, account, [201])
        daemon.wait_until(lambda: account.logins() == [201] * 3, "two renewals")
        daemon.wait_until(lambda: daemon.reads()[-1]["prod/total_requests-token"] == 3,
                          "a read after them")
        # A busy machine may miss an interval, but no request has an old token.
        assert not [line for line in daemon.lines("drs plugin: ") if ": auth: " in line.text]


def test_a_login_is_retried_with_a_new_password(service, account, tmp_path):
    write_secret(tmp_path / "password", "wrong")
    with Collectd(block(service, account, tmp_path / "password")) as daemon:
        logins(daemon, account, [401])
        daemon.wait_for_new_reads(3)
        logins(daemon, account, [401])
        write_secret(tmp_path / "password", "first")
        daemon.wait_until(lambda: reported(daemon), "values with the right password")
        assert account.logins()[:2] == [401, 201]


def test_a_user_without_the_role(service, account, tmp_path):
    account.keystone.revoke(account.user, account.project)
    write_secret(tmp_path / "password", "first")
    with Collectd(block(service, account, tmp_path / "password")) as daemon:
        logins(daemon, account, [401])
        daemon.wait_for_new_reads(3)
        [line] = [line for line in daemon.lines("drs plugin: ") if line.level == "error"]
        assert '"prod"' in line.text and account.name in line.text
        logins(daemon, account, [401])


def test_a_password_that_changes_under_a_running_daemon(service, account, tmp_path):
    write_secret(tmp_path / "password", "first")
    with Collectd(block(service, account, tmp_path / "password")) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values")
        account.keystone.change_password(account.user, "second")
        daemon.wait_until(lambda: 401 in account.logins(), "the old one to be rejected")
        write_secret(tmp_path / "password", "second")
        daemon.wait_until(lambda: account.logins()[-1] == 201, "a login with the new one")
        daemon.wait_until(lambda: reported(daemon), "values with the new one")
        assert account.logins().count(401) == 1
