# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The real programs that the tests run, a file each, every one a context manager."""

from .carbon import Carbon
from .collectd import Collectd
from .graphite_web import GraphiteWeb
from .influxdb import InfluxDB
from .keystone import Keystone
from .mosquitto import Mosquitto
from .nginx import Nginx
from .process import HANG, Daemon, free_port, is_running, proc_of_threads, wait_until
from .prometheus import Prometheus
from .redis import Redis
from .rsyslog import Rsyslog
from .smtp import Smtp
from .victoria_metrics import VictoriaMetrics
from .write_http import WriteHttp

__all__ = ["HANG", "Carbon", "Collectd", "Daemon", "GraphiteWeb", "InfluxDB", "Keystone", "Mosquitto",
           "Nginx", "Prometheus", "Redis", "Rsyslog", "Smtp", "VictoriaMetrics", "WriteHttp",
           "free_port", "is_running", "proc_of_threads", "wait_until"]
