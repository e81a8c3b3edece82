# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Each credential type in real collectd: used, renewed, and paused after a rejection."""

import os
from pathlib import Path

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, project, reported, write_secret
from daemons import Collectd
from support.build_module import build

DOMAIN, USER, PASSWORD = "OTC-EU-DE-00000000001", "collectd", 'a "pass\\word" of 1€'
ACCESS, SECRET = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    write_secret(path, PASSWORD)
    return path


@pytest.fixture
def user(cloud):
    """A user of the identity service, who may see the project."""
    return cloud.iam.add_user(USER, PASSWORD, DOMAIN, PROJECT_ID)


def login(cloud, path: Path) -> list[str]:
    return [f'IdentityEndpoint "{cloud.identity_endpoint}"', f'DomainName "{DOMAIN}"',
            f'User "{USER}"', f'PasswordFile "{path}"']


def key(path: Path) -> list[str]:
    return [f'AccessKey "{ACCESS}"', f'SecretKeyFile "{path}"']


def agency(cloud) -> list[str]:
    return ["Agency true", f'MetadataEndpoint "{cloud.metadata_endpoint}"']


def block(name: str, cloud, *lines: str) -> str:
    return project(name, cloud, *lines, without=["Token"])


def last(daemon, metric: str) -> float:
    """A self-metric of the last complete read."""
    reads = daemon.reads("prod")
    return reads[-1][f"prod/{metric}"] if reads else -1.0


# A login


def test_one_login_serves_all_cycles(cloud, user, password_file):
    cloud.iam.token_size = 8000
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_until(lambda: last(daemon, "total_requests-progress") >= 5, "five reads")
        read = daemon.reads()[-1]
    assert read[f"{JOB}/percent-total"] == 50
    assert read["prod/total_requests-token"] == 1
    assert read["prod/errors-auth"] == 0
    assert user.tries == 1
    assert {len(request.headers["x-auth-token"]) for request in cloud.requests} == {8000}


@pytest.mark.parametrize("code", ["APIG.0307", "DRS.M00100"])
def test_a_rejected_token_is_renewed_within_the_cycle(cloud, user, password_file, code):
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values with the first token")
        cloud.revoke_tokens(code)
        daemon.wait_until(lambda: user.tries == 2, "a second login")
        daemon.wait_for_new_reads(3)
        assert all(f"{JOB}/percent-total" in read for read in daemon.reads())
        assert last(daemon, "total_requests-token") == 2
    assert user.tries == 2


def test_denied_access_causes_no_login(cloud, user, password_file):
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values")
        cloud.revoke_tokens("DRS.M00102")
        daemon.wait_until(lambda: last(daemon, "errors-auth") >= 3, "three rejections")
    assert user.tries == 1


def test_a_token_is_renewed_before_it_ends_and_no_read_is_missed(cloud, user, password_file):
    cloud.iam.token_life = 24  # a quarter of it is for the renewal
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_until(lambda: user.tries >= 3, "two renewals")
        daemon.wait_for_new_reads(1)
        reads = daemon.reads()
    assert all(f"{JOB}/percent-total" in read for read in reads)
    assert all(read["prod/errors-auth"] == 0 for read in reads)


def test_a_rejected_password_is_not_retried_until_the_file_changes(cloud, user, password_file):
    write_secret(password_file, "wrong")
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_for_reads(5)
        assert user.tries == 1
        [line] = [line for line in daemon.lines("drs plugin: ") if line.level == "error"]
        assert USER in line.text and "requires authentication" in line.text
        assert last(daemon, "errors-auth") >= 4
        write_secret(password_file, PASSWORD)
        daemon.wait_until(lambda: reported(daemon), "values with the right password")
        assert daemon.lines("drs plugin: ")[-1].level == "info"
    assert user.tries == 2


def test_projects_of_one_user_share_the_login(cloud, user, password_file):
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB}
    lines = login(cloud, password_file)
    config = "".join(block(f"p{number}", cloud, *lines, f'Host "h{number}"')
                     for number in range(10))
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: len(daemon.reads("p9")) >= 3, "reads of all projects")
    assert user.tries == 1


def test_an_unavailable_identity_service_is_not_a_rejection(cloud, user, password_file):
    fault = cloud.inject("error", service="iam", status=503)
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_until(lambda: last(daemon, "errors-http") >= 1, "a read that fails")
        fault.stop()
        daemon.wait_until(lambda: reported(daemon), "values once it is available")
    assert user.failures == 0


# An access key


def test_requests_are_signed(cloud, tmp_path):
    cloud.keys.add(ACCESS, SECRET)
    write_secret(tmp_path / "secret", SECRET)
    with Collectd(block("prod", cloud, *key(tmp_path / "secret"))) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values")
        assert last(daemon, "total_requests-token") == 0
    assert all("x-auth-token" not in request.headers for request in cloud.requests)


def test_a_temporary_key_has_its_token(cloud):
    cloud.keys.add(ACCESS, SECRET, "a-security-token")
    lines = [f'AccessKey "{ACCESS}"', f'SecretKey "{SECRET}"', 'SecurityToken "a-security-token"']
    assert Collectd(block("prod", cloud, *lines)).test_read().status == 0


def test_the_path_of_the_endpoint_is_signed(cloud):
    cloud.keys.add(ACCESS, SECRET)
    cloud.drs.prefix = "/drs/of%20the%20north"
    lines = [f'AccessKey "{ACCESS}"', f'SecretKey "{SECRET}"', f'Endpoint "{cloud.endpoint}"']
    assert Collectd(block("prod", cloud, *lines)).test_read().status == 0


def test_a_wrong_key_is_tried_once_for_all_its_batches(cloud, tmp_path):
    known = cloud.keys.add(ACCESS, SECRET)
    jobs = [f'Job "00000000-0000-4000-8000-00000{number:03}jb50"' for number in range(20)]
    write_secret(tmp_path / "secret", "wrong")
    config = "".join(block(f"p{number}", cloud, *key(tmp_path / "secret"), *jobs, "BatchSize 1",
                           f'Host "h{number}"') for number in range(3))
    with Collectd(config) as daemon:
        daemon.wait_until(lambda: len(daemon.reads("p2")) >= 3, "three reads")
        assert known.tries == 1
        cloud.jobs.update({line.split('"')[1]: {"job_id": line.split('"')[1]} for line in jobs})
        write_secret(tmp_path / "secret", SECRET)
        daemon.wait_until(lambda: daemon.reads("p0")[-1]["p0/bool-up"] == 1, "values")
    assert known.lockouts == 0
    cloud.clear_problems("signature")


@pytest.mark.parametrize("minutes, expected", [(40.5, "behind"), (-40.5, "ahead of")])
def test_a_wrong_clock_is_named_in_the_log(cloud, minutes, expected):
    cloud.keys.add(ACCESS, SECRET)
    cloud.clock.advance(60 * minutes)
    lines = [f'AccessKey "{ACCESS}"', f'SecretKey "{SECRET}"']
    result = Collectd(block("prod", cloud, *lines)).test_read()
    [line] = [line.text for line in result.lines if line.level == "error"
              and line.text.startswith("drs plugin: ")]
    assert f"this machine's clock is 40 minutes {expected} the service's" in line
    assert SECRET not in line
    cloud.clear_problems("too far from the server's clock")


# An agency


@pytest.mark.parametrize("offer", [True, 404, 405, 503])
def test_an_agency_gives_keys(cloud, offer):
    cloud.metadata.offers_token = offer
    cloud.metadata.needs_token = offer is True
    with Collectd(block("prod", cloud, *agency(cloud))) as daemon:
        daemon.wait_until(lambda: last(daemon, "total_requests-progress") >= 5, "five reads")
        assert reported(daemon)
        assert last(daemon, "total_requests-token") == 2
    assert len(cloud.metadata.keys_given) == 1


def test_keys_of_an_agency_are_renewed_and_no_read_is_missed(cloud):
    cloud.metadata.key_life = 24
    with Collectd(block("prod", cloud, *agency(cloud))) as daemon:
        daemon.wait_until(lambda: len(cloud.metadata.keys_given) >= 3, "two renewals")
        daemon.wait_for_new_reads(1)
        reads = daemon.reads()
    assert all(f"{JOB}/percent-total" in read for read in reads)


def test_a_server_without_an_agency_is_logged(cloud):
    cloud.metadata.agency = False
    result = Collectd(block("prod", cloud, *agency(cloud))).test_read()
    assert result.status != 0
    assert any("this server has no agency" in line.text for line in result.lines)


# What is kept of secrets


def test_no_freed_block_has_a_secret(cloud, user, password_file, tmp_path):
    """Of those that the plugin frees, its JSON parser's included: a token that is replaced, and all at the end."""
    freed = tmp_path / "freed"
    environment = {"LD_PRELOAD": str(build("dump_freed", tmp_path)), "DUMP_FREED": str(freed)}
    with Collectd(block("prod", cloud, *login(cloud, password_file)), variables=environment) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values with the first token")
        cloud.revoke_tokens()
        daemon.wait_until(lambda: len(cloud.iam.issued) == 2, "a second token")
        cloud.wait_for_requests(len(cloud.requests) + 3)
    blocks = freed.read_bytes()
    assert blocks.count(cloud.identity_endpoint.encode()) >= 1  # so the search does find what is there
    for token in cloud.iam.issued:
        assert blocks.count(token.encode()) == 0
    assert blocks.count(PASSWORD.encode()) == 0
    assert blocks.count(PASSWORD.replace("\\", "\\\\").replace('"', '\\"').encode()) == 0


@pytest.mark.parametrize("mode, group, warned", [(0o644, 0, True), (0o604, 0, True), (0o640, 54321, True),
                                                 (0o440, 0, False), (0o640, 0, False)])
def test_a_file_that_others_may_read_is_a_warning(cloud, user, password_file, mode, group, warned):
    """systemd makes the mode 0440 of root's group, Kubernetes that of one of the daemon's groups."""
    password_file.chmod(mode)
    if group:
        os.chown(password_file, -1, group)
    with Collectd(block("prod", cloud, *login(cloud, password_file))) as daemon:
        daemon.wait_for_reads(3)
        lines = [line.text for line in daemon.lines("drs plugin: ") if line.level == "warning"]
    assert len(lines) == warned
    assert all(f"{password_file} is readable by " in line for line in lines)


@pytest.mark.parametrize("way", ["login", "key", "agency"])
def test_no_line_of_the_log_has_a_secret(cloud, user, tmp_path, way):
    write_secret(tmp_path / "wrong", "the-wrong-secret")
    cloud.keys.add(ACCESS, SECRET)
    lines = {"login": login(cloud, tmp_path / "wrong"), "key": key(tmp_path / "wrong"),
             "agency": agency(cloud)}[way]
    fault = cloud.inject("error", code="APIG.0301") if way == "agency" else None
    with Collectd(block("prod", cloud, *lines), log_level="debug") as daemon:
        daemon.wait_until(lambda: last(daemon, "errors-auth") >= 2, "two rejections")
        log = daemon.log_text()
    assert fault is None or cloud.metadata.keys_given
    if way == "key":
        cloud.clear_problems("signature")
    assert "the-wrong-secret" not in log
    for given in cloud.metadata.keys_given:
        assert cloud.keys.keys[given].secret not in log
        assert cloud.keys.keys[given].security_token not in log
