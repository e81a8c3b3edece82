# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The polling that the peers in Python share: keep-alive, batches of a hundred, the values of a job."""

import requests

STATUS = {"FULL_TRANSFER_STARTED": 201}
MODE = {"FULL_TRANS": 1, "INCR_TRANS": 2, "FULL_INCR_TRANS": 3}
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))


def read_batches(path):
    with open(path, encoding="ascii") as lines:
        ids = lines.read().split()
    return [ids[first:first + 100] for first in range(0, len(ids), 100)]


def fetch(url, batch):
    response = session.post(url, json={"jobs": batch}, headers={"X-Auth-Token": "t0k3n"}, timeout=10)
    return response.json()["results"]


def values(item):
    yield "percent", "total", float(item["progress"])
    yield "delay", "incremental", float(item["incre_trans_delay"])
    yield "timeleft", "total", float(item["remaining_time"])
    yield "gauge", "process_time", float(item["process_time"]) / 1000
    yield "gauge", "task_mode", MODE[item["task_mode"]]
    yield "gauge", "status", STATUS[item["transfer_status"]]
    yield "bool", "error", 0
    for phase, entry in item["progress_map"].items():
        yield "percent", phase, float(entry["completed"].rstrip("%"))
