# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules and thresholds of monitoring/, by the tools that they are for."""

import os
import re
import shutil
import subprocess
import tempfile
from getpass import getuser
from pathlib import Path

import pytest

from blocks import INTERVAL, JOB, project
from daemons import Collectd, Prometheus, Smtp
from daemons.collectd import TOP
from pipelines import body, fill_in, pipeline

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


@pytest.fixture
def open_folder():
    """A folder that the user of collectd's exec plugin, who is never root, can write to."""
    with tempfile.TemporaryDirectory(prefix="drs-exec-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        shutil.copy(FOLDER / "drs-notify", folder)
        pager = folder / "pager"
        pager.write_text('#!/bin/sh\necho "$*" >> "${0%/*}/pages"\n')
        pager.chmod(0o755)
        yield folder


def test_the_whole_chain_tells_a_program_and_by_mail(cloud, open_folder):
    pages = open_folder / "pages"
    cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_STARTED"}
    with Smtp() as smtp:
        chain = fill_in(body(FOLDER / "collectd-alerts.conf"), {
            "EXEC_USER": "nobody" if os.geteuid() == 0 else getuser(),
            "DRS_NOTIFY": open_folder / "drs-notify", "PAGER": open_folder / "pager",
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp.port, "RECIPIENT": "oncall@example.org"})
        config = project("prod", cloud, f'Job "{JOB}" "orders-db"')
        with Collectd(config, chain, interval=INTERVAL) as daemon:
            daemon.wait_for_reads(1)
            cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED"}

            def paged(*words: str) -> bool:
                return pages.exists() and any(
                    line.startswith("FAILURE test-host: ") and all(word in line for word in words)
                    for line in pages.read_text().splitlines())

            def mailed(*words: str) -> bool:
                return any("To: oncall@example.org" in mail and all(word in mail for word in words)
                           for mail in smtp.mails())
            for words in (("orders-db", "FULL_TRANSFER_FAILED"), ("threshold", "gauge")):
                daemon.wait_until(lambda words=words: paged(*words), f"a page with {words}", 20)
                daemon.wait_until(lambda words=words: mailed("FAILURE", *words),
                                  f"a mail with {words}", 20)


def test_the_program_is_told_of_migrations_alone(open_folder):
    for plugin, wanted in (("cpu", ""), ("drs", "WARNING h: it is slow\n")):
        text = f"Severity: WARNING\nTime: 1.0\nHost: h\nPlugin: {plugin}\n\nit is slow\n"
        done = subprocess.run([open_folder / "drs-notify", "echo"], input=text, text=True,
                              capture_output=True, check=True)
        assert done.stdout == wanted
