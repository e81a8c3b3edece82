# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The plugin's own allocations fail in real collectd, one in each run: an error, and nothing half made."""

from blocks import PROJECT_ID, project
from daemons import Collectd
from stock import build

NAMES = "ABC"
STEP = 5
MOST = 1000


def blocks(cloud) -> str:
    """Projects that differ in their users only."""
    return "".join(project(name, cloud, f'Host "{name}"', f'IdentityEndpoint "{cloud.identity_endpoint}"', "Interval 60",
                           'DomainName "d"', f'User "user-{name}"', f'Password "password-{name}"', without=["Token"])
                   for name in NAMES)


def test_an_allocation_that_fails_is_an_error(cloud, tmp_path):
    users = {name: cloud.iam.add_user(f"user-{name}", f"password-{name}", "d", PROJECT_ID) for name in NAMES}
    failed, config, runs = tmp_path / "failed", blocks(cloud), 0
    preload = {"LD_PRELOAD": str(build("fail_alloc", tmp_path)), "ALLOC_FAILED": str(failed)}
    for number in range(1, MOST, STEP):
        failed.unlink(missing_ok=True)
        before = {name: user.tries for name, user in users.items()}
        result = Collectd(config, variables=preload | {"FAIL_ALLOC": str(number)}).test_read()
        assert result.status in (0, 1), number
        for name in NAMES:
            text = f'project "{name}": test read of'
            reported = any(text in line.text and "1 of 1" in line.text for line in result.lines)
            assert users[name].tries - before[name] == 1 or not reported, (number, name)
        if not failed.exists():
            break
        runs += 1
        if failed.read_text() == "main":
            assert any(line.level == "error" for line in result.lines), number
    assert runs > 10 and not failed.exists()
    assert all(user.failures == 0 for user in users.values())
