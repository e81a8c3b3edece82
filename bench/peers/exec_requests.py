#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The same polling as a program of collectd's exec plugin, in Python: URL JOBS-FILE INTERVAL."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

URL, JOBS, INTERVAL = sys.argv[1], sys.argv[2], float(sys.argv[3])
STATUS = {"FULL_TRANSFER_STARTED": 201}
MODE = {"FULL_TRANS": 1, "INCR_TRANS": 2, "FULL_INCR_TRANS": 3}
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))


def fetch(batch):
    response = session.post(URL, json={"jobs": batch}, headers={"X-Auth-Token": "t0k3n"}, timeout=10)
    return response.json()["results"]


def lines(item):
    name = f"bench/drs-{item['job_id']}"
    yield f"{name}/percent-total N:{item['progress']}"
    yield f"{name}/delay-incremental N:{item['incre_trans_delay']}"
    yield f"{name}/timeleft-total N:{item['remaining_time']}"
    yield f"{name}/gauge-process_time N:{float(item['process_time']) / 1000}"
    yield f"{name}/gauge-task_mode N:{MODE[item['task_mode']]}"
    yield f"{name}/gauge-status N:{STATUS[item['transfer_status']]}"
    yield f"{name}/bool-error N:0"
    for phase, entry in item["progress_map"].items():
        yield f"{name}/percent-{phase} N:{entry['completed'].rstrip('%')}"


def main():
    with open(JOBS, encoding="ascii") as stream:
        ids = stream.read().split()
    batches = [ids[first:first + 100] for first in range(0, len(ids), 100)]
    due = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        while True:
            for results in pool.map(fetch, batches):
                sys.stdout.write("".join(f"PUTVAL {line}\n" for item in results for line in lines(item)))
            sys.stdout.flush()
            due += INTERVAL
            time.sleep(max(0, due - time.monotonic()))


main()
