# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The benchmarks compare like with like: the same values, by the plugin, a loop and curl_json; nothing else runs."""

from bench.programs import BenchCollectd, Responder, curl_json, descendants, dispatch, drs
from bench.responses import VALUES
from daemons import is_running, wait_until

JOBS = 3


def job_values(plugins: str, plugin: str, count: int) -> dict[str, float]:
    """The values of this plugin by their names below it, once there are so many."""
    with BenchCollectd(plugins, interval=0.2) as daemon:
        def values() -> dict[str, float]:
            return {name.partition("/")[2]: value for name, value in daemon.values().items()
                    if name.startswith(f"bench/{plugin}-")}
        daemon.wait_until(lambda: len(values()) >= count, f"{count} values of {plugin}")
        return values()


def test_the_loop_dispatches_what_the_plugin_does(tmp_path):
    with Responder() as service:
        requested = job_values(drs(tmp_path, service.endpoint, JOBS, 0.2, "SelfMetrics false"), "drs",
                               JOBS * VALUES)
    assert requested == job_values(dispatch(f"Jobs {JOBS}", "Interval 0.2"), "drs", JOBS * VALUES)


def test_curl_json_takes_the_same_responses(tmp_path):
    with Responder(status=200) as service:
        taken = job_values(curl_json(service.endpoint, JOBS, 2, 0.2), "curl_json", JOBS)
        times = service.times()
    assert {88.0, 3.0, 10.0, 94.0} <= {*taken.values()} and len(times) >= 2


def test_what_a_peer_has_started_ends_with_its_daemon():
    """As xargs, which an exec script starts, would go on for seconds; collectd ends the script alone.

    Stopped orphans get SIGHUP from the kernel, which would end them, too.
    """
    with BenchCollectd("", wrapper=("sh", "-c", '(trap "" HUP; sleep 600 & wait) & exec "$@"', "sh")) as daemon:
        script, started = daemon.wait_until(
            lambda: len(found := descendants(daemon.process.pid)) == 2 and found, "both processes")
    wait_until(lambda: not is_running(script) and not is_running(started), 10, "the end of both processes")
