# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The token: reread when its file changes, and sent to the service only."""

import pytest
from blocks import TOKEN, answered, project, write_secret
from daemons import Collectd


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
        daemon.wait_until(lambda: answered(daemon), "values with the first token")
        cloud.token = "the-second-token"
        daemon.wait_until(lambda: not answered(daemon), "the first token to be refused")
        write_secret(token_file, "the-second-token")
        daemon.wait_until(lambda: answered(daemon), "values with the second token")


def test_a_missing_file_is_said_once_and_used_when_it_comes(cloud, tmp_path):
    path = tmp_path / "not-yet"
    with Collectd(with_file(cloud, path)) as daemon:
        daemon.wait_for_reads(3)
        [complaint] = [line for line in daemon.lines("drs plugin: ") if line.level == "error"]
        assert '"prod"' in complaint.text and str(path) in complaint.text
        write_secret(path, TOKEN)
        daemon.wait_until(lambda: answered(daemon), "values with the token")
    assert len(cloud.requests) > 0


def test_a_token_is_in_no_line_of_the_log(cloud):
    cloud.token = "another-token"
    with Collectd(project("prod", cloud)) as daemon:
        daemon.wait_for_reads(2)
        log = daemon.log_text()
    assert "drs plugin: " in log
    assert TOKEN not in log
