# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The responses that are measured: an item as in the second example of the API's page, for any job."""

import json
from collections.abc import Iterable

PHASES = ("struct", "data", "index")
# What a job of such a response becomes: percent and time left of the whole, the delay, the process
# time, the task mode, the status, the error, the percent of each phase; and whether it is ready, which is
# the plugin's own.
GIVEN = 7 + len(PHASES)
VALUES = GIVEN + 1


def job_id(number: int) -> str:
    return f"{number:08x}-a618-490d-8a46-8c61ac9jb502"


def item(job: str) -> bytes:
    """A task in its full phase, every figure a string, as the service writes it."""
    phase = {"completed": "94%", "remaining_time": None}
    return json.dumps({
        "progress": "88",
        "job_id": job,
        "incre_trans_delay": "3",
        "task_mode": "FULL_INCR_TRANS",
        "transfer_status": "FULL_TRANSFER_STARTED",
        "process_time": "1594864576000",
        "remaining_time": "10",
        "progress_map": dict.fromkeys(PHASES, phase),
    }, separators=(",", ":")).encode()


def response(jobs: Iterable[str]) -> bytes:
    """The body of a response."""
    items = [item(job) for job in jobs]
    return b'{"count":%d,"results":[%s]}' % (len(items), b",".join(items))
