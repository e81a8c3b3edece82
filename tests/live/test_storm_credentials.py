# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Credentials that would lock an account or load a service, in real collectd."""

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.blocks import PROJECT_ID, kept_fresh, project, reported, write_secret
from support.requirements import libcurl
from daemons import Collectd
from standin import StandIn

DOMAIN, USER, PASSWORD = "OTC-EU-DE-00000000001", "collectd", "the-right-password"
ACCESS, SECRET = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
PROJECTS = 10
OTHER_STATUSES = ["404", "405", "407", "408", "421", "425"]


@pytest.fixture
def user(cloud):
    """A user of the identity service, who may see the project."""
    return cloud.iam.add_user(USER, PASSWORD, DOMAIN, PROJECT_ID)


def login(endpoint: str, *password: str) -> list[str]:
    return [f'IdentityEndpoint "{endpoint}"', f'DomainName "{DOMAIN}"', f'User "{USER}"',
            *password]


def block(name: str, cloud: StandIn, *lines: str) -> str:
    return project(name, cloud, f'Host "{name}"', *lines, without=["Token"])


def agency_block(cloud: StandIn) -> str:
    return block("prod", cloud, "Agency true", f'MetadataEndpoint "{cloud.metadata_endpoint}"')


def last(daemon: Collectd, metric: str, name: str = "prod") -> float:
    """A self-metric of the project's last complete cycle."""
    reads = daemon.reads(name)
    return reads[-1].get(f"{name}/{metric}", 0.0) if reads else -1.0


def requests_of_pauses(seconds: float, first: float = 0.5) -> int:
    """How many pairs of requests fit, where each pause may be twice as long as the last."""
    return 2 * (2 + math.ceil(math.log2(1 + seconds / first)))


def wait_for_cycles(daemon: Collectd, count: int, names: list[str]) -> None:
    for name in names:
        daemon.wait_until(lambda name=name: len(daemon.reads(name)) >= count,
                          f"{count} cycles of {name}")


# An agency


def test_keys_that_have_expired_cost_a_request_and_a_pause(cloud):
    cloud.metadata.key_life = -60
    began = time.monotonic()
    with Collectd(agency_block(cloud)) as daemon:
        daemon.wait_until(lambda: last(daemon, "bool-up") == 0, "a cycle without keys")
        wait_for_cycles(daemon, 10, ["prod"])
        lines = [line.text for line in daemon.lines("drs plugin: ") if line.level == "error"]
        assert any("keys that have expired" in line for line in lines)
        elapsed = time.monotonic() - began
        assert len(cloud.metadata.requests) <= requests_of_pauses(elapsed)
        cloud.metadata.key_life = 3600
        daemon.wait_until(lambda: reported(daemon), "values with good keys")


def test_keys_that_end_before_their_successors_come(cloud):
    end = cloud.clock.now() + 3
    cloud.metadata.keys_end = end
    began = time.monotonic()
    with Collectd(agency_block(cloud)) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values with the first keys")
        daemon.wait_until(lambda: cloud.clock.now() > end + 2, "two seconds without keys")
        elapsed = time.monotonic() - began
        assert len(cloud.metadata.requests) <= 2 * requests_of_pauses(elapsed)
        cloud.metadata.keys_end = None
        given = len(cloud.metadata.keys_given)
        daemon.wait_until(lambda: len(cloud.metadata.keys_given) > given, "the successors")
        daemon.wait_until(lambda: last(daemon, "bool-up") == 1, "values with the successors")
    for request in cloud.requests:  # one may have been sent as the first keys ended
        if request.problems == ["the key has ended"]:
            request.problems.clear()


@pytest.mark.parametrize("tail", ["\r\nX-Injected: 1", "\n", "\x01"])
def test_a_session_token_cannot_add_a_header(cloud, tail):
    cloud.metadata.token_tail = tail
    began = time.monotonic()
    with Collectd(agency_block(cloud)) as daemon:
        wait_for_cycles(daemon, 5, ["prod"])
        elapsed = time.monotonic() - began
    assert len(cloud.metadata.requests) <= requests_of_pauses(elapsed)
    assert all("x-injected" not in request.headers for request in cloud.metadata.requests)
    assert not cloud.metadata.keys_given


# One user, one access key


def test_projects_with_a_password_file_each_try_the_user_once(cloud, user, tmp_path):
    config, names = "", [f"p{number}" for number in range(PROJECTS)]
    for number, name in enumerate(names):
        path = tmp_path / name
        write_secret(path, f"wrong-{number}")
        config += block(name, cloud, *login(cloud.identity_endpoint, f'PasswordFile "{path}"'))
    with Collectd(config) as daemon:
        wait_for_cycles(daemon, 3, names)
        for name in names:
            assert last(daemon, "errors-auth", name) >= 1
    assert user.tries == 1


def test_spellings_of_the_identity_service_are_one(cloud, user):
    endpoint = cloud.identity_endpoint
    port = endpoint.partition("127.0.0.1:")[2].partition("/")[0]
    # An older libcurl sends each of them as it is: for the service they are different hosts.
    hosts = ["127.1", "0x7f000001", "2130706433", "0177.0.0.1"] if libcurl() >= (7, 77) else []
    spellings = [endpoint, f"{endpoint}/", f"{endpoint}//", endpoint.replace("http:", "HTTP:"),
                 endpoint.replace(f":{port}", f":00{port}"), *(endpoint.replace("127.0.0.1", host) for host in hosts)]
    names = [f"p{number}" for number in range(len(spellings))]
    config = "".join(block(name, cloud, *login(spelling, f'Password "wrong-{name}"'))
                     for name, spelling in zip(names, spellings))
    for name, (user_name, domain) in {"case": (USER.upper(), DOMAIN), "domain": (USER, DOMAIN.lower())}.items():
        names.append(name)
        config += block(name, cloud, f'IdentityEndpoint "{endpoint}"', f'DomainName "{domain}"', f'User "{user_name}"',
                        f'Password "wrong-{name}"')
    with Collectd(config) as daemon:
        wait_for_cycles(daemon, 3, names)
    assert len(cloud.iam.requests) == 1
    assert user.tries == 1


def test_one_pause_for_an_access_key_with_many_secrets(cloud, tmp_path):
    known = cloud.keys.add(ACCESS, SECRET)
    config, names = "", [f"p{number}" for number in range(PROJECTS)]
    for number, name in enumerate(names):
        path = tmp_path / name
        write_secret(path, f"wrong-{number}")
        config += block(name, cloud, f'AccessKey "{ACCESS}"', f'SecretKeyFile "{path}"')
    with Collectd(config) as daemon:
        wait_for_cycles(daemon, 3, names)
        for name in names:
            assert last(daemon, "errors-auth", name) >= 1
    assert known.tries == 1
    for request in cloud.requests:
        request.problems.clear()


def rewrite_in_place(path: Path, daemon: Collectd) -> None:
    """Half-written contents, one after another, each there for at least a cycle."""
    for length in range(1, 4):
        path.write_text(PASSWORD[:length], encoding="utf-8")
        with kept_fresh(path):
            daemon.wait_for_new_reads(2, "prod")
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")


@contextmanager
def rejected_password(cloud, user, path: Path) -> Iterator[Collectd]:
    """A daemon whose first login with a file's password was rejected."""
    write_secret(path, "wrong")
    config = block("prod", cloud, *login(cloud.identity_endpoint, f'PasswordFile "{path}"'))
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: user.tries == 1, "the first login")
        yield daemon


def test_a_password_file_that_is_being_written_is_not_tried(cloud, user, tmp_path):
    path = tmp_path / "password"
    with rejected_password(cloud, user, path) as daemon:
        rewrite_in_place(path, daemon)
        daemon.wait_until(lambda: reported(daemon), "values with the whole password")
    assert user.tries == 2
    assert user.lockouts == 0


def test_a_rejected_password_that_is_written_again_is_not_tried(cloud, user, tmp_path):
    path = tmp_path / "password"
    with rejected_password(cloud, user, path) as daemon:
        for _ in range(3):
            write_secret(path, "wrong")
            os.utime(path, times=(time.time() - 2,) * 2)  # a file counts after a second
            daemon.wait_for_new_reads(2, "prod")
        assert user.tries == 1


# The identity service


@pytest.mark.parametrize("status", OTHER_STATUSES)
def test_a_failure_of_the_identity_service_is_no_rejected_login(cloud, user, status):
    config = block("prod", cloud, *login(cloud.identity_endpoint, f'Password "{PASSWORD}"'))
    fault = cloud.inject("error", service="iam", status=int(status), shape="html")
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: last(daemon, "errors-http") >= 1, "a cycle that fails")
        fault.stop()
        stopped = time.monotonic()
        daemon.wait_until(lambda: reported(daemon), "values once it is back", timeout=45)
        assert time.monotonic() - stopped < 40  # and not the minute of a rejected login
    assert user.failures == 0


def test_each_login_on_the_wire_is_counted(cloud, user):
    """The service reads logins and closes: on a kept connection libcurl would send them again."""
    cloud.iam.token_life = 3
    config = block("prod", cloud, *login(cloud.identity_endpoint, f'Password "{PASSWORD}"'))
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values with the first token")
        fault = cloud.inject("close-after-request", service="iam")
        daemon.wait_until(lambda: fault.hits >= 2, "two logins without a response")
        fault.stop()
        daemon.wait_until(lambda: last(daemon, "total_requests-token") >= 4, "a login that works")
        counted = last(daemon, "total_requests-token")
        sent = len(cloud.iam.requests)
    assert sent - counted in (0, 1)  # one may have been sent since
    connections = [request.connection for request in cloud.iam.requests]
    assert len(set(connections)) == len(connections)
