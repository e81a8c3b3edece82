#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The same polling as an exporter for Prometheus, at each scrape: URL JOBS-FILE. It prints its port."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from wsgiref.simple_server import WSGIRequestHandler, make_server

from polling import fetch, read_batches, values
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily

URL, JOBS = sys.argv[1:]


class Progress:
    def __init__(self, batches):
        self.batches = batches
        self.pool = ThreadPoolExecutor(8)

    def describe(self):
        return []

    def collect(self):
        families = {name: GaugeMetricFamily(f"drs_{name}", name, labels=["drs", "type"])
                    for name in ("percent", "delay", "timeleft", "gauge", "bool")}
        for results in self.pool.map(partial(fetch, URL), self.batches):
            for item in results:
                for name, instance, value in values(item):
                    families[name].add_metric([item["job_id"], instance], value)
        return families.values()


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


registry = CollectorRegistry()
registry.register(Progress(read_batches(JOBS)))
server = make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=Silent)
print(server.server_port, flush=True)
server.serve_forever()
