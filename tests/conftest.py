# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Which tests depend on the release, and how pytest-xdist divides the tests among its workers."""

from __future__ import annotations

from pathlib import Path

import pytest

# All else is the same everywhere, and run once; tests/releases/run runs these on each release.
DEPEND_ON_THE_RELEASE = {
    "live/test_alertmanager.py", "live/test_carbon.py", "live/test_clock.py", "live/test_credentials.py",
    "live/test_daemons.py", "live/test_dashboards.py", "live/test_keystone.py", "live/test_monitoring.py",
    "live/test_notifications.py", "live/test_packages.py", "live/test_pipelines.py", "live/test_receivers.py",
    "live/test_requests.py", "live/test_stop.py", "live/test_tls.py", "live/test_token.py", "live/test_values.py",
    "standin/test_credentials.py", "standin/test_faults.py", "standin/test_responses.py",
}

# One worker runs all tests of these files: they share a server, an installation, or the machine's packages.
SHARING = {"live/test_keystone.py": "keystone", "live/test_oracle_keystoneauth.py": "keystone",
           "live/test_oracle.py": "oracle", "live/test_receivers.py": "receivers", "live/test_packages.py": "packages"}
# One worker runs the rows of a group, which share a daemon.
MATRIX = "live/test_fault_matrix.py"
# The longest begin first.
LONGEST = ("packages", "receivers", "keystone", "live/test_discovery.py::test_each_fault", MATRIX, "live/test_soak.py",
           "live/test_rejections.py::test_jobs_that", "live/test_monitoring.py", "live/test_dashboards.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, before pytest selects by marks; and report the row of tests/releases/installed."""
    here = Path(__file__).parent
    for item in items:
        for marker in item.iter_markers("installed"):
            item.user_properties.append(("row", marker.args[0]))
        if Path(str(item.fspath)).relative_to(here).as_posix() in DEPEND_ON_THE_RELEASE:
            item.add_marker("release")


def pytest_sessionstart() -> None:
    """A module that was renamed must not drop out silently."""
    names = {*DEPEND_ON_THE_RELEASE, *SHARING, MATRIX}
    missing = {name for name in names if not (Path(__file__).parent / name).exists()}
    if missing:
        raise pytest.UsageError(f"tests/conftest.py names modules that do not exist: {missing}")


def unit_of(nodeid: str) -> str:
    """What one worker runs as a whole: a test, the files that share something, or a group of the matrix."""
    file, _, test = nodeid.partition("::")
    if file in SHARING:
        return SHARING[file]
    if file == MATRIX and "[" in test:
        group = test.partition("[")[2].rstrip("]").partition("-")[0]
        return f"{file}::{group}"
    return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out tests one by one to whichever worker is free, but for those that share something."""
    from xdist.scheduler import LoadScopeScheduling  # only ./tests/run needs it

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

        def _assign_work_unit(self, node: object) -> None:
            if not any(self.assigned_work.values()):  # the first
                for unit in reversed(sorted(self.workqueue, key=_longest)):
                    self.workqueue.move_to_end(unit, last=False)
            super()._assign_work_unit(node)

    return Scheduling(config, log)


def _longest(unit: str) -> int:
    """The place of a unit: in the order of LONGEST, and behind it."""
    return next((at for at, start in enumerate(LONGEST) if unit.startswith(start)), len(LONGEST))
