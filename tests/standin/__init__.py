# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A stand-in for a cloud's DRS, identity and metadata services, for tests, demo and benchmarks.

In a test (with tests/ on sys.path):

    from standin import Migration, StandIn

    with StandIn(project_id="054b...", token="t0k3n") as cloud:
        cloud.jobs["8d0e..."] = {"job_id": "8d0e...", "progress": "100"}  # sent as it stands
        cloud.jobs["f95c..."] = Migration()  # advances
        ...  # point the client at cloud.endpoint
        cloud.wait_for_requests(1)
        assert cloud.problems() == []

As a program: python3 -m standin --help
"""

from .cloud import StandIn
from .comparisons import Comparison
from .drs import BadJob
from .faults import FAULTS, Switch
from .request_log import Request
from .migration import Delay, Migration, Stage
from .api_errors import CODES, SHAPES, ApiError
from .rpo_and_rto_item import rpo_and_rto
from .throttle import Throttle
from .tls import Certificates

__all__ = [
    "ApiError", "BadJob", "CODES", "Certificates", "Comparison", "Delay", "FAULTS", "Migration", "Request",
    "SHAPES", "Stage", "StandIn", "Switch", "Throttle", "rpo_and_rto",
]
