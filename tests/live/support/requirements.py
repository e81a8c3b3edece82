# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What a machine or a release may not have: tests that need it are skipped, with the reason."""

import os
import re
import subprocess

import pytest


def need_package(name: str) -> None:
    """Skip the test where the release has no such package; tests/prepare.sh found out."""
    if name in os.environ.get("DRS_LACKING", "").split():
        pytest.skip(f"this release has no package {name}")


def libcurl() -> tuple[int, ...]:
    """The version that the module was built with."""
    done = subprocess.run(["pkg-config", "--modversion", "libcurl"], capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.strip().split(".")))


def need_prometheus() -> None:
    """Skip the test where Prometheus is older than monitoring/README.md wants, and Alertmanager as old."""
    told = subprocess.run(["promtool", "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr).groups()
    if tuple(map(int, version)) < (2, 42):
        pytest.skip(f"Prometheus {'.'.join(version)} is older than the rules want")


def own_mounts() -> list[str]:
    """The start of a command line whose mounts nobody else sees; a container may not allow that."""
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    tried = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False,
                           capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"this machine does not allow mounts of one's own: {tried.stderr.strip()}")
    return command
