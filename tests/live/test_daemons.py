# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The harness itself: it must report what goes wrong, and read back what stock plugins write."""

import os
import subprocess
import sys
import time

import pytest
from daemons import HANG, Collectd, Daemon, WriteHttp, is_running, wait_until


class Shell(Daemon):
    """A script in the place of a daemon; it is ready when it prints "ready"."""

    stop_timeout = 0.5

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = script

    def command(self) -> list[str]:
        return ["/bin/sh", "-c", self.script]

    def ready(self) -> bool:
        return "ready" in self.log_text()


def test_a_failed_wait_reports_its_purpose_and_the_last_value():
    with pytest.raises(AssertionError, match="a miracle\nlast seen: 0"):
        wait_until(lambda: 0, 0.05, "a miracle")


def test_a_daemon_that_ends_at_once_shows_its_log():
    begin = time.monotonic()
    with pytest.raises(AssertionError, match="out of cheese"), Shell("echo out of cheese; exit 1"):
        pass
    assert time.monotonic() - begin < Shell.start_timeout / 2


def test_a_daemon_that_ends_by_itself_is_a_failure():
    with pytest.raises(AssertionError, match="had ended by itself"):
        with Shell("echo ready; sleep 0.3") as daemon:
            daemon.process.wait()


def test_a_daemon_that_ignores_sigterm_is_killed_and_a_failure():
    with pytest.raises(AssertionError, match="did not end at SIGTERM"):
        with Shell("trap '' TERM; echo ready; while :; do sleep 0.1; done") as daemon:
            process = daemon.process
    assert process.poll() is not None


STARTS_A_DAEMON = """
import time
from daemons import Smtp
smtp = Smtp()
smtp.start()
print(smtp.process.pid, flush=True)
time.sleep(600)
"""


def test_a_daemon_ends_with_tests_that_are_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", STARTS_A_DAEMON], stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"TMPDIR": str(tmp_path)}) as program:
        pid = int(program.stdout.readline())
        assert is_running(pid)
        program.kill()
    wait_until(lambda: not is_running(pid), HANG, "the end of the daemon")


def test_all_outputs_of_collectd_agree():
    with WriteHttp() as web, Collectd(stock=web.configuration + "LoadPlugin uptime",
                                      interval=0.2) as daemon:
        daemon.wait_for_reads(2, plugin="uptime")
        daemon.flush("write_http")
        [document, *_] = daemon.wait_until(lambda: web.documents("uptime"), "write_http's values")
        sample = daemon.series()["test-host/uptime/uptime"][0]
        assert document["interval"] == 0.2
        assert (document["time"], document["values"]) == (sample.time, [sample.value])
        assert daemon.values()["test-host/uptime/uptime"] == pytest.approx(sample.value, abs=5)


def test_a_test_read_of_stock_plugins_succeeds():
    assert Collectd(stock="LoadPlugin uptime").test_read().status == 0
