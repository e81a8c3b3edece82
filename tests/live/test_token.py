# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The token: reread when its file changes, and sent to the service only."""

import re
import subprocess

import pytest
from support.blocks import PROJECT_ID, TOKEN, project, reported, write_secret
from daemons import Collectd
from support.installed_paths import page


@pytest.fixture
def token_file(tmp_path):
    """A file with the token, as an administrator keeps it."""
    path = tmp_path / "token"
    write_secret(path, TOKEN)
    return path


def with_file(cloud, path) -> str:
    return project("prod", cloud, f'TokenFile "{path}"', without=["Token"])


def test_a_token_is_read_from_its_file_without_the_line_end(cloud, token_file):
    assert Collectd(with_file(cloud, token_file)).test_read().status == 0
    assert cloud.requests[0].headers["x-auth-token"] == TOKEN


def test_a_new_token_in_the_file_is_used_without_a_restart(cloud, token_file):
    with Collectd(with_file(cloud, token_file)) as daemon:
        daemon.wait_until(lambda: reported(daemon), "values with the first token")
        cloud.token = "the-second-token"
        daemon.wait_until(lambda: not reported(daemon), "the first token to be rejected")
        write_secret(token_file, "the-second-token")
        daemon.wait_until(lambda: reported(daemon), "values with the second token")


def test_a_missing_file_is_logged_once_and_used_when_it_appears(cloud, tmp_path):
    path = tmp_path / "not-yet"
    with Collectd(with_file(cloud, path)) as daemon:
        daemon.wait_for_reads(3)
        [line] = [line for line in daemon.lines("drs plugin: ") if line.level == "error"]
        assert '"prod"' in line.text and str(path) in line.text
        write_secret(path, TOKEN)
        daemon.wait_until(lambda: reported(daemon), "values with the token")
    assert len(cloud.requests) > 0


def test_a_token_is_in_no_line_of_the_log(cloud):
    cloud.token = "another-token"
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(2)
        log = daemon.log_text()
    assert "drs plugin: " in log
    assert TOKEN not in log


@pytest.mark.installed(9)
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_documented_exchange_gives_a_token_or_a_message(cloud, tmp_path, password):
    cloud.iam.add_user("collectd", "right", "OTC", PROJECT_ID)
    text = page("credentials.md")
    [login] = re.findall(r"```json\n(\{\"auth\".*?)```", text, re.DOTALL)
    [exchange] = re.findall(r"```sh\n(umask 077\n.*?)```", text, re.DOTALL)
    for place, value in {"USER": "collectd", "PASSWORD": password, "DOMAIN": "OTC", "PROJECT ID": PROJECT_ID}.items():
        login = login.replace(f'"{place}"', f'"{value}"')
    (tmp_path / "login.json").write_text(login)
    token = tmp_path / "drs-token"
    token.write_text("the old one\n")
    exchange = re.sub(r"IAM=.*", f"IAM={cloud.identity_endpoint}", exchange)
    exchange = exchange.replace("/etc/collectd/drs-token", str(token))
    done = subprocess.run(["sh", "-c", exchange], cwd=tmp_path, capture_output=True, text=True, check=False)
    if password == "right":
        assert done.returncode == 0, done.stderr
        assert token.read_text().strip() in cloud.iam.issued
        assert token.stat().st_mode & 0o77 == 0
    else:
        assert done.returncode != 0 and "NO TOKEN: HTTP 401: " in done.stderr
        assert token.read_text() == "the old one\n"
    assert {path.name for path in tmp_path.iterdir()} == {"login.json", "drs-token"}
