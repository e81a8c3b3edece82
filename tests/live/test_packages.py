# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The packages: built, installed, used by the distribution's collectd, and purged without a trace."""

import os
import subprocess
from pathlib import Path

import pytest
from blocks import JOB, project

TOP = Path(__file__).resolve().parents[2]
SAMPLE = Path("/etc/collectd/collectd.conf.d/drs.conf")
MODULE = Path("/usr/lib/collectd/drs.so")
# Where a package may put something.
ROOTS = [Path("/etc"), Path("/usr/lib/collectd"), Path("/usr/share"), Path("/var/lib/collectd")]
# What dpkg and mandb keep for themselves.
IGNORED = ("/etc/.pwd.lock",)

CONFIGURATION = """
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}"
</Plugin>
LoadPlugin drs
<Plugin drs>
{drs}
</Plugin>
"""


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=False, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def as_root(*command: object) -> str:
    return run(*([] if os.geteuid() == 0 else ["sudo"]), *command)


def files() -> set[str]:
    """Everything that is in the places where a package may put something."""
    return {str(path) for root in ROOTS for path in root.rglob("*")} - set(IGNORED)


@pytest.fixture(scope="module")
def deb(tmp_path_factory) -> Path:
    """The Debian package; lintian has looked at it."""
    folder = tmp_path_factory.mktemp("deb")
    run(TOP / "packaging/deb", folder)
    [package] = folder.glob("collectd-drs_*.deb")
    return package


@pytest.fixture
def installed(deb):
    """The package on this machine, which had none of it before and has none of it after."""
    assert not MODULE.exists(), "the plugin is installed on this machine already"
    before = files()
    as_root("dpkg", "--install", deb)
    try:
        yield
    finally:
        as_root("dpkg", "--purge", "collectd-drs")
    assert files() - before <= {str(SAMPLE.parent)}


def test_the_installed_plugin_asks_the_service(installed, cloud, tmp_path):
    config = tmp_path / "collectd.conf"
    config.write_text(CONFIGURATION.format(folder=tmp_path, drs=project("prod", cloud)))
    run("/usr/sbin/collectd", "-T", "-C", config)
    assert [request.jobs for request in cloud.requests] == [[JOB]]
    assert "man5/collectd-drs.5" in run("dpkg", "--listfiles", "collectd-drs")


def test_the_installed_sample_says_nothing_until_it_is_edited(installed, tmp_path):
    lines = SAMPLE.read_text().splitlines()
    assert all(line.startswith("#") for line in lines)
    config = tmp_path / "collectd.conf"
    config.write_text(f'Include "{SAMPLE}"\n')
    run("/usr/sbin/collectd", "-t", "-C", config)
    # What its first line says makes the sample of the sources of it again.
    edited = tmp_path / "drs.conf"
    edited.write_text("".join(f"{line[1:]}\n" for line in lines[1:]))
    assert edited.read_text() == (TOP / "collectd.conf.d/drs.conf").read_text()


def test_an_rpm_package_is_built(tmp_path):
    run(TOP / "packaging/rpm", tmp_path)
    [package] = (tmp_path / "RPMS").rglob("collectd-drs-[0-9]*.rpm")
    listed = run("rpm", "--query", "--list", "--package", package).split()
    assert {"/etc/collectd.d/drs.conf", "/usr/lib64/collectd/drs.so"} <= set(listed)
    assert any(path.endswith("man5/collectd-drs.5") for path in listed)
