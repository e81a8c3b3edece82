# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Which tests depend on the release: on its libraries, its collectd, its stores or its Python."""

from __future__ import annotations

from pathlib import Path

import pytest

# All else is the same everywhere, and run once; tests/releases/run runs these on each release.
DEPEND_ON_THE_RELEASE = {
    "live/test_carbon.py", "live/test_clock.py", "live/test_credentials.py", "live/test_daemons.py",
    "live/test_dashboards.py", "live/test_keystone.py", "live/test_monitoring.py",
    "live/test_notifications.py", "live/test_packages.py", "live/test_pipelines.py",
    "live/test_requests.py", "live/test_stop.py", "live/test_tls.py", "live/test_token.py",
    "live/test_values.py", "standin/test_credentials.py", "standin/test_standin.py",
    "standin/test_tls.py",
}


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
    missing = {name for name in DEPEND_ON_THE_RELEASE if not (Path(__file__).parent / name).exists()}
    if missing:
        raise pytest.UsageError(f"tests/conftest.py names modules that do not exist: {missing}")
