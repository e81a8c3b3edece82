# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The example for Alertmanager, and the notifications of collectd there, in a real one."""

import os
import re
import subprocess

import pytest
from support.alerts import chain_of, hurried
from support.blocks import JOB, project
from daemons import Collectd, Prometheus
from daemons.alertmanager import Alertmanager
from daemons.collectd import INTERVAL
from support.pipelines import pipeline
from support.installed_paths import INSTALLED, LIBEXEC, MONITORING
from support.requirements import need_prometheus

EXAMPLE = (MONITORING / "alertmanager.yml").read_text()
TO_ALERTMANAGER = (LIBEXEC if INSTALLED else MONITORING) / "drs-alertmanager"


@pytest.fixture(autouse=True)
def new_enough() -> None:
    need_prometheus()


def watched() -> str:
    """The example without waits, each receiver of which is the tests'."""
    text = re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", EXAMPLE)
    return re.sub(r"  - name: (\w+)", r"  - name: \1\n    webhook_configs: [{url: '{RECEIVER}'}]", text)


def amtool(tmp_path, text: str, *arguments: str) -> str:
    file = tmp_path / "alertmanager.yml"
    file.write_text(text)
    configuration = [f"--config.file={file}"] if len(arguments) > 2 else [file]
    done = subprocess.run(["amtool", *arguments[:2], *configuration, *arguments[2:]],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()[-1]


def test_each_commented_receiver_is_valid(tmp_path):
    """Beside the example as it is."""
    amtool(tmp_path, EXAMPLE, "check-config", "-v")
    kinds = re.findall(r"^    # (\w+_configs):", EXAMPLE, re.MULTILINE)
    assert set(kinds) == {"email_configs", "slack_configs", "pagerduty_configs", "opsgenie_configs"}
    routes, _, receivers = EXAMPLE.partition("\nreceivers:")
    receivers = re.sub(r"^    # ", "    ", receivers, flags=re.MULTILINE)
    amtool(tmp_path, f"{routes}\nreceivers:{receivers}", "check-config", "-v")


@pytest.mark.parametrize("labels, receiver", [
    ("alertname=DrsTaskFailed severity=critical", "pager"), ("alertname=DrsProjectSilent severity=critical", "pager"),
    ("alertname=DrsTaskPaused severity=warning", "owners"), ("alertname=DrsReadyForCutover severity=info", "cutover"),
    ("alertname=collectd_drs_gauge severity=FAILURE", "pager"),
    ("alertname=collectd_drs_gauge severity=OKAY", "nobody")])
def test_each_severity_has_its_route(tmp_path, labels, receiver):
    assert amtool(tmp_path, EXAMPLE, "config", "routes", "test", *labels.split()) == receiver


def test_a_failed_task_and_a_lost_service_silence_what_follows_from_them():
    job, project_ = {"drs": "orders", "instance": "h"}, {"drs": "prod", "instance": "h"}
    with Alertmanager(watched()) as alertmanager:
        alertmanager.post(
            {"alertname": "DrsTaskFailed", "severity": "critical"} | job,
            {"alertname": "DrsDelayHigh", "severity": "warning"} | job,
            {"alertname": "DrsTaskPaused", "severity": "warning"} | job | {"drs": "archive"},
            {"alertname": "DrsRtoHigh", "severity": "warning"} | job | {"drs": "archive"},
            {"alertname": "DrsRpoHigh", "severity": "warning"} | job | {"drs": "billing"},
            {"alertname": "DrsProjectUnreachable", "severity": "critical"} | project_,
            {"alertname": "DrsJobsMissing", "severity": "warning"} | project_)
        expected = {("DrsTaskFailed", "critical"): "active", ("DrsDelayHigh", "warning"): "suppressed",
                    ("DrsTaskPaused", "warning"): "active", ("DrsRtoHigh", "warning"): "suppressed",
                    ("DrsRpoHigh", "warning"): "active", ("DrsProjectUnreachable", "critical"): "active",
                    ("DrsJobsMissing", "warning"): "suppressed"}
        alertmanager.wait_until(lambda: alertmanager.alerts() == expected, "the inhibitions")
        alertmanager.wait_until(lambda: len(alertmanager.pages()) == 4, "four pages")


def test_a_page_of_a_failed_task_ends_by_itself(cloud, tmp_path):
    (tmp_path / "rules.yml").write_text(hurried((MONITORING / "prometheus-alerts.yml").read_text()))
    with Alertmanager(watched()) as alertmanager:
        scrape = pipeline("prometheus.yml", COLLECTD_HOST="127.0.0.1", COLLECTD_PORT="{scraped}").replace("10s", "1s")
        target = f'{{{{targets: ["127.0.0.1:{alertmanager.port}"]}}}}'
        scrape += f"alerting:\n  alertmanagers: [{{{{static_configs: [{target}]}}}}]\n"
        with Prometheus(scrape, rules=tmp_path / "rules.yml") as prometheus:
            stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1", COLLECTD_PORT=prometheus.scraped_port)
            with Collectd(project("prod", cloud, "Interval 1"), stock) as daemon:
                daemon.wait_until(lambda: prometheus.query("collectd_drs_bool"), "values")
                cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED"}
                daemon.wait_until(lambda: ("pager", "firing", "DrsTaskFailed") in alertmanager.pages(), "a page")
                cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_STARTED"}
                daemon.wait_until(lambda: ("pager", "resolved", "DrsTaskFailed") in alertmanager.pages(), "its end")


def test_an_okay_of_collectd_ends_what_its_failure_began(cloud, open_folder):
    alert = ("CollectdNotification", "critical")
    (open_folder / "drs-alertmanager").write_bytes(TO_ALERTMANAGER.read_bytes())
    os.chmod(open_folder / "drs-alertmanager", 0o755)
    with Alertmanager(watched()) as alertmanager:
        # No mail server listens there.
        stock = chain_of(open_folder, smtp_port=9).replace(
            f'"{open_folder}/pager"', f'"{open_folder}/drs-alertmanager" "{alertmanager.url}"')
        with Collectd(project("prod", cloud, f'Job "{JOB}" "or\\"ders"'), stock, interval=INTERVAL) as daemon:
            daemon.wait_for_reads(1)
            cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED", "error_msg": 'disk "C:\\" is full'}
            daemon.wait_until(lambda: alertmanager.alerts().get(alert) == "active", "the alert")
            cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_STARTED", "error_msg": ""}
            daemon.wait_until(lambda: alert not in alertmanager.alerts(), "its end")
            daemon.wait_until(lambda: ("pager", "resolved", alert[0]) in alertmanager.pages(), "the page of its end")
