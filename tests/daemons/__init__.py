# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The real programs that the tests run, a file each, every one a context manager."""

from .carbon import Carbon
from .collectd import Collectd
from .graphite_web import GraphiteWeb
from .influxdb import InfluxDB
from .keystone import Keystone
from .nginx import Nginx
from .process import HANG, Daemon, free_port, is_running, proc_of_threads, wait_until
from .prometheus import Prometheus
from .smtp import Smtp
from .write_http import WriteHttp

__all__ = ["HANG", "Carbon", "Collectd", "Daemon", "GraphiteWeb", "InfluxDB", "Keystone", "Nginx",
           "Prometheus", "Smtp", "WriteHttp", "free_port", "is_running", "proc_of_threads",
           "wait_until"]
