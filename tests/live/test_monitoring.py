# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules and thresholds of monitoring/, by the tools that they are for."""

import re
import subprocess

from blocks import INTERVAL, JOB, project
from daemons import Collectd, Prometheus
from daemons.collectd import TOP
from pipelines import body, pipeline

FOLDER = TOP / "monitoring"


def thresholds() -> str:
    """The part of the file that needs no program and no mail server."""
    text = body(FOLDER / "collectd-alerts.conf")
    return text[text.index("LoadPlugin threshold"):text.index("LoadPlugin exec")]


def told(daemon: Collectd, metric: str, severity: str) -> list[dict[str, str]]:
    """The threshold plugin's notifications about a metric."""
    kind, instance = metric.split("-")
    return [one for one in daemon.notifications()
            if (one["type"], one["type_instance"], one["severity"]) == (kind, instance, severity)
            and "threshold" in one["message"]]


def test_the_rules_pass_their_own_tests():
    for arguments in (["check", "rules", "prometheus-alerts.yml"],
                      ["test", "rules", "prometheus-alerts-test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_ask_for_what_prometheus_has(cloud):
    cloud.jobs[JOB] |= {"incre_trans_delay": "3", "remaining_time": "7"}
    wanted = set(re.findall(r'(collectd_drs_\w+)\{type="(\w+)"\}',
                            (FOLDER / "prometheus-alerts.yml").read_text()))
    assert len(wanted) >= 7
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(project("prod", cloud), stock) as daemon:
            def stored() -> bool:
                found = prometheus.query('{__name__=~"collectd_drs_.+"}')
                return wanted <= {(one["metric"]["__name__"], one["metric"]["type"])
                                  for one in found if one["metric"]["instance"] == "test-host"}
            daemon.wait_until(stored, f"all of {wanted}", 30)


def test_the_thresholds_fire(cloud):
    cloud.jobs[JOB] |= {"incre_trans_delay": "400", "transfer_status": "FULL_TRANSFER_FAILED"}
    config = project("prod", cloud, "Notify false")
    with Collectd(config, thresholds(), interval=INTERVAL) as daemon:
        for metric in ("gauge-status", "delay-incremental"):
            daemon.wait_until(lambda: told(daemon, metric, "FAILURE"), f"a failure of {metric}")
        cloud.answer_with("refusal", status=500)
        daemon.wait_until(lambda: told(daemon, "bool-up", "FAILURE"), "a failure of bool-up")
