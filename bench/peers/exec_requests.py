#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The same polling as a program of collectd's exec plugin, in Python: URL JOBS-FILE INTERVAL."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from polling import MODE, STATUS, fetch, read_batches

URL, JOBS, INTERVAL = sys.argv[1], sys.argv[2], float(sys.argv[3])


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
    batches = read_batches(JOBS)
    due = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        while True:
            for results in pool.map(partial(fetch, URL), batches):
                sys.stdout.write("".join(f"PUTVAL {line}\n" for item in results for line in lines(item)))
            sys.stdout.flush()
            due += INTERVAL
            time.sleep(max(0, due - time.monotonic()))


main()
