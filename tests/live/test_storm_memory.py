# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The plugin's own allocations fail in real collectd, one in each run: an error, and nothing half made.

Of two projects with a password each. Tried are every allocation of the thread that configures and starts the plugin,
and so each one in which a credential is made; of those that the plugin's own thread makes for its first read, every
STEP-th. libcurl's allocations are not among them, nor are those of other credential types and of later reads.
"""

from collections import Counter

from support.blocks import PROJECT_ID, project
from daemons import Collectd
from support.build_module import build

NAMES = "AB"
STEP = 3
MOST = 1000
# How many allocations a run has depends on the pieces in which responses come: so many numbers in a row that no
# allocation has are the end.
MISSES = 5


def blocks(cloud) -> str:
    """Projects that differ in their users only."""
    return "".join(project(name, cloud, f'Host "{name}"', f'IdentityEndpoint "{cloud.identity_endpoint}"',
                           "Interval 60", 'DomainName "d"', f'User "user-{name}"', f'Password "password-{name}"',
                           without=["Token"])
                   for name in NAMES)


def test_an_allocation_that_fails_is_an_error(cloud, tmp_path):
    users = {name: cloud.iam.add_user(f"user-{name}", f"password-{name}", "d", PROJECT_ID) for name in NAMES}
    failed, config, runs = tmp_path / "failed", blocks(cloud), Counter()
    preload = {"LD_PRELOAD": str(build("fail_alloc", tmp_path)), "ALLOC_FAILED": str(failed)}
    number, misses = 1, 0
    while number < MOST and misses < MISSES:
        failed.unlink(missing_ok=True)
        before = {name: user.tries for name, user in users.items()}
        result = Collectd(config, variables=preload | {"FAIL_ALLOC": str(number)}).test_read()
        assert result.status in (0, 1), number
        for name in NAMES:
            text = f'project "{name}": test read of'
            reported = any(text in line.text and "1 of 1" in line.text for line in result.lines)
            assert users[name].tries - before[name] == 1 or not reported, (number, name)
        if not failed.exists():
            misses, number = misses + 1, number + STEP
            continue
        misses = 0
        starting = failed.read_text() == "main"
        assert not starting or any(line.level == "error" and line.text.startswith("drs plugin: ")
                                   for line in result.lines), number
        runs[starting] += 1
        number += 1 if starting else STEP
    assert runs[True] > 50 and runs[False] > 10 and not failed.exists()
    assert all(user.failures == 0 for user in users.values())
