#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The same polling as an exporter for Prometheus, at each scrape: URL JOBS-FILE. It prints its port."""

import sys
from concurrent.futures import ThreadPoolExecutor
from wsgiref.simple_server import WSGIRequestHandler, make_server

import requests
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily

URL, JOBS = sys.argv[1:]
STATUS = {"FULL_TRANSFER_STARTED": 201}
MODE = {"FULL_TRANS": 1, "INCR_TRANS": 2, "FULL_INCR_TRANS": 3}
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))


def fetch(batch):
    response = session.post(URL, json={"jobs": batch}, headers={"X-Auth-Token": "t0k3n"}, timeout=10)
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


class Progress:
    def __init__(self, ids):
        self.batches = [ids[first:first + 100] for first in range(0, len(ids), 100)]
        self.pool = ThreadPoolExecutor(8)

    def describe(self):
        return []

    def collect(self):
        families = {name: GaugeMetricFamily(f"drs_{name}", name, labels=["drs", "type"])
                    for name in ("percent", "delay", "timeleft", "gauge", "bool")}
        for results in self.pool.map(fetch, self.batches):
            for item in results:
                for name, instance, value in values(item):
                    families[name].add_metric([item["job_id"], instance], value)
        return families.values()


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


with open(JOBS, encoding="ascii") as lines:
    progress = Progress(lines.read().split())
registry = CollectorRegistry()
registry.register(progress)
server = make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=Silent)
print(server.server_port, flush=True)
server.serve_forever()
