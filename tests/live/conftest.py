# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the tests in real daemons share: the stand-in, which may have seen no client error."""

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN
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
