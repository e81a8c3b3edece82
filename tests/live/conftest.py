# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the tests in real daemons share: the stand-in, which may have seen no client error."""

import shutil
import tempfile
from pathlib import Path

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN
from support.installed_paths import NOTIFY
from daemons import Keystone
from standin import Certificates, StandIn

# Seconds. A quarter of it is for the renewal: Keystone needs a while on a busy machine.
TOKEN_LIFE = 40


@pytest.fixture
def cloud():
    """A stand-in DRS that knows one job."""
    with StandIn(project_id=PROJECT_ID, token=TOKEN) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "50",
                           "transfer_status": "FULL_TRANSFER_STARTED"}
        yield cloud
        assert cloud.problems() == []


@pytest.fixture(scope="session")
def keystone():
    """A real Keystone, which takes long to start; each test has a domain or a user of its own."""
    with Keystone(token_life=TOKEN_LIFE) as keystone:
        yield keystone


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Throw-away certificates of an authority of their own."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def open_folder():
    """A folder that the user of collectd's exec plugin, who is never root, can write to."""
    with tempfile.TemporaryDirectory(prefix="drs-exec-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        shutil.copy(NOTIFY, folder)
        pager = folder / "pager"
        pager.write_text('#!/bin/sh\necho "$*" >> "${0%/*}/pages"\n')
        pager.chmod(0o755)
        yield folder
