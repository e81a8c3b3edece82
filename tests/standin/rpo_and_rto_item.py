# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""An item of batch-rpo-and-rto: what the node has not read yet, and what is read and not replayed.

Nobody has seen what the service reports before the incremental phase; here both delays are then -1,
which is its sign for "none" in batch-progress.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .migration import State

GMT8 = timezone(timedelta(hours=8))  # in every region


def rpo_and_rto(
    job_id: str, rpo: int | None = 0, rto: int | None = 0, now: float = 0.0,
    node: str = "mysql-bin-changelog.001732:62558", destination: str = "",
) -> dict:
    """The item of a job with these delays in milliseconds; None: there is none."""
    return {
        "job_id": job_id,
        "rpo_info": _info(rpo, now, node),
        "rto_info": _info(rto, now, destination or node),
    }


def written(job_id: str, state: State, now: float) -> dict:
    """The item of a migration at a time of the wall clock."""
    if state.delay is None or state.positions is None:
        return rpo_and_rto(job_id, None, None, now, "NA")
    rpo = int(state.unread * 1000)
    rto = int(state.delay * 1000) - rpo
    return rpo_and_rto(
        job_id, rpo, rto, now, state.positions.node, state.positions.destination or "NA"
    )


def _info(delay: int | None, now: float, check_point: str) -> dict:
    return {
        "delay": "-1" if delay is None else str(delay),
        "time": datetime.fromtimestamp(now, GMT8).strftime("%Y-%m-%d %H:%M:%S"),
        "gtid_set": "NA",
        "check_point": check_point,
    }
