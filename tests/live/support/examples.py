# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The two example responses of the API's page, and the metrics that they have to become."""

import json
from pathlib import Path

CASES = Path(__file__).resolve().parents[2] / "cases"

# By the name of the example: by job, the type and type instance of each metric with its value.
METRICS = {
    "example-1": {
        "8d0e8e36-a618-490d-8a46-8c61ac9jb502": {
            "percent-total": 100,
            "delay-incremental": 0,
            "timeleft-total": 0,
            "timeleft-estimated": 0,
            "gauge-process_time": 1608274919,
            "gauge-task_mode": 3,
            "gauge-status": 203,
            "bool-error": 0,
        },
    },
    "example-2": {
        "edae91cb-5892-49b6-a529-4921fb26jb21": {
            "percent-total": 100,
            "delay-incremental": 0,
            "timeleft-total": 10,
            "timeleft-estimated": 0,
            "gauge-process_time": 1594864576,
            "gauge-task_mode": 3,
            "gauge-status": 203,
            "bool-error": 0,
        },
        # No delay for the "-1", no time left for the nulls and for "0" at 0 %, no process time for the "0".
        "f95c5d83-d0c9-42bd-b295-38c31cd1jb15": {
            "percent-total": 0,
            "percent-struct": 94,
            "percent-data": 100,
            "percent-index": 100,
            "gauge-task_mode": 3,
            "gauge-status": 202,
            "bool-ready": 0,
            "bool-error": 0,
        },
    },
}

SELF_METRICS = {
    "bool-up", "count-jobs", "count-answered", "count-starting", "count-running", "count-paused",
    "count-changing", "count-ended", "count-failed", "count-unknown", "response_time-read", "total_requests-progress",
    "total_requests-token", "errors-auth", "errors-throttled", "errors-http", "errors-reply",
    "errors-skipped"}


def items(example: str) -> dict[str, dict]:
    """The items of an example's results, by their job."""
    results = json.loads((CASES / f"{example}.json").read_text())["results"]
    return {item["job_id"]: item for item in results}


def metrics(example: str) -> dict[str, float]:
    """What the jobs of an example give, {"JOB/TYPE-NAME": value}."""
    return {f"{job}/{metric}": value
            for job, values in METRICS[example].items() for metric, value in values.items()}
